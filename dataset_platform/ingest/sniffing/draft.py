"""A description that was sniffed, as a YAML file that tells its user what to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.schemas import Stage

UNDECIDED_LICENSE = "LicenseRef-ask-the-owner"

READER_KEYS = ("reader", "records", "record_key", "csv", "group_by", "order_by", "encoding")

DECISIONS = {
    "description": "say in a sentence what these conversations are",
    "stage": f"decide: {', '.join(Stage)}",
    "license": "decide: the SPDX id of the licence that the owner of the files gives",
}
"""Keys whose values no file can tell, and what a user is to do about each."""


@dataclass(frozen=True)
class Draft:
    """What sniffing makes of a folder.

    `doubts` are sentences for the user. `left_out` are files that the description
    does not read, with the reason.
    """

    keys: Mapping[str, Any]
    doubts: tuple[str, ...]
    left_out: Mapping[str, str]

    @property
    def description(self) -> SourceDescription:
        return SourceDescription.model_validate(dict(self.keys))

    @property
    def yaml(self) -> str:
        """The file to write: the keys, what to decide beside them, and the doubts above."""
        document = CommentedMap(_escaped(self.keys))
        for key, decision in DECISIONS.items():
            document.yaml_add_eol_comment(decision, key, column=0)
        lines = [f"Drafted by `dataset-platform sources check {self.keys['name']}`."]
        lines += [f"Unsure: {doubt}." for doubt in self.doubts]
        document.yaml_set_start_comment("\n".join(lines))
        writer = YAML()
        writer.width = 110
        writer.indent(mapping=2, sequence=4, offset=2)
        text = StringIO()
        writer.dump(document, text)
        return text.getvalue()


def _escaped(value: Any) -> Any:
    """The same in which strings with characters that YAML would fold or refuse are written with escapes."""
    if isinstance(value, Mapping):
        return {_escaped(name): _escaped(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_escaped(held) for held in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) and not value.isprintable() else value


def draft(
    name: str, files: list[str], keys: Mapping[str, Any], doubts: tuple[str, ...], left_out: Mapping[str, str]
) -> Draft:
    """The keys of a reading, made a whole description."""
    reader = {key: keys[key] for key in READER_KEYS if key in keys}
    rest = {key: value for key, value in keys.items() if key not in reader}
    whole = {
        "name": name,
        "description": f"Conversations of {name}.",
        "files": files,
        **reader,
        **rest,
        "stage": Stage.FOUNDATION.value,
        "license": UNDECIDED_LICENSE,
    }
    return Draft(whole, doubts, left_out)
