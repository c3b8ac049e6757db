"""An earlier reading is taken up again: the same bytes as a full reading, and only what changed is read."""

import hashlib
import json
import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import ingest
from dataset_platform.errors import ContractError, RunFailed
from dataset_platform.ingest import LandedFile, Previous, part_readers, row_tables
from dataset_platform_tests.ingest.hand_made import describe
from dataset_platform_tests.ingest.packing import gzipped

SOURCE = describe([{"shape": "list", "at": "t"}])


def line(said: object) -> bytes:
    return json.dumps({"t": [{"role": "client", "content": str(said)}], "n": said}).encode() + b"\n"


CONTENTS = [
    b"",
    b"bad\n",
    *(b"".join(line(n) for n in range(size)) for size in (1, 3, 40)),
    line("x" * 300) + b"{]\n" + line("é") + b'{"t": "\xff"}\n',
    gzipped(line("packed") * 5),
]


def landed(folder: Path, files: dict[str, bytes]) -> list[LandedFile]:
    found = []
    for name, content in files.items():
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        found.append(LandedFile.at(f"made/{name}", path, hashlib.sha256(content).hexdigest()))
    return found


def written(ingested: ingest.Ingested) -> list[tuple[str, bytes]]:
    paths = (*ingested.records, *ingested.quarantine, *ingested.files_table)
    return [(path.name, path.read_bytes()) for path in paths]


def as_previous(ingested: ingest.Ingested) -> Previous:
    return Previous(ingested.records, ingested.quarantine, ingest.read_accounts(ingested.files_table))


FILES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(CONTENTS), max_size=6)


@settings(max_examples=20)
@given(before=FILES, after=FILES)
def test_taking_up_an_earlier_reading_gives_the_bytes_of_a_full_one(before, after):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_tables, "_GROUP_ROWS", 7)
        patch.setattr(row_tables, "_GROUP_BYTES", 3000)
        patch.setattr(row_tables, "_SHARD_BYTES", 9000)
        folder = Path(name)
        earlier = ingest.read_source(SOURCE, landed(folder, before), folder / "before")
        full = ingest.read_source(SOURCE, landed(folder, after), folder / "full")
        again = ingest.read_source(SOURCE, landed(folder, after), folder / "again", as_previous(earlier))
        assert written(again) == written(full)
        assert again.files == full.files
        changed = {f"made/{name}" for name, content in after.items() if before.get(name) != content}
        assert set(again.reread) == changed


def test_a_file_that_did_not_change_is_not_fetched(tmp_path):
    files = landed(tmp_path, {f"{number:03}": line(number) for number in range(50)})
    earlier = ingest.read_source(SOURCE, files, tmp_path / "before")

    def refuse() -> Path:
        raise AssertionError("fetched")

    changed = landed(tmp_path, {"007": line("new")})
    known = [LandedFile(file.name, refuse, file.sha256) for file in files if file.name != "made/007"]
    again = ingest.read_source(SOURCE, [*known, *changed], tmp_path / "again", as_previous(earlier))
    assert again.reread == ("made/007",)
    assert sum(account.kept for account in again.files) == 50


def test_an_unknown_digest_is_taken_before_anything_is_parsed(tmp_path):
    (file,) = landed(tmp_path, {"a": line(1)})
    earlier = ingest.read_source(SOURCE, [file], tmp_path / "before")
    again = ingest.read_source(
        SOURCE, [LandedFile(file.name, file.fetch)], tmp_path / "again", as_previous(earlier)
    )
    assert again.reread == ()
    assert written(again) == written(earlier)


def test_an_earlier_reading_that_lacks_rows_is_refused(tmp_path):
    files = landed(tmp_path, {"a": line(1)})
    earlier = ingest.read_source(SOURCE, files, tmp_path / "before")
    empty = ingest.read_source(SOURCE, [], tmp_path / "empty")
    torn = Previous(empty.records, empty.quarantine, earlier.files)
    with pytest.raises(ContractError, match="0 rows of it where its account says 1"):
        ingest.read_source(SOURCE, files, tmp_path / "again", torn)


@pytest.mark.parametrize("as_columns", [True, False])
def test_who_reads_and_the_cuts_between_parts_change_no_byte(tmp_path, monkeypatch, as_columns):
    lines = [line(f"é{number}" * 40) if number % 7 else b"bad \xff\n" for number in range(3000)]
    files = landed(
        tmp_path,
        {
            "a": b"\xef\xbb\xbf" + b"".join(lines),
            "b": b"\n\r\n" + b"".join(lines[:9]),
            "c": b"",
            "d": lines[1][:-1],
        },
    )
    here = ingest.read_source(SOURCE, files, tmp_path / "here")
    monkeypatch.setattr(part_readers, "_WORTH_PROCESSES_BYTES", 0)
    monkeypatch.setattr(part_readers, "_WORTH_COLUMNS_BYTES", 0)
    if not as_columns:
        monkeypatch.setattr(part_readers, "column_reader", lambda _: None)
    monkeypatch.setattr("dataset_platform.ingest.parts._PART_BYTES", 10_007)
    apart = ingest.read_source(SOURCE, files, tmp_path / "apart")
    assert written(apart) == written(here)
    assert apart.files == here.files
    assert [path.name for path in (tmp_path / "apart").iterdir() if path.name.startswith(".")] == []


def test_lines_that_no_column_holds_are_left_to_processes_and_change_no_byte(tmp_path, monkeypatch):
    odd = b"".join(line(number).replace(b'"n"', b'"\\u0007"') for number in range(200))
    files = landed(tmp_path, {"a": odd})
    here = ingest.read_source(SOURCE, files, tmp_path / "here")
    monkeypatch.setattr(part_readers, "_WORTH_PROCESSES_BYTES", 0)
    monkeypatch.setattr(part_readers, "_WORTH_COLUMNS_BYTES", 0)
    monkeypatch.setattr("dataset_platform.ingest.parts._PART_BYTES", 1_000)
    assert written(ingest.read_source(SOURCE, files, tmp_path / "apart")) == written(here)


@pytest.mark.parametrize("part_bytes", [4, 5, 7, 60, 61])
def test_parts_of_any_size_hold_each_line_once(tmp_path, monkeypatch, part_bytes):
    content = b"\xef\xbb\xbf" + line(1) + b"\n\r\n" + line(2) + b"x\n" + line(3)[:-1]
    files = landed(tmp_path, {"a": content})
    whole = ingest.read_source(SOURCE, files, tmp_path / "whole")
    monkeypatch.setattr("dataset_platform.ingest.parts._PART_BYTES", part_bytes)
    cut = ingest.read_source(SOURCE, files, tmp_path / "cut")
    assert written(cut) == written(whole)


def test_a_process_that_is_killed_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(part_readers, "_WORTH_PROCESSES_BYTES", 0)
    monkeypatch.setattr(part_readers, "read_part", _die)
    with pytest.raises(RunFailed, match="was killed, most often for lack of memory"):
        ingest.read_source(SOURCE, landed(tmp_path, {"a": line(1)}), tmp_path / "out")
    assert list((tmp_path / "out").glob(".*")) == []


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
