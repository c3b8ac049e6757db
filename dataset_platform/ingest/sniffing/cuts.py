"""The ways in which the head of a file may be cut into records, each tried with the reader itself."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from dataset_platform.ingest.description import Reader, SourceDescription
from dataset_platform.ingest.json_scanner import Break, Scanner
from dataset_platform.ingest.json_values import decode
from dataset_platform.ingest.reading import pieces
from dataset_platform.ingest.record_paths import Holder, RecordPath
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.ingest.sniffing.heads import Head

SAMPLE_RECORDS = 500
"""Records of a file that are looked at."""

DELIMITERS = (",", "\t", ";", "|")
_PLACES = 40
_DEPTH = 3
_OBJECTS_ENTERED = 4
_WITHOUT_SHAPE: dict[str, Any] = {
    "name": "sniffed",
    "description": "Only cuts records.",
    "files": ["**"],
    "turns": [{"shape": "fields", "turns": [{"content": "content", "role": "user"}]}],
    "stage": "foundation",
    "license": "LicenseRef-none",
}


@dataclass(frozen=True)
class Cut:
    """One way to cut a file: the keys of a description that say so, and the records they give."""

    keys: dict[str, Any]
    records: tuple[dict[str, Any], ...]


def cuts(head: Head, name: str) -> Iterator[Cut]:
    """Every way that gives records at all, the likeliest first."""
    for keys in _ways(head, PurePosixPath(name)):
        records = tuple(_records(keys, head))
        if records:
            yield Cut(keys, records)


def _ways(head: Head, name: PurePosixPath) -> Iterator[dict[str, Any]]:
    suffixes = {suffix.lower() for suffix in name.suffixes}
    start = head.raw.lstrip()[:1]
    if start in (b"{", b"["):
        yield from _json_ways(head, suffixes)
    if not suffixes.isdisjoint({".yaml", ".yml"}):
        return
    table = [_table(delimiter) for delimiter in _delimiters(head)]
    text = [{"reader": Reader.TRANSCRIPT.value}]
    yield from (table + text if not suffixes.isdisjoint({".csv", ".tsv", ".tab"}) else text + table)


def _json_ways(head: Head, suffixes: set[str]) -> Iterator[dict[str, Any]]:
    lines: dict[str, Any] = {"reader": Reader.JSONL.value}
    documents = [
        {"reader": Reader.JSON.value, "records": [str(place)], **_record_key(place)} for place in places(head)
    ]
    yield from [lines, *documents] if _is_lines(head, suffixes) else [*documents, lines]


def _is_lines(head: Head, suffixes: set[str]) -> bool:
    """Whether the first lines are JSON objects by themselves."""
    lines = [line for line in head.raw.split(b"\n", 3)[:3] if line.strip()]
    if len(lines) < 2:
        return ".json" not in suffixes
    with suppress(Rejection):
        return all(isinstance(decode(line), dict) for line in lines[: -1 if len(lines) > 2 else None])
    return not suffixes.isdisjoint({".jsonl", ".ndjson"})


def _record_key(place: RecordPath) -> dict[str, str]:
    if place.holder is not Holder.OBJECT:
        return {}
    return {"record_key": f"{place.fields[-1].removesuffix('s')}_id" if place.fields else "record_id"}


def places(head: Head) -> list[RecordPath]:
    """Where the document may hold records, from the top down."""
    found: list[RecordPath] = []
    scanner = Scanner(BytesIO(head.raw), 0)
    with suppress(Break, ValueError, Rejection):
        _walk(scanner, (), found)
    if not found and scanner.peek() is not None:
        return []
    itself = [RecordPath((), Holder.ITSELF)] if head.raw.lstrip().startswith(b"{") else []
    # A document that is one record is so only where it holds no others.
    return [*found, *itself]


def _walk(scanner: Scanner, fields: tuple[str, ...], found: list[RecordPath]) -> None:
    first = scanner.peek()
    if first == ord("["):
        found.append(RecordPath(fields, Holder.ARRAY))
        scanner.skip()
    elif first == ord("{") and len(fields) < _DEPTH:
        _walk_object(scanner, fields, found)
    else:
        scanner.skip()


def _walk_object(scanner: Scanner, fields: tuple[str, ...], found: list[RecordPath]) -> None:
    objects, before = 0, len(found)
    scanner.take("{", "")
    while not scanner.take_if("}") and len(found) < _PLACES:
        scanner.take_if(",")
        scanner.peek()
        raw, _ = scanner.value()
        key = decode(raw)
        scanner.take(":", "")
        objects += scanner.peek() == ord("{")
        if objects == 2 and scanner.peek() == ord("{"):
            found.insert(before, RecordPath(fields, Holder.OBJECT))
        if _is_name(key) and objects <= _OBJECTS_ENTERED:
            _walk(scanner, (*fields, key), found)
        else:
            scanner.skip()


def _is_name(key: object) -> bool:
    try:
        return isinstance(key, str) and RecordPath.parse(f"{key}[]").fields == (key,)
    except ValueError:
        return False


def _table(delimiter: str) -> dict[str, Any]:
    layout = {} if delimiter == "," else {"csv": {"delimiter": delimiter}}
    return {"reader": Reader.CSV.value, **layout}


def _delimiters(head: Head) -> list[str]:
    """Delimiters that give rows of two columns or more, the one that gives the most columns first."""
    columns = {delimiter: _columns(delimiter, head) for delimiter in DELIMITERS}
    return sorted((d for d in DELIMITERS if columns[d] > 1), key=lambda d: -columns[d])


def _columns(delimiter: str, head: Head) -> int:
    """Columns of the table when nearly all of its rows have as many."""
    found = list(_sample(_table(delimiter), head))
    rows = [content for content in found if isinstance(content, dict)]
    return len(rows[0]) if rows and len(rows) >= 0.8 * len(found) else 0


def _records(keys: dict[str, Any], head: Head) -> Iterator[dict[str, Any]]:
    return (record for record in _sample(keys, head) if isinstance(record, dict))


def _sample(keys: dict[str, Any], head: Head) -> Iterator[object]:
    return head_contents(SourceDescription.model_validate({**_WITHOUT_SHAPE, **keys}), head)


def head_contents(description: SourceDescription, head: Head) -> Iterator[object]:
    """What the reader makes of the head: at most SAMPLE_RECORDS records and rejections.

    What the end of the head cuts is left out.
    """
    contents = (piece.content for piece in pieces(description, BytesIO(head.raw)))
    return islice(contents if head.whole else _all_but_last(contents), SAMPLE_RECORDS)


def _all_but_last(contents: Iterator[object]) -> Iterator[object]:
    held = next(contents, None)
    for content in contents:
        yield held
        held = content
