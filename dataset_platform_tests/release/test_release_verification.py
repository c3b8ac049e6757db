import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform import release
from dataset_platform.errors import VerificationFailed
from dataset_platform.release import Problem
from dataset_platform.release.manifest import dataset_hash, file_sha256
from dataset_platform_tests.release.release_records import FILES, JSONL_SHARDS, LISTED, PARQUET_SHARDS

SHARD, LINES = PARQUET_SHARDS[0], JSONL_SHARDS[0]


def found(folder):
    return {(finding.file, finding.problem) for finding in release.verify(folder).findings}


def forge(folder, name, **changes):
    """A manifest that agrees with a file's bytes, so that only its contents can give it away."""
    path = folder / FILES.manifest
    manifest = json.loads(path.read_text())
    target = folder / name
    for entry in manifest["files"]:
        if entry["name"] == name:
            entry.update(bytes=target.stat().st_size, sha256=file_sha256(target), **changes)
    files = release.Manifest.model_validate_json(json.dumps(manifest)).files
    entries = [entry for entry in files if FILES.holds_rows(entry.name)]
    manifest["dataset_hash"] = dataset_hash(entries)
    path.write_text(json.dumps(manifest))


def test_a_release_as_published_has_no_findings(folder):
    verification = release.verify(folder)
    assert verification.passed
    assert verification.files_checked == len(LISTED)
    assert verification.bytes == sum((folder / name).stat().st_size for name in LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert found(folder) == {(name, Problem.MISSING)}


@pytest.mark.parametrize("name", LISTED)
def test_a_truncated_file_is_named(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    assert found(folder) == {(name, Problem.TRUNCATED)}


@pytest.mark.parametrize("name", LISTED)
def test_a_grown_file_is_named(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    assert found(folder) == {(name, Problem.GROWN)}


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_a_flipped_bit_is_named(folder, name, place):
    content = bytearray((folder / name).read_bytes())
    content[int(len(content) * place) if place >= 0 else -1] ^= 1
    (folder / name).write_bytes(content)
    assert found(folder) == {(name, Problem.CHANGED)}


def test_an_extra_file_or_folder_is_named(folder):
    (folder / "notes.txt").touch()
    (folder / ".scratch").mkdir()
    (folder / FILES.parquet / "train-00002-of-00002.parquet").touch()
    (folder / "qa_report_v9.9.9.json").touch()
    assert found(folder) == {
        ("notes.txt", Problem.EXTRA),
        (".scratch", Problem.EXTRA),
        (f"{FILES.parquet}/train-00002-of-00002.parquet", Problem.EXTRA),
        ("qa_report_v9.9.9.json", Problem.EXTRA),
    }


def test_reports_that_cite_the_manifest_may_lie_beside_the_release(folder):
    for name in FILES.attachments:
        (folder / name).write_text(f"release manifest `{release.manifest_sha256(folder)}`")
    assert release.verify(folder, attached={}).passed


def test_a_report_on_another_release_is_named(folder):
    report = FILES.qa_reports[0]
    (folder / report).write_text('{"manifest_sha256": "' + "0" * 64 + '"}')
    (finding,) = release.verify(folder, attached={}).findings
    assert (finding.file, finding.problem) == (report, Problem.ATTACHMENT)
    assert release.verify(folder).passed


def test_a_report_that_changed_or_left_since_it_was_attached_is_named(folder):
    changed, gone = FILES.qa_reports[:2]
    (folder / changed).write_text(release.manifest_sha256(folder))
    attached = {changed: "0" * 64, gone: "0" * 64}
    findings = release.verify(folder, attached=attached).findings
    assert {(one.file, one.problem) for one in findings} == {
        (changed, Problem.CHANGED),
        (gone, Problem.MISSING),
    }


def test_several_damages_are_all_named(folder):
    (folder / LINES).unlink()
    (folder / "README.md").write_text("")
    assert found(folder) == {(LINES, Problem.MISSING), ("README.md", Problem.TRUNCATED)}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": "1.0.0"}', b"\xff"])
def test_an_unreadable_manifest_is_a_finding(folder, content):
    (folder / FILES.manifest).write_bytes(content)
    assert {problem for _, problem in found(folder)} == {Problem.MANIFEST}
    with pytest.raises(VerificationFailed, match="is no manifest"):
        release.read_manifest(folder)


def test_a_missing_manifest_or_folder_is_a_finding(folder):
    (folder / FILES.manifest).unlink()
    assert {problem for _, problem in found(folder)} == {Problem.MANIFEST}
    assert {problem for _, problem in found(folder / "absent")} == {Problem.MANIFEST}


def test_a_manifest_under_another_versions_name_is_a_finding(folder):
    (folder / FILES.manifest).rename(folder / "manifest_v2.0.0.json")
    assert ("manifest_v2.0.0.json", Problem.MANIFEST) in found(folder)


def test_a_row_that_breaks_the_contract_is_found_behind_right_bytes(folder):
    path = folder / SHARD
    table = pq.read_table(path)
    splits = ["dev", *table["split"].to_pylist()[1:]]
    pq.write_table(table.set_column(1, table.schema.field("split"), pa.array(splits)), path)
    forge(folder, SHARD)
    assert (SHARD, Problem.CONTRACT) in found(folder)


def test_a_shard_of_another_split_is_found_behind_right_bytes(folder):
    shard = PARQUET_SHARDS[1]
    rows = pq.read_table(folder / shard)
    splits = pa.array(["train"] * rows.num_rows)
    pq.write_table(rows.set_column(1, rows.schema.field("split"), splits), folder / PARQUET_SHARDS[1])
    forge(folder, PARQUET_SHARDS[1])
    assert found(folder) == {
        (PARQUET_SHARDS[1], Problem.CONTRACT),
        (FILES.parquet, Problem.COUNTS),
    }


def test_a_blank_turn_is_found_behind_right_bytes(folder):
    path = folder / SHARD
    rows = pq.read_table(path)
    values = rows.to_pylist()
    values[0]["messages"][0]["content"] = " \n"
    pq.write_table(pa.Table.from_pylist(values, schema=rows.schema), path)
    forge(folder, SHARD)
    details = [f.detail for f in release.verify(folder).findings if f.problem is Problem.CONTRACT]
    assert len(details) == 1
    assert "not blank" in details[0]


def test_rows_out_of_order_are_found_behind_right_bytes(folder):
    path = folder / SHARD
    pq.write_table(pq.read_table(path).sort_by([("conversation_id", "descending")]), path)
    forge(folder, SHARD)
    assert (SHARD, Problem.CONTRACT) in found(folder)


def test_another_column_is_found_behind_right_bytes(folder):
    path = folder / SHARD
    pq.write_table(pq.read_table(path).drop_columns(["flags"]), path)
    forge(folder, SHARD)
    assert (SHARD, Problem.CONTRACT) in found(folder)


def test_a_wrong_number_of_lines_is_found_behind_right_bytes(folder):
    path = folder / LINES
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    forge(folder, LINES)
    assert found(folder) == {(LINES, Problem.ROWS)}


def test_a_file_that_is_no_parquet_is_found_behind_right_bytes(folder):
    (folder / FILES.ledger).write_bytes(b"PAR1")
    forge(folder, FILES.ledger)
    assert found(folder) == {(FILES.ledger, Problem.UNREADABLE)}


def test_a_ledger_with_other_sums_is_found_behind_right_bytes(folder):
    path = folder / FILES.ledger
    pq.write_table(pq.read_table(path).slice(1), path)
    forge(folder, FILES.ledger)
    assert found(folder) == {(FILES.ledger, Problem.ROWS), (FILES.ledger, Problem.COUNTS)}


def test_a_changed_lock_is_found_behind_right_bytes(folder):
    path = folder / "config_lock.json"
    path.write_text(path.read_text().replace('"target_samples":60', '"target_samples":61'))
    forge(folder, "config_lock.json")
    assert found(folder) == {("config_lock.json", Problem.COUNTS)}


def numbers_of(content, path=()):
    """The place of every number in a document, once for all items of a list."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from numbers_of(value, (*path, key))
    elif isinstance(content, list):
        yield from numbers_of(content[0], (*path, 0)) if content else ()
    elif isinstance(content, int | float):
        yield path


def test_a_changed_number_in_the_manifest_is_found(folder):
    path = folder / FILES.manifest
    published = path.read_text()
    places = [place for place in numbers_of(json.loads(published)) if place[-1] not in ("asked", "available")]
    for *above, last in {place[0]: place for place in places}.values():
        section = forged = json.loads(published)
        for step in above:
            section = section[step]
        section[last] += 1
        path.write_text(json.dumps(forged))
        assert not release.verify(folder).passed, (*above, last)


@pytest.mark.parametrize("name", [SHARD, release.CARD])
def test_a_file_that_the_disk_does_not_give_is_named_beside_the_others(folder, name, monkeypatch):
    (folder / "croissant.json").unlink()

    def bad_sector(path):
        if path == folder / name:
            raise OSError(5, "Input/output error", str(path))
        return file_sha256(path)

    monkeypatch.setattr("dataset_platform.release.verification.file_sha256", bad_sector)
    assert found(folder) == {("croissant.json", Problem.MISSING), (name, Problem.UNREADABLE)}


def judge(folder, verdict):
    release.write_judged_card(folder, verdict, folder)
    return {release.CARD: file_sha256(folder / release.CARD)}


def test_the_card_of_a_judged_release_is_proven_by_the_manifest_and_the_report(folder):
    published = (folder / release.CARD).read_bytes()
    attached = judge(folder, f"passed, on {release.manifest_sha256(folder)}")
    attached = judge(folder, f"failed, on {release.manifest_sha256(folder)}")  # judged once more
    assert release.verify(folder).findings == release.verify(folder, attached=attached).findings == ()
    assert release.published_card(folder) == published
    (folder / release.CARD).write_bytes((folder / release.CARD).read_bytes() + b"and more")
    assert found(folder) == set()
    changed = release.verify(folder, attached=attached).findings
    assert {(finding.file, finding.problem) for finding in changed} == {(release.CARD, Problem.CHANGED)}


def test_a_card_with_a_verdict_on_another_release_has_grown(folder):
    judge(folder, f"passed, on {'0' * 64}")
    assert found(folder) == {(release.CARD, Problem.GROWN)}


def test_a_card_that_was_changed_before_its_verdict_is_named(folder):
    judge(folder, f"passed, on {release.manifest_sha256(folder)}")
    card = (folder / release.CARD).read_bytes()
    (folder / release.CARD).write_bytes(b"_" + card[1:])
    assert found(folder) == {(release.CARD, Problem.GROWN)}


def test_a_release_of_the_days_of_one_file_is_refused_in_one_line(folder):
    manifest = json.loads((folder / FILES.manifest).read_text())
    manifest["files"] = [{"name": FILES.parquet, "bytes": 1, "rows": 1, "sha256": "0" * 64}]
    (folder / FILES.manifest).write_text(json.dumps(manifest, indent=1))
    with pytest.raises(VerificationFailed, match=r"made before 0\.1\.0.* under a new version\.$") as error:
        release.read_manifest(folder)
    assert "\n" not in str(error.value)
