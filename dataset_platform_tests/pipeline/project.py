"""A small project in a folder of its own: sources of hand-made conversations, and the commands run in it."""

import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from dataset_platform import cli
from dataset_platform.release import ReleaseFiles
from dataset_platform.schemas import Contract
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import MANIFEST, Work, commit, open_folder, read_manifest

IN_A_ROW = """
import json, sys
from dataset_platform.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["dataset-platform", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
REPOSITORY = Path(__file__).resolve().parents[2]
LENIENT = {
    "semantic_coherence": 0.0,
    "therapeutic_appropriateness": 0.0,
    "crisis_flags": 1.0,
    "private_data": 1000,
    "bias": 0.0,
    "overall": 0.0,
}
WORDS = """
anger anxious appetite argue blame breath bridge calm career change child clean close colour comfort
cook courage cry dark daily dinner distant doubt dream early empty energy evening exam exercise fail
family fear feel finish focus forget friend garden gentle grief guilt habit happy heavy home hope
house idea job joy kind lately lazy learn leave letter light listen lonely loss love meal memory
mind mood morning mother move music neighbour nervous night noise nothing notice office often open
panic partner past patient peace people phone plan practice promise proud quiet reason relief
remember rest routine sad safe school share silent simple sister slow smile sorry stairs stay step
stress strong study stuck support talk team tense thought tired together trust understand upset walk
warm week window winter wish work worry write wrong year young
""".split()  # noqa: SIM905  a list of quoted words is no easier to read


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line, or lines, that name what went wrong: neither progress nor a traceback."""
        return self.err[self.err.index("error: ") :].strip()


def utterance(random_: random.Random, words: int = 14) -> str:
    """A sentence of its own: two of them share no five words in a row, but by a very rare accident."""
    return " ".join(random_.choice(WORDS) for _ in range(words)).capitalize() + "."


def conversation(key: str, turns: int = 4, **fields: Any) -> dict[str, Any]:
    """A record of a conversation between Client and Therapist; the key decides every word."""
    random_ = random.Random(key)
    speakers = ("Client", "Therapist")
    said = [{"speaker": speakers[i % 2], "content": utterance(random_)} for i in range(turns)]
    return {"key": key, "turns": said} | fields


def conversations(name: str, count: int) -> list[dict[str, Any]]:
    return [conversation(f"{name} {number}") for number in range(count)]


@event.listens_for(Engine, "connect")
def _wait_for_no_disk(connection: Any, _record: Any) -> None:
    """Dagster's SQLite files of a test may be lost in a power cut; that halves the time of a run."""
    if hasattr(connection, "execute"):
        connection.execute("PRAGMA synchronous=OFF")


class Project:
    """A folder with dagster.yaml, sources/, releases/ and data/, in which commands run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "dagster.yaml", path)

    def copy(self, path: Path) -> "Project":
        shutil.copytree(self.path, path)
        return Project(path)

    # What people put there

    def land(self, source: str, records: Sequence[Mapping[str, Any] | str], file: str = "file.jsonl") -> Path:
        """Writes a JSONL file of the source; a string is a line as it stands."""
        path = self.path / "data/raw" / source / file
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def describe(self, source: str, stage: str = "foundation") -> Path:
        path = self.path / f"sources/{source}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"name: {source}\ndescription: Made for a test.\nfiles: ['*.jsonl']\nreader: jsonl\n"
            "turns:\n  - {shape: list, at: turns, role: speaker}\n"
            "roles: {Client: user, Therapist: assistant}\n"
            f"stage: {stage}\nlicense: CC0-1.0\nlanguage: en\n"
        )
        return path

    def add_source(
        self, source: str, records: Sequence[Mapping[str, Any] | str], stage: str = "foundation"
    ) -> None:
        self.land(source, records)
        self.describe(source, stage)

    def spec(
        self, version: str, target_samples: int = 1000, seed: int = 42, canaries: int = 0, **gates: float
    ) -> Path:
        """Writes a spec whose gates let everything pass, but for those given."""
        lines = [f"version: {version}", f"target_samples: {target_samples}", f"seed: {seed}"]
        lines += [f"canaries: {{count: {canaries}}}"] if canaries else []
        lines += ["gates:"]
        lines += [f"  {gate}: {value}" for gate, value in {**LENIENT, **gates}.items()]
        path = self.path / f"releases/{version}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    # What runs there

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """This process as if it had been started in the project's folder, with no setting of its own."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [n for n in os.environ if n.startswith("DATASET_") and n != "DATASET_CACHE_DIR"]:
                patch.delenv(name)
            patch.setenv("DAGSTER_HOME", "undone when the block ends")
            patch.delenv("DAGSTER_HOME")
            patch.chdir(self.path)
            yield

    def command(self, *arguments: str) -> Outcome:
        """Runs `dataset-platform <arguments>` in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            self.entered(),
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.setattr(sys, "argv", ["dataset-platform", *arguments])
            try:
                cli.main()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        return Outcome(status, out.getvalue(), err.getvalue())

    def done(self, *arguments: str) -> Outcome:
        """As `command`, for a command that has to end well."""
        outcome = self.command(*arguments)
        assert outcome.status == 0, outcome.err
        return outcome

    def apart(
        self, *commands: Sequence[str], preamble: str = "", patience_s: float = 280, **environment: str
    ) -> Outcome:
        """Runs the commands one after another in a process of its own, until one does not end well."""
        kept = {
            k: v for k, v in os.environ.items() if k == "DATASET_CACHE_DIR" or not k.startswith("DATASET_")
        }
        kept.pop("DAGSTER_HOME", None)
        process = subprocess.run(
            [sys.executable, "-c", preamble + IN_A_ROW, json.dumps(commands)],
            cwd=self.path,
            env=kept | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "2"} | environment,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        return Outcome(process.returncode, process.stdout, process.stderr)

    @contextlib.contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        with self.entered():
            os.environ["DAGSTER_HOME"] = str(self.path)
            with dg.DagsterInstance.get() as instance:
                yield instance

    # What lies there

    @property
    def storage(self) -> Storage:
        return Storage()

    def rows(self, asset: str, partition: str | None) -> list[dict[str, Any]]:
        """All rows of a stored table."""
        with self.entered():
            folder = open_folder(self.storage.store, self.storage.result_prefix(asset, partition))
            assert folder, f"{asset} of {partition} is not stored"
            paths = [folder.path / file.name for file in folder.manifest.files]
            return [row for path in paths for row in pq.read_table(path).to_pylist()]

    def replace_rows(
        self, asset: str, partition: str, rows: Sequence[Mapping[str, Any]], contract: Contract
    ) -> None:
        """Commits other rows for the asset, as if the same work had given them: nothing is done again."""

        def build(folder: Path) -> None:
            table = pa.Table.from_pylist(list(rows), schema=contract.arrow)
            pq.write_table(table, folder / "part-00000.parquet")

        with self.entered():
            store, prefix = self.storage.store, self.storage.result_prefix(asset, partition)
            before = read_manifest(store, prefix)
            assert before
            after, _ = commit(store, prefix, Work({"tampered": "with"}, build))
            pretended = after.model_copy(update={"key": before.key, "inputs": before.inputs})
            store.replace(f"{prefix}/{MANIFEST}", pretended.model_dump_json().encode())

    def stored_file(self, asset: str, partition: str | None) -> Path:
        """The first file of a stored table."""
        with self.entered():
            folder = open_folder(self.storage.store, self.storage.result_prefix(asset, partition))
            assert folder
            return self.path / folder.path / folder.manifest.files[0].name

    def release(self, version: str, root: str = "data") -> Path:
        return self.path / root / "exports" / f"v{version}"

    def exported(self, version: str) -> list[dict[str, Any]]:
        return pq.read_table(self.release(version) / ReleaseFiles(version).parquet).to_pylist()

    def ledger(self, version: str) -> list[dict[str, Any]]:
        return pq.read_table(self.release(version) / ReleaseFiles(version).ledger).to_pylist()

    def reused(self) -> dict[tuple[str, str | None], list[bool]]:
        """Whether work was found done, for each materialisation of each asset, oldest first."""
        found: dict[tuple[str, str | None], list[bool]] = {}
        with self.instance() as instance:
            for asset in sorted(instance.all_asset_keys()):
                records = instance.fetch_materializations(asset, limit=1000, ascending=True).records
                for record in records:
                    key = (asset.to_user_string(), record.partition_key)
                    found.setdefault(key, []).append(
                        bool(record.asset_materialization.metadata["reused"].value)
                    )
        return found

    def evaluations(self) -> list[dg.AssetCheckEvaluation]:
        """Every check that was ever evaluated, oldest first."""
        with self.instance() as instance:
            return [
                entry.dagster_event.event_specific_data
                for run in instance.get_run_records(ascending=True)
                for entry in instance.all_logs(
                    run.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
                )
            ]

    def failed_checks(self) -> list[tuple[str, str, str | None]]:
        """Asset, check and partition of every check that failed, oldest first; warnings are none."""
        return [
            (found.asset_key.to_user_string(), found.check_name, found.partition)
            for found in self.evaluations()
            if not found.passed and found.severity is dg.AssetCheckSeverity.ERROR
        ]
