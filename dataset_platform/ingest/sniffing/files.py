"""One file: how its head is cut and read, when it holds conversations."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from dataset_platform.ingest.describing.description import Reader
from dataset_platform.ingest.landing import LandedFile, fetched
from dataset_platform.ingest.sniffing.cuts import Cut, cuts, problem_of
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.heads import Head, damage, head_of
from dataset_platform.ingest.sniffing.probing import read_by
from dataset_platform.ingest.sniffing.readings import Reading, reading

NOTHING_FOUND = "no conversations found in it"
NO_SPEAKERS = f"{NOTHING_FOUND}: no lines that begin as a speaker's would, with a name and a colon"
EMPTY = "is empty"
NOT_READ = {
    ".arrow": "is an Arrow file, as `save_to_disk` writes: write Parquet instead, with `to_parquet`",
    ".doc": "is a Word document: save it as plain text",
    ".docx": "is a Word document: save it as plain text",
    ".html": "is a web page: extract its text",
    ".ods": "is a spreadsheet: save each sheet as CSV",
    ".pdf": "is a PDF: extract its text",
    ".srt": "has subtitles: take out their numbers and times",
    ".tar": "is an archive: unpack it",
    ".vtt": "has subtitles: take out their times",
    ".xls": "is a spreadsheet: save each sheet as CSV",
    ".xlsx": "is a spreadsheet: save each sheet as CSV",
}
"""What to do about files that no reader is for, by the ending of their names."""

_SHOWN_FIELDS = 8
_LONGEST_NAME = 40
_JSON_AS_TEXT = ("[{", '["', '{"', "['", "{'")
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
    problem: str | None
    """Why none of its records can be read so; None where some can."""

    @property
    def reader(self) -> str:
        return str(self.keys["reader"])


class Unread(NamedTuple):
    """A file in which no conversations were found, and why.

    `is_broken` tells that its reader finds nothing sound, so that it may be one of others that are.
    """

    file: LandedFile
    why: str
    is_broken: bool = False


@dataclass(frozen=True)
class _Try:
    cut: Cut
    reading: Reading
    share: float
    problem: str | None


def sniff_file(file: LandedFile) -> SniffedFile | Unread:
    """The file as the best way to cut and read its head sees it, be it that turns are seen but none read."""
    ending = PurePosixPath(file.name).suffix.lower()
    if ending in NOT_READ:
        return Unread(file, NOT_READ[ending])
    with head_of(file) as head:
        tries = _tries(head) if head else []
        if not head or not tries:
            return _unread(file, head)
    best = next((attempt for attempt in tries if attempt.share >= _GOOD), None)
    best = best or max(tries, key=lambda attempt: attempt.share)
    alike = [attempt for attempt in tries if _reads_alike(attempt, best)]
    keys = best.cut.keys | ({"encoding": head.guessed_encoding} if head.guessed_encoding else {})
    if "records" in keys:
        keys = keys | {"records": [place for attempt in alike for place in attempt.cut.keys["records"]]}
    records = tuple(record for attempt in alike for record in attempt.cut.records)
    return SniffedFile(
        file,
        fetched(file).stat().st_size,
        keys,
        records,
        best.reading.keys["turns"],
        problem=None if best.share else best.problem,
    )


def _unread(file: LandedFile, head: Head | None) -> Unread:
    packed = damage(file)
    if packed or head is None:
        return Unread(file, packed or "is neither text nor Parquet")
    if head.whole and not head.raw.strip():
        return Unread(file, EMPTY, is_broken=True)
    group = next(cuts(head), None)
    if not head.whole and group is None:
        return Unread(
            file, f"has no record that can be read in its first {len(head.raw):,} bytes: describe it by hand"
        )
    if problem := problem_of(head):
        return Unread(file, f"{NOTHING_FOUND}: {problem}", is_broken=True)
    if group and group[0].keys["reader"] == Reader.TRANSCRIPT:
        return Unread(file, NO_SPEAKERS)
    fields = _without_turns(group[0]) if group else ""
    return Unread(file, f"{NOTHING_FOUND}: {fields}" if fields else NOTHING_FOUND)


def _without_turns(cut: Cut) -> str:
    fields = {
        name: value for record in cut.records if isinstance(record, dict) for name, value in record.items()
    }
    shown = [f"`{name}`" for name in list(fields)[:_SHOWN_FIELDS] if len(name) <= _LONGEST_NAME]
    packed = [
        name for name, value in fields.items() if isinstance(value, str) and value.startswith(_JSON_AS_TEXT)
    ]
    cure = f"; `{packed[0]}` seems to hold JSON as text: make it JSON" if packed else ""
    return f"no turns in its fields {', '.join(shown)}{cure}" if shown else ""


def _tries(head: Head) -> list[_Try]:
    """Ways that see turns, up to the first good one; of a document, all places where records may be."""
    tries: list[_Try] = []
    for group in cuts(head):
        for cut in group:
            if found := reading(cut.keys, cut.records):
                read = read_by(found.keys, head)
                tries.append(_Try(cut, found, read.share, read.problem))
        if any(attempt.share >= _GOOD for attempt in tries):
            break
    return tries


def _reads_alike(one: _Try, best: _Try) -> bool:
    """Whether both are places of one document whose records hold the same turns."""
    return one is best or (
        one.share > 0
        and one.reading.keys["turns"] == best.reading.keys["turns"]
        and "records" in one.cut.keys
        and "records" in best.cut.keys
        and one.cut.keys["records"] != ["@"]
    )
