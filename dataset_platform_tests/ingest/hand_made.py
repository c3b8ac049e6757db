"""Hand-made source files and how to read them in a test."""

import base64
import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import dataset_platform
from dataset_platform import ingest, schemas
from dataset_platform.ingest import FileAccount, LandedFile, SourceDescription
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.lines import Span
from dataset_platform.ingest.interpreting.conversations import Interpreter
from dataset_platform.ingest.parts import Part, pieces

SEED_SOURCES = ingest.load_descriptions(Path(dataset_platform.__file__).parent / "samples" / "sources")
REAL_SOURCES = ingest.load_descriptions(Path(__file__).parent / "real_sources")
REAL_FILES = Path(
    os.environ.get("DATASET_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)


@dataclass(frozen=True)
class Read:
    """What reading a source gave, as plain rows."""

    records: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    files: tuple[FileAccount, ...]
    ignored: tuple[str, ...]

    @property
    def turns(self) -> list[list[tuple[str, str]]]:
        return [[(turn["role"], turn["content"]) for turn in row["messages"]] for row in self.records]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(row["origin_position"], row["reason"]) for row in self.quarantine]

    def payload(self, row: int) -> bytes:
        return base64.b64decode(self.quarantine[row]["payload"])

    def attributes(self, row: int) -> dict[str, Any]:
        return json.loads(self.records[row]["attributes"])


def describe(turns: list[dict[str, Any]], **changes: Any) -> SourceDescription:
    """A description of a source `made` that the test states in full where it matters."""
    rest = {
        "name": "made",
        "description": "Made for a test.",
        "files": ["**"],
        "reader": "jsonl",
        "roles": {"client": "user", "therapist": "assistant"},
        "stage": "foundation",
        "license": "CC0-1.0",
    }
    return SourceDescription.model_validate({**rest, "turns": turns, **changes})


def read_files(description: SourceDescription, files: Mapping[str, bytes]) -> Read:
    """Lays the files down, reads them and checks what must hold for any input: the accounts close."""
    with tempfile.TemporaryDirectory() as folder:
        landed = landed_files(description.name, files, Path(folder))
        return read_landed(description, landed, Path(folder, "out"))


def landed_files(source: str, files: Mapping[str, bytes], folder: Path) -> list[LandedFile]:
    """The files, laid down in a landing area in the folder."""
    landed = []
    for name, content in files.items():
        path = folder / "landing" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        landed.append(LandedFile.at(f"{source}/{name}", path))
    return landed


def read_landed(description: SourceDescription, files: list[LandedFile], out: Path) -> Read:
    ingested = ingest.read_source(description, files, out)
    for contract, paths in ((schemas.RAW, ingested.records), (schemas.QUARANTINE, ingested.quarantine)):
        assert all(pq.read_schema(path).equals(contract.arrow) for path in paths)
        assert contract.violations(b for path in paths for b in pq.ParquetFile(path).iter_batches()) == []
    result = Read(
        [row for path in ingested.records for row in pq.read_table(path).to_pylist()],
        [row for path in ingested.quarantine for row in pq.read_table(path).to_pylist()],
        ingested.files,
        ingested.ignored,
    )
    assert_accounts_close(result)
    return result


def assert_accounts_close(read: Read) -> None:
    """Positions of each file run from 0 without a gap or a repetition, as its account says."""
    for account in read.files:
        kept, quarantined = (
            [row["origin_position"] for row in rows if row["origin_file"] == account.origin_file]
            for rows in (read.records, read.quarantine)
        )
        assert (len(kept), len(quarantined)) == (account.kept, account.quarantined)
        assert sorted(kept + quarantined) == list(range(account.read))
        assert kept == sorted(kept)
        assert quarantined == sorted(quarantined)


def contents(description: SourceDescription, content: bytes) -> list[Any]:
    """What the pieces of a plain file hold, before they are read as conversations."""
    is_record = Interpreter(description).is_conversation
    part = Part(Path("in memory"), Span(0, len(content)), len(content))
    found = pieces(description, io.BytesIO(content), part, TextDecoder(description.encoding), is_record)
    return [piece.content for piece in found]


def real_files(name: str) -> list[LandedFile]:
    """Every file of a real source, README too; skips the test where the source is not here."""
    folder = REAL_FILES / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not in {REAL_FILES}")
    return [
        LandedFile.at(path.relative_to(REAL_FILES).as_posix(), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def read_one(description: SourceDescription, content: bytes) -> Read:
    """Reads the bytes as the only file of the source, under a name that its first glob matches."""
    name = description.files[0].removeprefix("**/").replace("**", "*").replace("*", "part")
    return read_files(description, {name: content})
