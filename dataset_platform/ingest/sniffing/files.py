"""One file: how its head is cut and read, when it holds conversations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dataset_platform.ingest.conversations import Interpreter
from dataset_platform.ingest.landing import LandedFile
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.ingest.sniffing.cuts import Cut, cuts, head_contents
from dataset_platform.ingest.sniffing.draft import draft
from dataset_platform.ingest.sniffing.heads import Head, read_head
from dataset_platform.ingest.sniffing.readings import Reading, reading

_GOOD = 0.8
"""Share of a head's records that a reading has to give so that no other is looked for."""


@dataclass(frozen=True)
class SniffedFile:
    """A file that holds conversations, the keys that cut it, and the records of its head."""

    file: LandedFile
    bytes: int
    keys: dict[str, Any]
    records: tuple[dict[str, Any], ...]

    @property
    def reader(self) -> str:
        return str(self.keys["reader"])

    @property
    def kind(self) -> str:
        """What files share that one description can read."""
        return f"{self.reader} {self.keys.get('csv', '')}"


@dataclass(frozen=True)
class _Try:
    cut: Cut
    reading: Reading
    share: float


def sniff_file(file: LandedFile) -> SniffedFile | None:
    """The file as the best way to cut and read its head sees it; None when no way gives conversations."""
    head = read_head(file)
    if b"\0" in head.raw:
        return None
    tries = []
    for attempt in _tries(head, file.name):
        tries.append(attempt)
        if attempt.share >= _GOOD and "records" not in attempt.cut.keys:
            break
    if not tries:
        return None
    best = next((attempt for attempt in tries if attempt.share >= _GOOD), None)
    best = best or max(tries, key=lambda attempt: attempt.share)
    alike = [attempt for attempt in tries if _read_alike(attempt, best)]
    keys = best.cut.keys
    if "records" in keys:
        keys = keys | {"records": [place for attempt in alike for place in attempt.cut.keys["records"]]}
    records = tuple(record for attempt in alike for record in attempt.cut.records)
    return SniffedFile(file, file.path.stat().st_size, keys, records)


def _tries(head: Head, name: str) -> Iterator[_Try]:
    for cut in cuts(head, name):
        found = reading(cut.keys, cut.records)
        if found is not None and (share := _share(found, head)) > 0:
            yield _Try(cut, found, share)


def _read_alike(one: _Try, best: _Try) -> bool:
    """Whether both are places of one document whose records hold the same turns."""
    return one is best or (
        one.reading.keys["turns"] == best.reading.keys["turns"]
        and "records" in one.cut.keys
        and "records" in best.cut.keys
        and one.cut.keys["records"] != ["@"]
    )


def _share(found: Reading, head: Head) -> float:
    """How much of the head's records the reading gives conversations of."""
    description = draft("sniffed", ["**"], found.keys, (), {}).description
    interpreter = Interpreter(description)
    kept = [_is_kept(interpreter, content) for content in head_contents(description, head)]
    return sum(kept) / len(kept) if kept else 0.0


def _is_kept(interpreter: Interpreter, content: object) -> bool:
    if isinstance(content, Rejection):
        return False
    try:
        interpreter.conversation(content)
    except Rejection:
        return False
    return True
