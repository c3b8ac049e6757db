"""From raw rows to clean rows: accounts, turns, drop reasons, columns."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random

import daft
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataset_platform import curate, workers
from dataset_platform.curate import cleaning
from dataset_platform.schemas import CLEAN
from dataset_platform_tests.curate.conversations import clean_frame, clean_record, raw_frame, raw_record

UNMASKED = curate.Cleaning(kinds=frozenset())
SENTENCE = "I have been feeling quite low for several weeks now."


def cleaned(records: list[dict], cleaning: curate.Cleaning = UNMASKED) -> list[dict]:
    rows = curate.clean(raw_frame(records), cleaning).to_pylist()
    return sorted(rows, key=lambda row: (row["origin_file"], row["origin_position"]))


def turns_of(row: dict) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


def test_columns_are_those_of_the_contract_and_rows_keep_it() -> None:
    records = [raw_record([("user", SENTENCE), ("assistant", "Since when?")]), raw_record([], position=1)]
    table = curate.clean(raw_frame(records)).to_arrow()
    assert table.schema.names == CLEAN.names
    assert CLEAN.violations(table.to_batches()) == []


def test_cleaning_the_text_alone_gives_what_cleaning_gives_where_nothing_is_masked() -> None:
    records = [
        raw_record([("user", f" {SENTENCE}<br>"), ("user", "Anyone?"), ("assistant", "Since when?")]),
        raw_record([], position=1),
    ]
    text = curate.clean_text(raw_frame(records)).sort("origin_position").to_pylist()
    assert text == [{name: row[name] for name in text[0]} for row in cleaned(records)]
    assert {"text_sha256", "n_chars", "messages", "attributes"} < text[0].keys()


def test_worker_processes_clean_as_this_one_does_and_keep_the_order(monkeypatch) -> None:
    monkeypatch.setattr(cleaning, "_WORTH_PROCESSES_ROWS", 40)
    monkeypatch.setattr(cleaning, "_BATCH_ROWS", 8)
    monkeypatch.setattr(workers, "processes", lambda: 2)
    sent = []

    def counted(work, rows, doing):
        sent.append(rows.num_rows)
        return workers.in_worker(work, rows, doing)

    monkeypatch.setattr(cleaning, "in_worker", counted)
    texts = [f"{SENTENCE} My name is Siobhan Okonkwo, call {number:03}-555-0142." for number in range(40)]
    raw = raw_frame([raw_record([("user", text)], position=place) for place, text in enumerate(texts)])
    surrogates = curate.Surrogates(b"key of tests")
    style = curate.Cleaning(pseudonyms=curate.Pseudonyms.SURROGATE)
    plans = (curate.clean(raw, style, frozenset(), surrogates, n_rows) for n_rows in (39, 40))
    here, apart = (plan.to_arrow() for plan in plans)
    assert apart == here
    assert "Okonkwo" not in str(apart["messages"])
    assert sent == [8] * 5


def test_consecutive_turns_of_one_role_become_one() -> None:
    turns = [
        ("user", "Hello"),
        ("user", "anyone?"),
        ("assistant", "Yes."),
        ("assistant", ""),
        ("assistant", "Go on."),
    ]
    (row,) = cleaned([raw_record(turns)])
    assert turns_of(row) == [("user", "Hello\nanyone?"), ("assistant", "Yes.\nGo on.")]
    assert (row["n_turns"], row["n_chars"]) == (2, 24)


def test_turns_around_an_empty_one_are_merged_too() -> None:
    (row,) = cleaned([raw_record([("user", "a"), ("assistant", "<br>"), ("user", "b")])])
    assert turns_of(row) == [("user", "a\nb")]


def test_turns_of_neighbouring_conversations_are_never_merged() -> None:
    rows = cleaned([raw_record([("user", "a")], 0), raw_record([("user", "b")], 1)])
    assert [turns_of(row) for row in rows] == [[("user", "a")], [("user", "b")]]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([], "no_text"),
        ([("user", " \u200b"), ("assistant", "<p></p>")], "no_text"),
        ([("assistant", "Tell me.")], "no_user_turn"),
        ([("system", "Be kind."), ("assistant", "Tell me.")], "no_user_turn"),
        ([("user", "Hello?")], "no_assistant_turn"),
        ([("system", "Be kind.")], "no_user_turn"),
        ([("user", "Hello?"), ("assistant", "Hi.")], None),
    ],
)
def test_unfit_rows_say_why_and_keep_their_origin(turns: list, reason: str | None) -> None:
    (row,) = cleaned([raw_record(turns, position=7)])
    (decided,) = curate.decide(clean_frame([row])).to_pylist()
    assert decided["drop_reason"] == reason
    assert (row["origin_file"], row["origin_position"]) == ("handmade/a.jsonl", 7)


# Few examples of many conversations: a plan takes longer to start than they take to be cleaned.
@settings(max_examples=5)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(max_size=8)), max_size=5
        ),
        max_size=40,
    )
)
def test_every_raw_row_gives_exactly_one_clean_row(conversations: list) -> None:
    records = [raw_record(turns, position) for position, turns in enumerate(conversations)]
    rows = cleaned(records)
    assert [row["origin_position"] for row in rows] == list(range(len(records)))
    for row in rows:
        roles = [role for role, _ in turns_of(row)]
        assert all(content.strip() for _, content in turns_of(row))
        assert all(first != second for first, second in pairwise(roles))
        assert row["n_turns"] == len(roles)


def test_text_digest_covers_roles_and_cleaned_text_only() -> None:
    asked = [("user", "Hi there"), ("assistant", "Hello")]
    rows = cleaned(
        [
            raw_record(asked, 0),
            raw_record([("user", "  Hi&#32;there "), ("assistant", "Hello<br>")], 1, attributes='{"a":1}'),
            raw_record([("assistant", "Hi there"), ("user", "Hello")], 2),
            raw_record([("user", "Hi"), ("assistant", "thereHello")], 3),
        ]
    )
    digests = [row["text_sha256"] for row in rows]
    assert digests[0] == digests[1] == clean_record(asked)["text_sha256"]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SENTENCE, "en"),
        ("Ich fühle mich seit einigen Wochen sehr müde und traurig.", "de"),
        ("Hier, j'ai pleuré toute la journée sans savoir pourquoi.", "fr"),
        ("short", "und"),
    ],
)
def test_language_is_identified_where_there_is_enough_text(text: str, language: str) -> None:
    (row,) = cleaned([raw_record([("user", text)])])
    assert row["language"] == language


def test_flags_come_from_clients_only() -> None:
    rows = cleaned(
        [
            raw_record([("user", "I want to kill myself."), ("assistant", "I am here.")], 0),
            raw_record([("user", "I feel low."), ("assistant", "Are you suicidal?")], 1),
        ]
    )
    assert [row["flags"] for row in rows] == [["crisis_suicide"], []]


def test_private_data_is_masked_in_turns_and_attributes_and_counted() -> None:
    turns = [("user", "Write to ana.b@example.org or b@example.org"), ("assistant", "Or call 905-674-3793.")]
    attributes = json.dumps({"contact": ["c@example.org"], "score": 3}, separators=(",", ":"))
    (row,) = cleaned([raw_record(turns, attributes=attributes)], curate.Cleaning())
    assert turns_of(row) == [
        ("user", "Write to [EMAIL_1] or [EMAIL_2]"),
        ("assistant", "Or call [PHONE_1]."),
    ]
    assert row["attributes"] == '{"contact":["[EMAIL_3]"],"score":3}'
    assert row["redactions"] == [{"kind": "EMAIL", "count": 3}, {"kind": "PHONE", "count": 1}]


def test_masks_in_the_source_are_not_counted_as_ours() -> None:
    (row,) = cleaned([raw_record([("user", "I told [NAME] to write to [EMAIL].")])], curate.Cleaning())
    assert row["redactions"] == []
    assert turns_of(row) == [("user", "I told [NAME] to write to [EMAIL].")]


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValidationError, match="redact_all"):
        curate.Cleaning(redact_all=True)


_WITH_ONE_THREAD = """
import sys, daft
daft.set_runner_native(num_threads=1)
from pathlib import Path
from dataset_platform_tests.curate.test_cleaning import write_tables
write_tables(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def write_tables(raw: Path, folder: Path) -> None:
    """Clean rows of the file, their clusters and pasted answers, as files in the folder."""
    clean = curate.clean(daft.read_parquet(str(raw))).to_arrow()
    frame = daft.from_arrow(clean)
    signed, decided = curate.sign(frame).collect(), curate.decide(frame).collect()
    tables = {
        "clean": clean.sort_by([("origin_position", "ascending")]),
        "clusters": pa.concat_tables(curate.find_duplicates(signed, frame, decided, folder)),
        "pasted": curate.find_pasted(signed, frame, decided, folder),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")


def _conversation(number: int) -> list[tuple[str, str]]:
    """One of three that are alike but for a word; all have one answer, edited in every fifth."""
    words = Random(number // 3).choices(SENTENCE.split(), k=60)
    answer = " ".join(Random(0).choices(SENTENCE.split(), k=30))
    asked = f"My name is Maria {number % 20}. {' '.join(words)} {number}"
    return [("user", asked), ("assistant", answer if number % 5 else f"{answer} {number}")]


def test_one_thread_and_all_give_the_same_rows_clusters_and_pasted_answers(tmp_path) -> None:
    raw, one_thread, all_threads = (tmp_path / name for name in ("raw.parquet", "one", "all"))
    records = [raw_record(_conversation(number), number) for number in range(600)]
    pq.write_table(raw_frame(records).to_arrow(), raw, row_group_size=100)
    one_thread.mkdir()
    all_threads.mkdir()
    write_tables(raw, all_threads)
    subprocess.run(
        [sys.executable, "-c", _WITH_ONE_THREAD, str(raw), str(one_thread)],
        env=os.environ | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=120,
    )
    for name in ("clean", "clusters", "pasted"):
        one, all_ = (pq.read_table(folder / f"{name}.parquet") for folder in (one_thread, all_threads))
        assert one.num_rows == 600
        assert one.equals(all_)


def test_reasoning_is_kept_in_the_attributes_and_rules_are_counted() -> None:
    turns = [("user", "Hi&#32;there"), ("assistant", "<think>Greet.</think>**Hello**"), ("user", "ok")]
    records = [raw_record(turns, 0, attributes='{"b":1,"a":"x"}'), raw_record([("user", "plain")], 1)]
    thinking, plain = cleaned(records)
    assert turns_of(thinking) == [("user", "Hi there"), ("assistant", "Hello"), ("user", "ok")]
    assert thinking["attributes"] == '{"a":"x","b":1,"taken_reasoning":[{"text":"Greet.","turn":1}]}'
    assert [(edit["rule"], edit["count"]) for edit in thinking["edits"]] == [
        ("html_entities", 1),
        ("markdown", 1),
        ("reasoning", 1),
    ]
    assert (plain["attributes"], plain["edits"]) == ("{}", [])
    assert curate.count_edits(clean_frame([thinking, plain]))[0] == {
        "rule": "html_entities",
        "turns": 1,
        "conversations": 1,
    }
