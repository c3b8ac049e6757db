"""What a release says about itself: lock, card, Croissant."""

import getpass
import hashlib
import json
import re
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from huggingface_hub import DatasetCard

from dataset_platform import release
from dataset_platform.errors import ContractError
from dataset_platform.release import card
from dataset_platform.schemas import RELEASE, Split
from dataset_platform_tests.release.release_records import (
    FILES,
    JSONL_SHARDS,
    PARQUET_SHARDS,
    SIZES,
    full_inputs,
    make_provenance,
    sha,
)


def collect(repository: Path) -> release.Provenance:
    return release.collect_provenance(
        ingredients=release.Ingredients({"curate": "1"}, (("plain/records.jsonl", sha("plain")),), {}, ()),
        git=release.git_state(repository),
        engine="native",
        created_at=datetime(2031, 7, 8, 9, 10, 11, tzinfo=UTC),
        run_id="a-run-id",
        storage_url=None,
    )


def test_the_lock_names_no_folder_user_host_or_time(tmp_path):
    built = full_inputs().build(tmp_path / "out", provenance=collect(Path.cwd()))
    text = (built.folder / "config_lock.json").read_text()
    assert not re.search(r'"/|\\\\|file:|\d{4}-\d\d-\d\dT', text)
    for private in (
        str(tmp_path),
        str(Path.cwd()),
        str(Path.home()),
        "2031",
        "a-run-id",
    ):
        assert private not in text
    assert f'"{getpass.getuser()}"' not in text
    # The names of packages apart, which a host's may be a part of, as `vm` is of llvmlite.
    lock = json.loads(text)
    lock["packages"] = [*lock["packages"].values()]
    assert socket.gethostname() not in json.dumps(lock)


def test_the_lock_is_canonical_and_holds_what_the_build_used(pristine):
    content = (pristine.folder / "config_lock.json").read_bytes()
    lock = json.loads(content)
    assert rfc8785.dumps(lock) == content
    assert lock["config_hash"] == hashlib.sha256(rfc8785.dumps(lock["spec"])).hexdigest()
    assert lock["packages_hash"] == hashlib.sha256(rfc8785.dumps(lock["packages"])).hexdigest()
    assert lock["spec"]["target_samples"] == 60
    assert lock["seed"] == 42
    assert lock["git"] == {"commit": "0" * 40, "dirty": False, "diff_sha256": None}
    assert [entry["name"] for entry in lock["inputs"]] == sorted(f"{s}/records.jsonl" for s in SIZES)
    assert release.ConfigLock.model_validate_json(content) == pristine.lock


@pytest.mark.parametrize("name", ["/srv/raw/a.jsonl", "../a.jsonl", "s3://bucket/a.jsonl"])
def test_an_input_outside_the_landing_area_is_refused(tmp_path, name):
    with pytest.raises(ContractError, match="relative to the landing area"):
        full_inputs().build(tmp_path / "out", provenance=make_provenance(input_files=((name, sha("a")),)))


def test_provenance_names_the_packages_in_use(tmp_path):
    packages = collect(tmp_path).packages
    assert packages["daft"]
    assert packages["pydantic"]
    assert list(packages) == sorted(packages)


def test_without_a_repository_git_is_unknown(tmp_path):
    assert release.git_state(tmp_path) == release.GitState(commit="unknown", dirty=None)


def test_without_git_it_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert release.git_state(Path.cwd()).commit == "unknown"


@pytest.fixture
def repository(tmp_path):
    for arguments in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "Begin"]):
        git(tmp_path, *arguments)
    return tmp_path


def git(folder, *arguments):
    user = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *user, *arguments], check=True, capture_output=True)


def test_each_dirty_state_has_a_digest_of_its_own(repository):
    states = [release.git_state(repository)]
    (repository / "a.py").write_text("1")
    states.append(release.git_state(repository))
    (repository / "a.py").write_text("2")
    states.append(release.git_state(repository))
    git(repository, "add", "a.py")
    states.append(release.git_state(repository))
    git(repository, "commit", "-qm", "A")
    (repository / "a.py").write_bytes(b"\xff\x00")
    states.append(release.git_state(repository))
    assert [state.dirty for state in states] == [False, True, True, True, True]
    assert states[0].diff_sha256 is None
    assert len({state.diff_sha256 for state in states}) == 5


def test_a_digest_depends_neither_on_taste_nor_on_what_the_platform_writes(repository):
    (repository / "a.py").write_text("1\n2\n3\n")
    git(repository, "add", "a.py")
    git(repository, "commit", "-qm", "A")
    (repository / "a.py").write_text("1\n3\n")
    written = (Path("data"), Path(".dagster"))
    before = release.git_state(repository, written)
    for option in ("diff.noprefix=true", "color.ui=always", "diff.context=0", "diff.external=false"):
        git(repository, "config", *option.split("="))
    (repository / "data").mkdir()
    (repository / "data/rows").write_text("much")
    assert release.git_state(repository, written) == before
    assert release.git_state(repository) != before


def test_the_card_has_front_matter_that_the_hub_reads(pristine):
    data = DatasetCard.load(pristine.folder / "README.md").data.to_dict()
    assert data["license"] == ["cc-by-4.0", "cc0-1.0"]
    assert data["language"] == ["en"]
    assert data["size_categories"] == ["n<1K"]
    assert data["configs"][0]["data_files"] == [
        {"split": split, "path": f"{FILES.parquet}/{split}-*.parquet"} for split in Split
    ]
    features = data["dataset_info"]["features"]
    assert [feature["name"] for feature in features] == RELEASE.names
    assert features[RELEASE.names.index("messages")] == {
        "name": "messages",
        "list": [{"name": "role", "dtype": "string"}, {"name": "content", "dtype": "string"}],
    }


def test_the_card_states_counts_and_where_quality_lies_but_no_conversation(pristine):
    text = (pristine.folder / "README.md").read_text()
    assert "qa_report_v1.0.0.md" in text
    assert "naïve" not in text
    for line in pristine.manifest.ledger:
        assert f"| {line.source} | {line.records} | {line.exported} | {line.not_sampled} |" in text
    for stage, asked, drawn in [(q.stage, q.asked, q.drawn) for q in pristine.manifest.mix_by_stage]:
        assert re.search(rf"\| {stage} \| all \| {asked} \| \d+ \| {drawn} \|", text)


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**9, "100M<n<1B")],
)
def test_size_categories_are_the_hubs(rows, category):
    assert card.size_category(rows) == category


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        (["MIT"], "mit"),
        (["MIT", "CC-BY-4.0"], ["cc-by-4.0", "mit"]),
        (["ask the author"], "other"),
        ([], None),
    ],
)
def test_licences_become_hub_identifiers(stated, named):
    assert card.hub_licenses(stated) == named


@pytest.mark.slow
def test_croissant_is_valid_and_its_records_can_be_read(pristine, caplog):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = mlcroissant.Dataset(str(pristine.folder / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert "context" not in caplog.text  # all of the standard's keys are there
    (missing,) = dataset.metadata.ctx.issues.warnings
    assert "datePublished" in missing  # a date would not be the same when the release is built again
    records = list(dataset.records("conversations"))
    assert len(records) == pristine.manifest.rows


def test_croissant_names_the_digests_of_the_dataset_files(pristine):
    description = json.loads((pristine.folder / "croissant.json").read_text())
    digests = {entry["name"]: entry["sha256"] for entry in description["distribution"] if "sha256" in entry}
    shards = (*JSONL_SHARDS, *PARQUET_SHARDS)
    assert digests == {name: pristine.manifest.file(name).sha256 for name in shards}
    fields = {field["name"].split("/")[1] for field in description["recordSet"][0]["field"]}
    assert fields == set(RELEASE.names)
