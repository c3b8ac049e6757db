"""Conversations that hold passages of evaluation sets are found, told and dropped."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform import curate
from dataset_platform.errors import InputError
from dataset_platform.schemas import HELDOUT_OVERLAP
from dataset_platform_tests.curate.conversations import clean_frame, clean_record, decisions_on

WORDS = [f"word{number}" for number in range(400)]
PASSAGE = " ".join(random.Random(1).choices(WORDS, k=13))


def conversation(passage: str, position: int) -> dict[str, object]:
    rng = random.Random(position)
    asked, before, after = (" ".join(rng.choices(WORDS, k=20)) for _ in range(3))
    return clean_record([("user", asked), ("assistant", f"{before} {passage} {after}")], position)


RECORDS = [
    conversation(PASSAGE, 0),
    conversation(PASSAGE.upper().replace(" ", ", "), 1),
    conversation(PASSAGE.removesuffix(PASSAGE.split()[-1]), 2),
]


def jsonl(folder: Path) -> None:
    lines = [json.dumps({"messages": [{"role": "user", "content": text}]}) for text in ("Hi.", PASSAGE)]
    (folder / "set.jsonl").write_text("\n".join(lines))


def json_document(folder: Path) -> None:
    (folder / "set.json").write_text(json.dumps({"items": [{"prompt": PASSAGE}]}))


def text(folder: Path) -> None:
    (folder / "set.txt").write_text(f"Once.\n\n{PASSAGE}\n")


def parquet(folder: Path) -> None:
    pq.write_table(pa.table({"n": [1], "said": [[PASSAGE]]}), folder / "set.parquet")


@pytest.mark.parametrize("write", [jsonl, json_document, text, parquet])
def test_thirteen_words_in_a_row_are_found_and_twelve_are_not(write, tmp_path: Path) -> None:
    write(tmp_path)
    found = curate.overlap(clean_frame(RECORDS), curate.read_heldout(tmp_path)).sort("origin_position")
    table = found.to_arrow()
    assert HELDOUT_OVERLAP.violations(table.to_batches()) == []
    rows = table.to_pylist()
    assert [(row["origin_position"], row["shared_ngrams"]) for row in rows] == [(0, 1), (1, 1)]
    assert rows[0]["share"] == pytest.approx(1 / (20 + 20 + 13 + 20 - 12))
    assert Path(tmp_path / rows[0]["heldout_file"]).exists()


def test_contaminated_rows_are_dropped_up_to_the_share_that_is_let_through(tmp_path: Path) -> None:
    text(tmp_path)
    found = curate.overlap(clean_frame(RECORDS), curate.read_heldout(tmp_path)).collect()
    for max_share, reasons in ((0.0, ["contaminated", "contaminated", None]), (0.5, [None] * 3)):
        decisions = curate.without_contaminated(decisions_on(RECORDS), found, max_share)
        assert decisions.sort("origin_position").to_pydict()["drop_reason"] == reasons


def test_a_row_that_was_dropped_before_keeps_its_reason(tmp_path: Path) -> None:
    text(tmp_path)
    records = [RECORDS[0] | {"n_user_turns": 0}]
    found = curate.overlap(clean_frame(records), curate.read_heldout(tmp_path))
    decisions = curate.without_contaminated(decisions_on(records), found, 0.0)
    assert decisions.to_pydict()["drop_reason"] == ["no_user_turn"]


def test_the_file_that_has_most_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PASSAGE)
    (tmp_path / "b.txt").write_text(RECORDS[0]["messages"][0]["content"])
    found = curate.overlap(clean_frame(RECORDS[:1]), curate.read_heldout(tmp_path)).to_pydict()
    assert found["heldout_file"] == ["b.txt"]


def test_without_held_out_files_nothing_is_found(tmp_path: Path) -> None:
    assert curate.heldout_files(tmp_path / "nowhere") == []
    assert curate.overlap(clean_frame(RECORDS), curate.read_heldout(tmp_path)).count_rows() == 0


def test_texts_are_found_however_deep_they_lie(tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text("[" * 1_000 + json.dumps(PASSAGE) + "]" * 1_000)
    assert len(curate.read_heldout(tmp_path).hashes)


def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(InputError, match=r"set\.jsonl, line 2: is not JSON"):
        curate.read_heldout(tmp_path)
    (tmp_path / "set.csv").touch()
    with pytest.raises(InputError, match=r"set\.csv: held-out files are \.json, \.jsonl, \.parquet, \.txt"):
        curate.heldout_files(tmp_path)
