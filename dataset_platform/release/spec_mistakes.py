"""What is wrong with the spec of a release: a line each, with file, line, key and what to write instead."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from dataset_platform.release.spec import ReleaseSpec

Location = Sequence[int | str]
NAME_OF_A_KEY = "[key]"  # the last step of a location, where a key itself is no string
SCALARS = (bool, int, float, str)


def mistake(path: Path, document: CommentedMap, detail: Any) -> str:
    """One of pydantic's errors about the document that a file holds, as a line."""
    location = [step for step in detail["loc"] if step != NAME_OF_A_KEY]
    return f"{path}, line {line_of(document, location)}, {'.'.join(map(str, location))}: {what_to_do(detail)}"


def what_to_do(detail: Any) -> str:
    """What one of pydantic's errors asks of whoever wrote the value."""
    kind, found, location = detail["type"], detail["input"], detail["loc"]
    if kind == "extra_forbidden":
        return f"this key is not known; there are {_keys_of(location[:-1])}"
    if kind == "missing":
        return "this key is missing; add it"
    if kind == "model_type":
        return f"write a key and a value in each line below: {_keys_of(location)}"
    if kind == "dict_type":
        return "write a key and what it says in each line below"
    if kind == "tuple_type":
        return f"write a list{f', such as {json.dumps([found])}' if isinstance(found, str) else ''}"
    if kind == "too_short":
        return "write at least one, or remove the key"
    if kind == "invalid_key" or NAME_OF_A_KEY in location:
        return "write the key in quotes"
    told = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    quoted = told.startswith("must be") and isinstance(found, SCALARS)
    return f"{told}, not {json.dumps(found)}" if quoted else told


def line_of(document: CommentedMap, location: Location) -> int:
    """Line, from 1, of the deepest part of a location that the document itself has."""
    node: Any = document
    line = 0
    for step in location:
        if isinstance(node, CommentedMap) and step in (node.lc.data or {}):
            line = node.lc.key(step)[0]
        elif isinstance(node, CommentedSeq) and isinstance(step, int):
            line = node.lc.item(step)[0]
        else:  # left out, or merged from elsewhere
            break
        node = node[step]
    return line + 1


def _keys_of(location: Location) -> str:
    """The keys that the section at a location may have."""
    section: type[BaseModel] = ReleaseSpec
    for key in location:
        field = section.model_fields.get(str(key))
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        sections = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
        section = next(sections, section)  # which the name of a source is no key of
    return ", ".join(section.model_fields)
