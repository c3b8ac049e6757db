"""One file: how its head is cut and read, when it holds conversations."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from dataset_platform.ingest.landing import LandedFile, fetched
from dataset_platform.ingest.sniffing.cuts import Cut, cuts
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.heads import Head, damage, head_of
from dataset_platform.ingest.sniffing.probing import share_read
from dataset_platform.ingest.sniffing.readings import Reading, reading

NOTHING_FOUND = "no conversations found in it"
_GOOD = 0.8
"""Share of a head's records that a reading has to give so that no other is looked for."""


@dataclass(frozen=True)
class SniffedFile:
    """A file that holds conversations, the keys that cut it, and the records of its head."""

    file: LandedFile
    bytes: int
    keys: dict[str, Any]
    records: tuple[Record, ...]
    turns: list[Any]
    """How its turns are read, as a description says it."""

    @property
    def reader(self) -> str:
        return str(self.keys["reader"])


class Unread(NamedTuple):
    """A file in which no conversations were found, and why."""

    file: LandedFile
    why: str


@dataclass(frozen=True)
class _Try:
    cut: Cut
    reading: Reading
    share: float


def sniff_file(file: LandedFile) -> SniffedFile | Unread:
    """The file as the best way to cut and read its head sees it."""
    with head_of(file) as head:
        tries = _tries(head) if head else []
        if not head or not tries:
            return Unread(file, damage(file) or _why_unread(head))
    best = next((attempt for attempt in tries if attempt.share >= _GOOD), None)
    best = best or max(tries, key=lambda attempt: attempt.share)
    alike = [attempt for attempt in tries if _reads_alike(attempt, best)]
    keys = best.cut.keys | ({"encoding": head.guessed_encoding} if head.guessed_encoding else {})
    if "records" in keys:
        keys = keys | {"records": [place for attempt in alike for place in attempt.cut.keys["records"]]}
    records = tuple(record for attempt in alike for record in attempt.cut.records)
    return SniffedFile(file, fetched(file).stat().st_size, keys, records, best.reading.keys["turns"])


def _why_unread(head: Head | None) -> str:
    if head is None:
        return "is neither text nor Parquet"
    if not head.whole and not any(True for _ in cuts(head)):
        return f"has no record that can be read in its first {len(head.raw):,} bytes: describe it by hand"
    return NOTHING_FOUND


def _tries(head: Head) -> list[_Try]:
    """Ways that read anything, up to the first good one; of a document, all places where records may be."""
    tries: list[_Try] = []
    for group in cuts(head):
        for cut in group:
            found = reading(cut.keys, cut.records)
            if found and (share := share_read(found.keys, head)) > 0:
                tries.append(_Try(cut, found, share))
        if any(attempt.share >= _GOOD for attempt in tries):
            break
    return tries


def _reads_alike(one: _Try, best: _Try) -> bool:
    """Whether both are places of one document whose records hold the same turns."""
    return one is best or (
        one.reading.keys["turns"] == best.reading.keys["turns"]
        and "records" in one.cut.keys
        and "records" in best.cut.keys
        and one.cut.keys["records"] != ["@"]
    )
