"""Specs as files: `releases/<version>.yaml`, checked when it is read, with the line of every mistake."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import semver
from pydantic import ValidationError
from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from dataset_platform.errors import InputError, UsageError
from dataset_platform.release.spec import ReleaseSpec
from dataset_platform.release.spec_mistakes import line_of, mistake, what_to_do
from dataset_platform.storage.staging import on_disk

TARGET_SAMPLES = 1_000  # of a spec that says nothing else
SEED = 42


def ensure_spec(
    folder: Path, version: str, target_samples: int | None = None, seed: int | None = None
) -> ReleaseSpec:
    """The spec of a version as `wanted_spec` gives it; written if there is no file of it."""
    spec = wanted_spec(folder, version, target_samples, seed)
    write_spec(spec, folder)
    return spec


def wanted_spec(
    folder: Path, version: str, target_samples: int | None = None, seed: int | None = None
) -> ReleaseSpec:
    """The spec of a version: the file's, or one with the default mix, splits and gates; writes nothing.

    None leaves a value to the file, or to its default in a new one. Raises UsageError
    naming each value that differs from the file's, and where the file has another ending.
    """
    given = {"target_samples": target_samples, "seed": seed}
    asked = {key: value for key, value in given.items() if value is not None}
    path = folder / f"{version}.yaml"
    if not path.exists():
        _refuse_other_ending(path)
        return make_spec(version, **{"target_samples": TARGET_SAMPLES, "seed": SEED, **asked})
    spec = load_spec(path)
    differences = differing_keys(spec, spec.model_copy(update=asked))
    if differences:
        raise UsageError(
            f"{path} says otherwise: {'; '.join(differences)}. "
            "Leave the option out, or choose another version."
        )
    return spec


def _refuse_other_ending(path: Path) -> None:
    """A spec that nobody reads would be passed over for the default one."""
    misnamed = path.with_name(f"{path.stem}.yml")
    if misnamed.exists():
        raise UsageError(f"{misnamed} is not read; rename it to {path.name}")


def make_spec(version: str, target_samples: int, seed: int) -> ReleaseSpec:
    """A spec with the default mix, splits and gates; raises UsageError with one line a wrong value."""
    try:
        return ReleaseSpec(version=version, target_samples=target_samples, seed=seed)
    except ValidationError as error:
        mistakes = [f"{detail['loc'][0]}: {what_to_do(detail)}" for detail in error.errors()]
        raise UsageError("\n".join(mistakes)) from None


def load_spec(path: Path) -> ReleaseSpec:
    """The spec in a YAML file whose stem is its version.

    Raises InputError with one line a mistake: file, line, key, what is wrong.
    """
    document = _read_yaml(path)
    try:
        spec = ReleaseSpec.model_validate(_plain(document))
    except ValidationError as error:
        mistakes = [mistake(path, document, detail) for detail in error.errors()]
        raise InputError("\n".join(mistakes)) from None
    if spec.version != path.stem:
        line = line_of(document, ("version",))
        raise InputError(
            f"{path}, line {line}, version: is {spec.version} but the file is named {path.name}; "
            f"rename one of them"
        )
    return spec


def load_specs(folder: Path) -> dict[str, ReleaseSpec]:
    """All specs of a folder by version, lowest version first; one InputError names all mistakes."""
    specs, mistakes = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            specs.append(load_spec(path))
        except InputError as error:
            mistakes.append(str(error))
    if mistakes:
        raise InputError("\n".join(mistakes))
    return {spec.version: spec for spec in sorted(specs, key=lambda spec: semver.Version.parse(spec.version))}


def write_spec(spec: ReleaseSpec, folder: Path) -> Path:
    """The path `<folder>/<version>.yaml`, created unless it already says the same.

    Raises UsageError, naming each key that differs, if the version has another spec, and StorageError
    where the file cannot be written.
    """
    path = folder / f"{spec.version}.yaml"
    text = StringIO()
    YAML().dump(_worth_writing(spec), text)
    with on_disk(path):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text.getvalue())
        except FileExistsError:
            differences = differing_keys(load_spec(path), spec)
            if differences:
                raise UsageError(
                    f"{path} already describes version {spec.version} and differs in "
                    f"{'; '.join(differences)}. Use those values, or another version."
                ) from None
    return path


def differing_keys(old: ReleaseSpec, new: ReleaseSpec) -> list[str]:
    """One phrase a key whose value differs, such as `seed: 42, now 43`."""
    before, after = flat(old.model_dump()), flat(new.model_dump())
    return [
        f"{key}: {before.get(key)}, now {after.get(key)}"
        for key in before | after
        if before.get(key) != after.get(key)
    ]


def _worth_writing(spec: ReleaseSpec) -> dict[str, Any]:
    """The spec as plain values, without the sections that say nothing."""
    fields = ReleaseSpec.model_fields
    silent = {
        name for name in ("stages", "sources", "licenses") if getattr(spec, name) == fields[name].default
    }
    return spec.model_dump(mode="json", exclude=silent)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by dotted key."""
    pairs: dict[str, Any] = {}
    for key, value in values.items():
        pairs |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return pairs


def _read_yaml(path: Path) -> CommentedMap:
    try:
        document = YAML().load(path.read_bytes())
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem or error.context).splitlines()[0]
        raise InputError(f"{path}, line {line}: not valid YAML: {problem}") from None
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}, line 1: not valid YAML: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not isinstance(document, CommentedMap):
        raise InputError(f"{path}, line 1: expected keys and values such as `version: 1.0.0`")
    return document


def _plain(node: Any) -> Any:
    """The document without ruamel's own types, which strict validation does not know."""
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
