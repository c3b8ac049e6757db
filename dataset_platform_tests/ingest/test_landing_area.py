import gzip

import pytest

from dataset_platform import ingest
from dataset_platform.errors import ContractError, InputError
from dataset_platform.ingest import FileAccount, LandedFile
from dataset_platform.ingest.landing import select
from dataset_platform_tests.ingest.hand_made import describe, landed_files, read_files, read_landed

TURNS = [{"shape": "list", "at": "t"}]
SOURCE = describe(TURNS)
LINE = b'{"t": [{"role": "client", "content": "x"}]}\n'


@pytest.mark.parametrize(
    "name",
    [
        "made/../other/file",
        "/made/file",
        "made//file",
        "made",
        "other/file",
        "made/./x",
        "made\\x/y",
        "made/a\nb",
    ],
)
def test_a_name_that_could_mean_another_file_is_refused(tmp_path, name):
    path = tmp_path / "file"
    path.write_bytes(LINE)
    with pytest.raises(InputError):
        ingest.read_source(SOURCE, [LandedFile.at(name, path)], tmp_path / "out")


def landed(root, name):
    return LandedFile.at(name, root / name)


def test_a_link_out_of_the_landing_area_is_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(LINE)
    area = tmp_path / "landing"
    (area / "made").mkdir(parents=True)
    (area / "made" / "link").symlink_to(tmp_path / "outside" / "secret")
    (area / "made" / "folder").symlink_to(tmp_path / "outside")
    for name in ("made/link", "made/folder/secret"):
        with pytest.raises(InputError, match="link out of the landing area"):
            ingest.read_source(SOURCE, [landed(area, name)], tmp_path / "out")


def test_a_link_within_the_landing_area_is_read(tmp_path):
    area = tmp_path / "landing"
    (area / "made").mkdir(parents=True)
    (area / "made" / "file").write_bytes(LINE)
    (area / "made" / "link").symlink_to(area / "made" / "file")
    read = read_landed(SOURCE, [landed(area, "made/link")], tmp_path / "out")
    assert len(read.records) == 1


def test_a_file_given_twice_or_missing_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(LINE)
    with pytest.raises(InputError, match="twice"):
        ingest.read_source(SOURCE, [LandedFile.at("made/a", path)] * 2, tmp_path / "out")
    with pytest.raises(InputError, match="made/b: cannot be read"):
        ingest.read_source(SOURCE, [LandedFile.at("made/b", tmp_path / "b")], tmp_path / "out")


GLOBS = [
    ("*.jsonl", ["a.jsonl"]),
    ("**/*.jsonl", ["a.jsonl", "b/c.jsonl", "b/d/e.jsonl"]),
    ("b/*", ["b/c.jsonl", "b/notes.txt"]),
    ("b/**", ["b/c.jsonl", "b/d/e.jsonl", "b/notes.txt"]),
    ("?.jsonl", ["a.jsonl"]),
    ("[a].jsonl", []),
]


@pytest.mark.parametrize(("glob", "expected"), GLOBS)
def test_globs_choose_the_files_of_a_source(tmp_path, glob, expected):
    names = ["b/notes.txt", "b/d/e.jsonl", "a.jsonl", "b/c.jsonl"]
    files = [LandedFile.at(f"made/{name}", tmp_path / name) for name in names]
    assert [file.name for file in select("made", [glob], files)] == [f"made/{name}" for name in expected]


def test_files_that_no_glob_matches_are_named_as_ignored():
    read = read_files(describe(TURNS, files=["*.jsonl"]), {"a.jsonl": LINE, "README.md": b"text"})
    assert read.ignored == ("made/README.md",)
    assert [account.origin_file for account in read.files] == ["made/a.jsonl"]


def test_rows_follow_file_names_whatever_the_order_given(tmp_path):
    names = ["made/b", "made/a", "made/c/a"]
    (tmp_path / "made" / "c").mkdir(parents=True)
    for name in names:
        (tmp_path / name).write_bytes(LINE * 3 + b"broken\n")
    shards = []
    for order in (names, names[::-1]):
        out = tmp_path / f"out-{order[0][-1]}"
        ingested = ingest.read_source(SOURCE, [landed(tmp_path, name) for name in order], out)
        shards.append([path.read_bytes() for path in (*ingested.records, *ingested.quarantine)])
        assert [account.origin_file for account in ingested.files] == ["made/a", "made/b", "made/c/a"]
    assert shards[0] == shards[1]


def test_a_source_without_files_gives_one_empty_file_of_each_kind(tmp_path):
    ingested = ingest.read_source(SOURCE, [], tmp_path / "out")
    assert [path.name for path in ingested.records] == ["records-00000.parquet"]
    assert [path.name for path in ingested.quarantine] == ["quarantine-00000.parquet"]


def test_many_records_are_written_in_shards_and_batches(monkeypatch):
    monkeypatch.setattr("dataset_platform.ingest.row_batches._BATCH_ROWS", 7)
    monkeypatch.setattr("dataset_platform.ingest.row_tables._GROUP_ROWS", 9)
    monkeypatch.setattr("dataset_platform.ingest.row_tables._SHARD_BYTES", 2000)
    content = b"".join(LINE.replace(b"x", b"%d" % n) for n in range(100))
    read = read_files(SOURCE, {"a": content, "b": content})
    assert [turns[0][1] for turns in read.turns] == [str(n) for n in range(100)] * 2


def test_an_account_that_does_not_close_cannot_be_made():
    with pytest.raises(ContractError, match="3 records read, but 1 kept and 1 quarantined"):
        FileAccount("made/a", "0" * 64, 10, read=3, kept=1, quarantined=1)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(LINE)

    def lengthened(*_):
        path.write_bytes(LINE * 2)
        return ()

    monkeypatch.setattr("dataset_platform.ingest.reading.parts", lengthened)
    with pytest.raises(InputError, match="changed while it was read"):
        ingest.read_source(SOURCE, [LandedFile.at("made/file", path)], tmp_path / "out")


def test_rows_that_are_handed_on_are_those_of_the_tables(tmp_path):
    damaged = LINE * 3 + b"{broken\n" + LINE
    files = landed_files("made", {"a": damaged, "b.gz": gzip.compress(damaged), "c": b""}, tmp_path)
    tables = read_landed(SOURCE, files, tmp_path / "out")
    records, rejected, scratch = [], [], tmp_path / "scratch"
    scratch.mkdir()
    read = ingest.read_rows(SOURCE, files, scratch, records.append, rejected.append)
    assert [row for batch in records for row in batch.to_pylist()] == tables.records
    assert [row for batch in rejected for row in batch.to_pylist()] == tables.quarantine
    assert (read.files, read.ignored) == (tables.files, tables.ignored)
    assert (len(tables.records), len(tables.quarantine)) == (8, 3)
    assert not [*scratch.iterdir()]
