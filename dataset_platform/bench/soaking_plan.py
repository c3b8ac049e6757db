"""What happens to a landing area during `bench soak`: files that arrive, change and vanish, by a seed."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from dataset_platform import ingest
from dataset_platform.bench import vocabulary
from dataset_platform.bench.dagster_project import DagsterProject
from dataset_platform.storage.work import digest_of, sha256_of

SOURCES, LEFT_ALONE = 8, 4
"""A source that was just touched is left alone until this many others were."""
NAMES = tuple(f"source_{number}" for number in range(SOURCES))
PLANTED = "Nobody but us two ever saw the violet lighthouse."
"""Said in every turn, so that it can be looked for where no conversation may be."""
PAUSE_S = (75.0, 165.0)
PART_S, PARTS = 12.0, 4
"""A file that arrives slowly grows faster than a sensor looks, so that no look may take it for whole."""


class Happening(StrEnum):
    ARRIVES = "a file arrives"
    ARRIVES_SLOWLY = "a file arrives in parts"
    CHANGES = "a file changes"
    VANISHES = "a file vanishes"
    LEAVES = "a source leaves"


@dataclass(frozen=True)
class Event:
    """What happened, and what a run has to find after it: `records`, the digest of the table of records.

    Empty where no run is to follow.
    """

    number: int
    at: float
    source: str
    happening: Happening
    files: int
    records: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Landing:
    """The landing area of a project, changed one event at a time; the same seed gives the same files."""

    def __init__(
        self,
        project: DagsterProject,
        seed: int,
        pause: Callable[[float], None] = time.sleep,
        names: Sequence[str] = NAMES,
    ) -> None:
        self.project, self.rng, self.pause, self.names = project, random.Random(seed), pause, names
        self.said = vocabulary.sentences(self.rng)
        self.recent: list[str] = []
        for name in names:
            project.describe(name)

    def fill(self, source: str) -> str:
        """Lays one file down, and gives the digest that the table of its records has to have."""
        self._write(source, "file.jsonl", Happening.ARRIVES)
        return self._records(source, self._files(source))

    def events(self, until: float) -> Iterator[Event]:
        """Events, each when it has happened and with a pause after it, until that time."""
        number = 0
        while time.time() < until:
            number += 1
            # The first source comes first and stays: an empty landing area is taken for one not mounted.
            rested = [name for name in self.names if name not in self.recent]
            source = self.rng.choice(rested) if self.recent else self.names[0]
            self.recent = [*self.recent, source][-LEFT_ALONE:]
            happening = self._happen(source)
            files = self._files(source)
            yield Event(number, time.time(), source, happening, len(files), self._records(source, files))
            self.pause(self.rng.uniform(*PAUSE_S))

    def _files(self, source: str) -> list[Path]:
        folder = self.project.landing(source)
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _happen(self, source: str) -> Happening:
        files = self._files(source)
        leaves = [Happening.LEAVES] if source != self.names[0] else []
        choices = [Happening.ARRIVES, Happening.ARRIVES_SLOWLY]
        choices += [Happening.CHANGES, Happening.CHANGES, *leaves] if files else []
        choices += [Happening.VANISHES] * 2 if len(files) > 1 else []
        happening = self.rng.choice(choices)
        match happening:
            case Happening.ARRIVES | Happening.ARRIVES_SLOWLY:
                self._write(source, f"{self.rng.getrandbits(40):010x}.jsonl", happening)
            case Happening.CHANGES:
                self._write(source, self.rng.choice(files).name, happening)
            case Happening.VANISHES:
                self.rng.choice(files).unlink()
            case Happening.LEAVES:
                for file in files:
                    file.unlink()
        return happening

    def _write(self, source: str, name: str, happening: Happening) -> None:
        lines = [self._line() for _ in range(self.rng.randint(4, 24))]
        parts = PARTS if happening is Happening.ARRIVES_SLOWLY else 1
        folder = self.project.landing(source)
        folder.mkdir(exist_ok=True)
        with (folder / name).open("wb") as stream:
            for part in range(parts):
                if part:
                    self.pause(PART_S)
                stream.writelines(lines[part::parts])
                stream.flush()

    def _line(self) -> bytes:
        turns = [
            {"speaker": speaker, "content": " ".join([*self.rng.choices(self.said[speaker], k=2), PLANTED])}
            for speaker in ("Client", "Therapist") * 2
        ]
        return orjson.dumps({"conversation": turns}, option=orjson.OPT_APPEND_NEWLINE)

    def _records(self, source: str, files: Sequence[Path]) -> str:
        """The digest that the table of records has to have: read here anew, without Dagster."""
        if not files:
            return ""
        description = ingest.load_description(self.project.path / f"sources/{source}.yaml")
        landed = [ingest.LandedFile.at(f"{source}/{file.name}", file) for file in files]
        with TemporaryDirectory() as scratch:
            read = ingest.read_source(description, landed, Path(scratch))
            return digest_of({path.name: sha256_of(path) for path in read.records})
