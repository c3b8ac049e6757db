"""Sniffing looks at the start of some of the files, and its draft reads all of all of them."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform.errors import InputError
from dataset_platform.ingest.sniffing import sniff
from dataset_platform.ingest.sniffing.folders import SNIFFED_FILES
from dataset_platform.ingest.sniffing.heads import HEAD_BYTES, HEAD_ROWS, YAML_HEAD_BYTES
from dataset_platform_tests.ingest.hand_made import landed_files, read_landed

TEXT = "It is a long day and nothing much happens in it. " * 8


def talk(number):
    return {"id": number, "turns": [{"speaker": "client", "text": TEXT}, {"speaker": "coach", "text": TEXT}]}


def utterances(count):
    text = io.StringIO()
    rows = [[n // 2, n % 2, ("client", "coach")[n % 2], f"{n} {TEXT}"] for n in range(count)]
    csv.writer(text).writerows([["session", "turn", "speaker", "text"], *rows])
    return text.getvalue().encode()


def parquet(count):
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([talk(n) for n in range(count)]), written)
    return written.getvalue()


def yaml(count):
    return "".join(
        f"- turns:\n  - {{speaker: client, text: '{TEXT}'}}\n  - {{speaker: coach, text: Yes}}\n"
        for _ in range(count)
    )


LARGE = {
    "lines.jsonl": "".join(f"{json.dumps(talk(n))}\n" for n in range(1500)).encode(),
    "document.json": json.dumps({"meta": {}, "talks": [talk(n) for n in range(1500)]}, indent=2).encode(),
    "keyed.json": json.dumps({f"k{n}": talk(n) for n in range(1500)}).encode(),
    "rows.csv": utterances(3000),
    "rows.tsv": utterances(3000).replace(b",", b"\t"),
    "lines.jsonl.gz": gzip.compress("".join(f"{json.dumps(talk(n))}\n" for n in range(1500)).encode()),
    "rows.parquet": parquet(1500),
    "talks.yaml": yaml(500).encode(),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_larger_than_its_head_is_read_whole(name, tmp_path):
    assert len(LARGE[name]) > {"talks.yaml": YAML_HEAD_BYTES}.get(
        name, 0 if ".gz" in name or "parquet" in name else HEAD_BYTES
    )
    files = landed_files("made", {name: LARGE[name]}, tmp_path)
    draft = sniff("made", files)
    read = read_landed(draft.description, files, tmp_path / "out")
    assert (len(read.records), read.quarantine) == (500 if name == "talks.yaml" else 1500, [])
    assert draft.description.roles == {"client": "user", "coach": "assistant"}


def test_the_rows_of_parquet_that_are_looked_at_are_bounded():
    assert HEAD_ROWS < 1500


def test_of_many_files_some_are_looked_at_and_all_are_read(tmp_path):
    content = f"{json.dumps(talk(1))}\n".encode()
    many = {f"{n // 10}/part-{n}.jsonl": content for n in range(3 * SNIFFED_FILES)}
    files = landed_files("made", many | {"notes.txt": b"Nothing to read here."}, tmp_path)
    draft = sniff("made", files)
    read = read_landed(draft.description, files, tmp_path / "out")
    assert len(read.records) == len(many)
    assert draft.left_out == {"made/notes.txt": "no conversations found in it"}


LINES = [f"{json.dumps(talk(n))}\n".encode() for n in range(5)]
HEADER, *ROWS = utterances(4).splitlines(keepends=True)
DAMAGED = {
    "nuls.jsonl": (b"".join([LINES[0], LINES[1][:20] + b"\0" * 900 + b"\n", *LINES[2:]]), 4, 1),
    "first.jsonl": (b"".join([b"\0\0\0\n", *LINES[1:]]), 4, 1),
    "ragged.csv": (b"".join([HEADER, *ROWS[:3], b"1,oh\n"]), 1, 1),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_head_with_damaged_lines_is_drafted_from_the_others(name, tmp_path):
    content, kept, lost = DAMAGED[name]
    files = landed_files("made", {name: content}, tmp_path)
    read = read_landed(sniff("made", files).description, files, tmp_path / "out")
    assert (len(read.records), len(read.quarantine)) == (kept, lost)


def test_where_no_record_ends_within_the_head_the_reason_is_said(tmp_path):
    huge = b'{"turns": "' + b"x" * (HEAD_BYTES + 1) + b'"}\n'
    with pytest.raises(InputError, match=r"made/a\.jsonl: has no record that can be read in its"):
        sniff("made", landed_files("made", {"a.jsonl": huge}, tmp_path))


NOTHING_TO_READ = {
    "a.jsonl": (b'{"id": 1, "id": 2}\n', r"record 0, byte 0: has an object with one field twice"),
    "b.jsonl": (b'{"id": %d}\n' % 10**30, r"record 0, byte 0: holds a number that needs more than 64 bits"),
    "c.jsonl": (b"{'id': 1}\n{'id': 2}\n", r"record 0, byte 0: is no JSON"),
    "d.json": (b"// exported\n[]", r"record 0, byte 0: is no JSON"),
    "e.yaml": (b"talks:\n\t- one\n", r"record 0, byte 0: is no YAML in line 2: found character"),
    "f.csv": (b"Datum,Notiz\n1,wach\n", r"no turns in its fields `Datum`, `Notiz`"),
    "g.csv": (
        b'id,messages\n1,"[{""role"": ""user""}]"\n',
        r"no turns in its fields `id`, `messages`; `messages` seems to hold JSON",
    ),
    "h.txt": (b"Nothing to see here.", r"no lines that begin as a speaker's would"),
    "i.jsonl": (b" \n", r"is empty"),
    "j.docx": (b"PK\3\4", r"is a Word document: save it as plain text"),
    "data-00000-of-00001.arrow": (b"\xff\xff\xff\xff\0\0", r"is an Arrow file, as `save_to_disk` writes"),
    "k.png": (b"\x89PNG\r\n\x1a\n" + bytes(99), r"is neither text nor Parquet"),
}


@pytest.mark.parametrize("name", NOTHING_TO_READ)
def test_where_nothing_can_be_read_the_file_and_the_reason_are_named(name, tmp_path):
    content, why = NOTHING_TO_READ[name]
    with pytest.raises(
        InputError, match=rf"^made: no conversations found in 1 of 1 files; made/{name}: {why}"
    ):
        sniff("made", landed_files("made", {name: content}, tmp_path))


def test_what_can_be_done_about_is_said_first(tmp_path):
    saved = {"data.arrow": b"\xff\xff\xff\xff\0\0", "a.json": b'{"splits": ["train"]}'}
    with pytest.raises(
        InputError, match=r"2 of 2 files; made/data\.arrow: is an Arrow file.*; made/a\.json: no turns"
    ):
        sniff("made", landed_files("made", saved, tmp_path))


def test_a_file_that_unpacks_to_too_much_is_refused_as_reading_does(tmp_path):
    files = landed_files("made", {"a.gz": gzip.compress(bytes(65 * 2**20), 1)}, tmp_path)
    with pytest.raises(InputError, match=r"made/a\.gz: unpacks to more than `max_expansion`"):
        sniff("made", files)
