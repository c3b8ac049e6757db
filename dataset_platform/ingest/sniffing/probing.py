"""What the readers make of a head, asked with the keys of a description."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa

from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.reading import read_rows
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.heads import Head

_REST = {
    "name": "sniffed",
    "description": "Only tried.",
    "files": ["**"],
    "stage": "foundation",
    "license": "LicenseRef-none",
}
# Turns that take nothing from a record leave all of it in the attributes; what a record that is
# a list has in it, `keep` puts there.
_WHOLE_RECORDS = {
    "turns": [
        {
            "shape": "list",
            "at": "@",
            "role": "'-'",
            "content": "'-'",
            "speakers": ["user", "assistant"],
            "keep": ["@"],
        },
        {"shape": "template", "values": {"dash": "'-'"}, "turns": [{"text": "{dash}", "role": "user"}]},
    ]
}


class Probe(NamedTuple):
    """Records of a head, objects or lists, the share of the head's records that they are, and where and
    why the first one is none."""

    records: tuple[Record, ...]
    share: float
    problem: str | None


def records_by(keys: Mapping[str, Any], head: Head) -> Probe:
    """The records that the keys (reader, records, csv, …) cut a head into."""
    found = _probe({**_REST, **keys, **_WHOLE_RECORDS}, head)
    return found._replace(records=tuple(map(_unwrapped, found.records)))


def read_by(keys: Mapping[str, Any], head: Head) -> Probe:
    """What of the head's records the keys, turns and roles among them, give conversations of."""
    return _probe({**_REST, **keys}, head)


def _probe(keys: Mapping[str, Any], head: Head) -> Probe:
    with TemporaryDirectory(prefix="dataset-platform-sniff-") as out:
        description = SourceDescription.model_validate(keys)
        records, rejected = list[pa.RecordBatch](), list[pa.RecordBatch]()
        (account,) = read_rows(description, [head.file], Path(out), records.append, rejected.append).files
    attributes, problems = _column("attributes", records), _column("detail", rejected)
    # The end of a head that is not the end of its file cuts the last record.
    cut = 0 if head.whole or not account.quarantined else 1
    read = account.read - cut
    problem = problems[0].removeprefix(f"{head.file.name}, ") if problems else None
    return Probe(tuple(map(json.loads, attributes)), account.kept / read if read else 0.0, problem)


def _column(name: str, batches: Sequence[pa.RecordBatch]) -> list[Any]:
    return [value for batch in batches for value in batch[name].to_pylist()]


def _unwrapped(attributes: Record) -> Record:
    per_turn = attributes.get("per_turn") if isinstance(attributes, dict) and len(attributes) == 1 else None
    return per_turn["@"] if isinstance(per_turn, dict) and "@" in per_turn else attributes
