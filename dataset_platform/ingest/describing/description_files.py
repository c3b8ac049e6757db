"""Source descriptions from YAML files; each thing that is wrong is one line with file, line and key."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from dataset_platform.errors import InputError
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.describing.hints import about_key


def load_descriptions(folder: Path) -> dict[str, SourceDescription]:
    """The description of every `<name>.yaml` in the folder, by name, sorted."""
    return {name: load_description(path) for name, path in description_paths(folder).items()}


def description_paths(folder: Path) -> dict[str, Path]:
    """Every `<name>.yaml` in the folder, by name, sorted; raises InputError when there is no folder."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Put one <source>.yaml a source there.")
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_description(path: Path) -> SourceDescription:
    """The source that a YAML file describes.

    Raises InputError with one line a problem: file, line, key and what is wrong.
    """
    document = _document(path)
    try:
        description = SourceDescription.model_validate(document)
    except ValidationError as error:
        lines = [_one_line(path, document, problem) for problem in _causes(error)]
        raise InputError("\n".join(lines)) from None
    if description.name != path.stem:
        raise InputError(
            f"{path}, line {document.lc.key('name')[0] + 1}, key `name`: the file describes "
            f"`{description.name}`, so it must be called {description.name}.yaml"
        )
    return description


def _document(path: Path) -> CommentedMap:
    # The round-trip loader keeps line numbers and, like the safe one, builds no Python objects from tags.
    try:
        document = YAML(typ="rt").load(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}, line {line}: no valid YAML, {error.problem}.") from None
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: no valid YAML ({type(error).__name__}).") from None
    if not isinstance(document, CommentedMap):
        raise InputError(f"{path}, line 1: a description is a mapping that begins with `name:`.")
    return document


def _causes(error: ValidationError) -> list[Any]:
    """The problems without those that only say that a list lacks the item another problem is about."""
    problems = error.errors(include_url=False)
    places = [problem["loc"] for problem in problems]
    return [
        problem
        for problem in problems
        if not any(
            len(place) > len(problem["loc"]) and place[: len(problem["loc"])] == problem["loc"]
            for place in places
        )
    ]


def _one_line(path: Path, document: CommentedMap, problem: Any) -> str:
    line, key = _place(document, problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"this key is not known{about_key(_names(problem['loc']))}"
    elif problem["type"] == "missing":
        message = "this key is missing"
    elif problem["type"] in ("tuple_type", "list_type"):
        value = problem["input"]
        message = f"write a list, such as {json.dumps([value])}" if isinstance(value, str) else "write a list"
    elif problem["type"] in ("dict_type", "model_type"):
        message = "write a mapping, a key and a value in each line below"
    elif problem["type"] == "too_short":
        message = "write at least one"
    return f"{path}, line {line}, key `{key}`: {message}"


def _names(location: tuple[int | str, ...]) -> tuple[str, ...]:
    return tuple(step for step in location if isinstance(step, str))


def _place(document: CommentedMap, location: tuple[int | str, ...]) -> tuple[int, str]:
    """Line of the problem, from 1, and its dotted key.

    pydantic's location also holds the tag of a union's member, which is no key.
    """
    node: Any = document
    line, key = 1, []
    for index, step in enumerate(location):
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0] + 1
            node = node[step]
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0] + 1
            node = node[step]
        elif index < len(location) - 1:
            continue
        key.append(str(step))
    return line, ".".join(key)
