"""The ways in which the head of a file may be cut into records, each tried with the reader itself."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import orjson

from dataset_platform.ingest.describing.description import Reader
from dataset_platform.ingest.describing.record_paths import Holder, RecordPath
from dataset_platform.ingest.formats.json_scanner import Break, Scanner
from dataset_platform.ingest.formats.tables import EXCELS_DELIMITER
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.heads import Head
from dataset_platform.ingest.sniffing.probing import records_by

OTHER_RECORD_KEY = "record_key"
DELIMITERS = (",", "\t", ";", "|")
_PLACES = 40
_DEPTH = 3
_OBJECTS_ENTERED = 4
_ITSELF = RecordPath((), Holder.ITSELF)
_MOSTLY = 0.8
_HARDLY = 0.5
_FIRST_LINES = 5
_BRACKETS = (b"{", b"[")
_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*["{\[\]])')

_WHOLE_JSON, _WHOLE_YAML = (
    {"reader": reader.value, "records": ["@"]} for reader in (Reader.JSON, Reader.YAML)
)
_CALLED_FOR: dict[str, dict[str, Any]] = {
    ".jsonl": {"reader": Reader.JSONL.value},
    ".ndjson": {"reader": Reader.JSONL.value},
    ".json": _WHOLE_JSON,
    ".yaml": _WHOLE_YAML,
    ".yml": _WHOLE_YAML,
}


@dataclass(frozen=True)
class Cut:
    """One way to cut a file: the keys of a description that say so, and the records they give."""

    keys: dict[str, Any]
    records: tuple[Record, ...]


def cuts(head: Head) -> Iterator[list[Cut]]:
    """The ways that give records, the likeliest first; those in one list are of one document."""
    for ways in _ways(head):
        if found := [cut for keys in ways if (cut := _cut(keys, head)).records]:
            yield found


def problem_of(head: Head) -> str | None:
    """Where and why the reader that the file's name calls for finds hardly a record, when there is one."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(head.name).suffixes]
    called_for = [_CALLED_FOR[suffix] for suffix in suffixes if suffix in _CALLED_FOR]
    found = records_by(called_for[-1], head) if called_for else None
    return found.problem if found and found.share <= _HARDLY else None


def _cut(keys: dict[str, Any], head: Head) -> Cut:
    cut = Cut(keys, records_by(keys, head).records)
    if "record_key" in keys and not cut.records:  # the records may have a field of that name
        keys = {**keys, "record_key": OTHER_RECORD_KEY}
        cut = Cut(keys, records_by(keys, head).records)
    return cut


def _ways(head: Head) -> Iterator[list[dict[str, Any]]]:
    suffixes = {suffix.lower() for suffix in PurePosixPath(head.name).suffixes}
    if head.is_parquet:
        yield [{"reader": Reader.PARQUET.value}]
        return
    is_lines = _is_lines(head, suffixes)
    if is_lines:
        yield [{"reader": Reader.JSONL.value}]
    if _JSON.match(head.raw):
        found = places(head.raw)
        # Lines that are objects are documents, too, but damage stays in its line when they are read as lines.
        yield [_document(Reader.JSON, place) for place in found if not (is_lines and place == _ITSELF)]
        return
    if not suffixes.isdisjoint({".yaml", ".yml"}):
        yield [_document(Reader.YAML, place) for place in _places_of_yaml(head)]
        return
    is_called_table = not suffixes.isdisjoint({".csv", ".tsv", ".tab"})
    if not is_called_table:
        yield [{"reader": Reader.TRANSCRIPT.value}]
        if head.raw.lstrip().startswith(_BRACKETS):
            return
    # Other text than a table has lines with as many commas too, but not most of them.
    yield from ([_table(delimiter)] for delimiter in _delimiters(head, 0 if is_called_table else _MOSTLY))


def _document(reader: Reader, place: RecordPath) -> dict[str, Any]:
    return {"reader": reader.value, "records": [str(place)], **_record_key(place)}


def _places_of_yaml(head: Head) -> list[RecordPath]:
    """Read as one record, the document is seen as JSON."""
    whole = records_by(_WHOLE_YAML, head).records
    return places(json.dumps(whole[0]).encode()) if whole else []


def _is_lines(head: Head, suffixes: set[str]) -> bool:
    """Whether the first lines are JSON objects by themselves: more than one, or one in a file called so."""
    first = head.raw.split(b"\n", _FIRST_LINES)[:_FIRST_LINES]
    objects = sum(_is_object(line) for line in first)
    return objects > 1 or (objects == 1 and not suffixes.isdisjoint({".jsonl", ".ndjson"}))


def _is_object(line: bytes) -> bool:
    with suppress(orjson.JSONDecodeError):
        return isinstance(orjson.loads(line), dict)
    return False


def _record_key(place: RecordPath) -> dict[str, str]:
    if place.holder is not Holder.OBJECT:
        return {}
    return {"record_key": f"{place.fields[-1].removesuffix('s')}_id" if place.fields else "record_id"}


def places(document: bytes) -> list[RecordPath]:
    """Where the document may hold records, from the top down; last, the document as one record.

    Members of an object may be records if they are objects, and, after all else, if they are lists.
    """
    found: list[RecordPath] = []
    of_lists: list[RecordPath] = []
    scanner = Scanner(BytesIO(document), 0, max_bytes=len(document))
    with suppress(Break, orjson.JSONDecodeError):
        _walk(scanner, (), found, of_lists)
    itself = [_ITSELF] if document.lstrip().startswith(b"{") else []
    return [*found, *of_lists, *itself]


def _walk(
    scanner: Scanner, fields: tuple[str, ...], found: list[RecordPath], of_lists: list[RecordPath]
) -> None:
    first = scanner.peek()
    if first == ord("["):
        found.append(RecordPath(fields, Holder.ARRAY))
        scanner.skip()
    elif first == ord("{") and len(fields) < _DEPTH:
        _walk_object(scanner, fields, found, of_lists)
    else:
        scanner.skip()


def _walk_object(
    scanner: Scanner, fields: tuple[str, ...], found: list[RecordPath], of_lists: list[RecordPath]
) -> None:
    objects, lists, before = 0, 0, len(found)
    scanner.take("{", "")
    while not scanner.take_if("}") and len(found) < _PLACES:
        scanner.take_if(",")
        scanner.peek()
        key = orjson.loads(scanner.value())
        scanner.take(":", "")
        objects += scanner.peek() == ord("{")
        lists += scanner.peek() == ord("[")
        if objects == 2 and scanner.peek() == ord("{"):
            found.insert(before, RecordPath(fields, Holder.OBJECT))
        if lists == 2 and scanner.peek() == ord("["):
            of_lists.append(RecordPath(fields, Holder.OBJECT))
        if _is_name(key) and objects <= _OBJECTS_ENTERED:
            _walk(scanner, (*fields, key), found, of_lists)
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


def _delimiters(head: Head, least_share: float) -> list[str]:
    """Delimiters of the header that give rows of two columns or more, the one that gives most first.

    Those come last that lose many rows, and those are none that read less than `least_share` of them.
    """
    first, second, *_ = [*head.raw.lstrip().split(b"\n", 2), b""]
    header = second if EXCELS_DELIMITER.fullmatch(first) else first
    found = []
    for delimiter in DELIMITERS:
        records, share, _ = (
            records_by(_table(delimiter), head) if delimiter.encode() in header else ((), 0.0, None)
        )
        if records and len(records[0]) > 1 and share >= least_share:
            found.append((share < _MOSTLY, -len(records[0]), delimiter))
    return [delimiter for *_, delimiter in sorted(found, key=lambda one: one[:2])]
