"""What changed from one release to another: every row once, with the reason that the ledgers give."""

import shutil
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import quality, release
from dataset_platform.errors import VerificationFailed
from dataset_platform.quality.report import Direction
from dataset_platform.release import Absence, Change
from dataset_platform.release.difference import ROWS, ReleaseRows, compare
from dataset_platform.results.difference import as_html, difference_result
from dataset_platform.schemas import LEDGER, Fate
from dataset_platform.storage.io_managers import Storage
from dataset_platform_tests.quality.conftest import accuracy
from dataset_platform_tests.release.release_records import SIZES, make_inputs, make_spec, sha, withdrawn_row

ALL = sum(SIZES.values())


def built(folder, inputs, version="1.0.0", target=ALL):
    return inputs.build(folder / version, make_spec(target, version=version)).folder


def changes(found):
    return {(one.change, one.source, one.reason): one.rows for one in found.changes}


def test_a_release_does_not_differ_from_itself(pristine):
    found = release.difference(pristine.folder, pristine.folder)
    assert found.changes == ()
    assert found.unchanged == found.rows_before == found.rows_after == 60
    assert all(shift.before == shift.after for shift in found.shifts)


@pytest.fixture
def differing(tmp_path):
    """Two releases between which each kind of change happened once, and what is expected of it."""
    before, after = make_inputs(SIZES), make_inputs(SIZES)
    plain = [row for row in after.clean if row["source"] == "plain"]
    edited, reworded, withdrawn, filtered = plain[:4]
    edited |= {"conversation_id": sha("edited"), "text_sha256": sha("edited text")}
    reworded["text_sha256"] = sha("cleaned better")
    after.withdrawn.append(withdrawn_row(withdrawn))
    for decision in after.decisions:
        if decision["conversation_id"] == filtered["conversation_id"]:
            decision["drop_reason"] = "no_text"
    for rows in (after.clean, after.decisions):
        rows[:] = [row for row in rows if row["source"] not in ("facts",)]
    for rows in (after.clean, after.decisions):  # the last record of a file, so that no position is missing
        rows[:] = [row for row in rows if (row["source"], row["origin_position"]) != ("voice", 5)]
    for row in (row for row in after.clean if row["source"] == "twins"):
        row["origin_file"] = "twins/renamed.jsonl"
    for row in (row for row in after.decisions if row["source"] == "twins"):
        row["origin_file"] = "twins/renamed.jsonl"
    return built(tmp_path, before), built(tmp_path, after, "1.1.0")


def test_each_kind_of_change_has_its_reason(differing):
    found = release.difference(*differing)
    assert changes(found) == {
        (Change.REMOVED, "facts", Absence.NO_SOURCE): 20,
        (Change.REMOVED, "plain", "withdrawn: conversation"): 1,
        (Change.REMOVED, "plain", "filtered: no_text"): 1,
        (Change.REMOVED, "voice", Absence.NO_RECORD): 1,
        (Change.CHANGED, "plain", ""): 2,
    }
    assert found.unchanged == ALL - 25
    assert {(one.value, one.before, one.after) for one in found.shifts if one.column == "stage"} == {
        ("foundation", 40, 38),
        ("expertise", 20, 0),
        ("edge_case", 20, 20),
        ("voice_persona", 18, 17),
    }


def test_a_file_that_is_gone_and_a_row_that_moved_to_another_split(tmp_path):
    before, after = make_inputs({"plain": 6}), make_inputs({"plain": 4})
    for row in [*before.clean[4:], *before.decisions[4:]]:
        row["origin_file"], row["origin_position"] = "plain/other.jsonl", row["origin_position"] - 4
    first = built(tmp_path, before)
    second = after.build(tmp_path / "second", make_spec(9, seed=43, version="1.1.0")).folder
    found = changes(release.difference(first, second))
    assert found.pop((Change.REMOVED, "plain", Absence.NO_FILE)) == 2
    assert {change for change, _, _ in found} == {Change.MOVED}
    assert all(" to " in reason for _, _, reason in found)


@st.composite
def releases(draw):
    """Any rows of few ids at few places, with a ledger that has them and other records."""
    ids = draw(st.lists(st.integers(0, 9), unique=True, max_size=6))
    exported = [
        {
            "conversation_id": sha(str(id_)),
            "origin_file": draw(st.sampled_from(["a/1", "a/2", "b/1"])),
            "origin_position": position,
            "stage": "foundation",
            "split": draw(st.sampled_from(["train", "test"])),
            "language": "en",
            "n_turns": 2,
            "n_chars": 10 * position,
            "text_sha256": sha(draw(st.sampled_from("xy"))),
        }
        for position, id_ in enumerate(ids)
    ]
    fates = draw(st.lists(st.sampled_from([fate for fate in Fate if fate is not Fate.EXPORTED]), max_size=4))
    others = [
        {
            "conversation_id": None if fate is Fate.QUARANTINED else sha(str(number + 5)),
            "origin_file": "a/1",
            "origin_position": 100 + number,
            "fate": fate.value,
            "reason": "some",
        }
        for number, fate in enumerate(fates)
    ]
    ledger = [{**row, "fate": "exported", "reason": None} for row in exported] + others
    return ReleaseRows("1.0.0", framed(exported, ROWS), framed(ledger, LEDGER.names))


def framed(rows, columns):
    numbers = dict.fromkeys(("origin_position", "n_turns", "n_chars"), pl.Int64)
    for row in rows:
        row["source"] = row["origin_file"][0]
    return pl.DataFrame(rows, {name: numbers.get(name, pl.String) for name in columns})


TABLES = ("ledger_v1.0.0.parquet", "dataset_v1.0.0.parquet/test-00001-of-00001.parquet")


@pytest.mark.parametrize("name", TABLES)
def test_a_release_with_a_file_that_cannot_be_read_is_named(pristine, folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(VerificationFailed, match=r"verify --version 1\.0\.0` names it") as error:
        release.difference(pristine.folder, folder)
    assert str(error.value).startswith(f"{folder}: a file cannot be read")


@settings(max_examples=25)
@given(releases(), releases())
def test_there_and_back_is_the_same_with_signs_turned(first, second):
    there, back = compare(first, second), compare(second, first)
    turned = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}
    for change, other in turned.items():
        assert reasons(there, change) == reasons(back, other)
    assert [there.rows(change) for change in Change] == [
        back.rows(turned.get(change, change)) for change in Change
    ]
    stayed = there.unchanged + there.rows(Change.CHANGED) + there.rows(Change.MOVED)
    assert there.rows_before == stayed + there.rows(Change.REMOVED)
    assert there.rows_after == stayed + there.rows(Change.ADDED)


def reasons(found, change):
    return {(one.source, one.stage, one.reason): one.rows for one in found.changes if one.change is change}


def test_the_page_escapes_what_sources_are_called():
    hostile = "<script>alert(1)</script>"
    row = {"change": "removed", "source": hostile, "stage": "s", "reason": hostile, "rows": 1}
    shares = {"share_before": 1.0, "share_after": 0.0}
    page = as_html(
        {
            "before": "1.0.0", "after": "1.1.0", "rows_before": 1, "rows_after": 0, "unchanged": 0,
            "changes": [row],
            "shifts": [{"column": "source", "value": hostile, "before": 1, "after": 0, **shares}],
            "lengths": [{"measure": "n_chars", "quantile": 0.5, "before": 3.0, "after": None}],
            "gates": [],
        }
    )  # fmt: skip
    assert "<script" not in page
    assert "default-src 'none'" in page


def gate(name, value, threshold=0.75):
    measured = quality.Measurement.of(value, (0, 1), 60, "rows", (accuracy("semantic_coherence"),))
    return quality.Gate(
        name=name,
        title=name,
        direction=Direction.AT_LEAST,
        threshold=threshold,
        measurement=measured,
    )


JUDGED = {
    "1.0.0": [gate("overall", 0.8), gate("bias", 0.9), gate("crisis_flags", 0.6, 0.5)],
    "1.1.0": [gate("overall", 0.7), gate("bias", 0.9), gate("crisis_flags", 0.6, 0.65)],
    "1.2.0": [],
}


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        ("1.1.0", {"overall": (0.7, "failed"), "crisis_flags": (0.6, "failed")}),
        ("1.2.0", dict.fromkeys(["overall", "bias", "crisis_flags"], (None, "not judged"))),
        ("1.0.0", {}),
    ],
)
def test_gates_that_moved_are_told_as_table_page_and_facts(pristine, tmp_path, monkeypatch, after, moved):
    monkeypatch.chdir(tmp_path)
    for version, gates in JUDGED.items():
        folder = shutil.copytree(pristine.folder, tmp_path / "data/exports" / f"v{version}")
        if gates:
            (folder / release.ReleaseFiles(version).qa_reports[0]).touch()
    monkeypatch.setattr(quality, "read_report", lambda _, version: SimpleNamespace(gates=JUDGED[version]))
    shown = difference_result(Storage(), "1.0.0", after, tmp_path / "page.html")
    told = shown.tables.get("Gates that moved", [])
    assert {row["gate"]: (row["after"], row["verdict_after"]) for row in told} == moved
    assert [row for row in shown.facts["gates"] if row["moved"]] == told
    assert (tmp_path / "page.html").read_text().count('<tr class="moved">') == len(moved)
