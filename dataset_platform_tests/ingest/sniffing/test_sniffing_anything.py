"""Whatever lies in a folder, sniffing gives a description that can be used or says that there is none."""

import csv
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataset_platform.errors import InputError
from dataset_platform.ingest import LandedFile, load_description
from dataset_platform.ingest.sniffing import sniff

LIKELY_NAMES = st.sampled_from(
    ["a.jsonl", "a.json", "b/a.csv", "a.tsv", "a.yaml", "a.txt", "a.parquet", "a.csv.gz"]
)
NAMES = st.one_of(
    LIKELY_NAMES,
    st.text(
        st.characters(codec="utf-8", exclude_characters="/\\", exclude_categories=["C"]),
        min_size=1,
        max_size=9,
    ),
    LIKELY_NAMES,
    st.text(st.characters(exclude_characters="/"), min_size=1, max_size=9),
    LIKELY_NAMES,
)
WORDS = st.sampled_from(
    [
        "role",
        "from",
        "speaker",
        "content",
        "text",
        "messages",
        "dialog",
        "prompt",
        "response",
        "turn_1",
        "turn_2",
    ]
)
FIELDS = st.one_of(WORDS, st.text(max_size=8))
SAID = st.one_of(st.sampled_from(["client", "therapist", "A", "It is a long day."]), st.text(max_size=20))
VALUES = st.recursive(
    st.one_of(SAID, st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(FIELDS, inner, max_size=4),
        st.lists(st.fixed_dictionaries({"speaker": SAID, "text": SAID}), max_size=4),
    ),
    max_leaves=12,
)
TURNS = st.lists(st.fixed_dictionaries({"speaker": SAID, "text": SAID}, optional={"mood": SAID}), max_size=4)
LIKELY = st.one_of(
    st.dictionaries(
        st.sampled_from(["dialog", "turns", "d[0]", "Mein Gespräch"]), TURNS, min_size=1, max_size=2
    ),
    st.fixed_dictionaries({"prompt": SAID, "response": SAID}, optional={"system": SAID, "input": VALUES}),
    st.fixed_dictionaries({"text": st.builds("Client: {}\nNurse: {}\n".format, SAID, SAID)}),
    st.fixed_dictionaries({"name": SAID, "description": SAID}),
)
RECORDS = st.lists(st.one_of(LIKELY, st.dictionaries(FIELDS, VALUES, max_size=5)), min_size=1, max_size=5)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    return "\n".join(json.dumps(record) for record in draw(RECORDS)).encode()


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    columns = draw(st.lists(FIELDS, min_size=1, max_size=5, unique=True))
    rows = draw(st.lists(st.lists(SAID, min_size=len(columns), max_size=len(columns)), max_size=6))
    text = io.StringIO()
    csv.writer(text, delimiter=draw(st.sampled_from(",;\t|"))).writerows([columns, *rows])
    return text.getvalue().encode(errors="replace")


@st.composite
def transcripts(draw: st.DrawFn) -> bytes:
    turns = draw(st.lists(st.tuples(SAID, SAID), max_size=8))
    return "\n".join(f"{name}: {text}" for name, text in turns).encode(errors="replace")


CONTENTS = st.one_of(
    st.binary(max_size=300),
    VALUES.map(lambda value: json.dumps(value).encode()),
    lines(),
    tables(),
    transcripts(),
)


def test_numbers_of_thousands_of_digits_are_none(tmp_path):
    digits = "1" * 5_000
    table = f"session,turn,speaker,text\n1,{digits},client,It is long.\n1,{digits},coach,Yes it is.\n"
    pairs = json.dumps({f"say_{digits}": "It is long.", f"say_{digits}2": "Yes it is."})
    for name, content in {"a.csv": table, "a.jsonl": f"{pairs}\n{pairs}\n"}.items():
        path = tmp_path / name
        path.write_text(content)
        with suppress(InputError):
            assert "order_by" not in sniff("made", [LandedFile.at(f"made/{name}", path)]).keys


@settings(max_examples=12)
@example(
    files={
        "\x85.jsonl": b'{"turns": [{"speaker": "a\\u2028", "text": ""}, {"speaker": "b\\u0085", "text": ""}]}'
    }
)
@given(files=st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=3))
def test_a_draft_loads_as_a_description_or_there_is_none(files):
    with tempfile.TemporaryDirectory() as folder:
        landed = []
        for number, (name, content) in enumerate(files.items()):
            path = Path(folder, str(number))
            path.write_bytes(content)
            landed.append(LandedFile.at(f"made/{name}", path))
        with suppress(InputError):
            draft = sniff("made", landed)
            written = Path(folder, "made.yaml")
            written.write_text(draft.yaml)
            assert load_description(written) == draft.description
