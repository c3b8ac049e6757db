"""Training configurations: presets that ship with the package, files of one's own, and overrides."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dataset_platform.errors import InputError, UsageError
from dataset_platform.training.config import TrainingConfig

PRESETS = files("dataset_platform.training") / "presets"
FILE_ENDINGS = (".yaml", ".yml")


def presets() -> list[str]:
    """Names that `load_preset` knows, sorted."""
    return sorted(Path(entry.name).stem for entry in PRESETS.iterdir() if entry.name.endswith(".yaml"))


def load_preset(name: str, overrides: Sequence[str] = ()) -> TrainingConfig:
    """A configuration that ships with the package, or a file of the same shape where `name` ends in .yaml.

    `overrides` are `key=value`, a key of `lora` as `lora.rank=8`; values are YAML. Raises UsageError
    for an unknown name or override, InputError for a file that is wrong.
    """
    if name.endswith(FILE_ENDINGS):
        return load_config(Path(name), overrides)
    if name not in presets():
        raise UsageError(
            f"training preset {name!r} is not known; there are: {', '.join(presets())}. "
            "A file of your own is named by a path that ends in .yaml"
        )
    return parse_config((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"), name, overrides)


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainingConfig:
    """A configuration from a YAML file of the same shape as the presets; raises InputError."""
    try:
        return parse_config(path.read_text(encoding="utf-8"), str(path), overrides)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def parse_config(text: str, name: str, overrides: Sequence[str] = ()) -> TrainingConfig:
    """The configuration that the YAML gives; what is wrong with an override is told of as such."""
    try:
        written = YAML(typ="safe", pure=True).load(text) or {}
    except YAMLError as error:
        raise InputError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None
    try:
        configured = TrainingConfig.model_validate(written)
    except ValidationError as error:
        raise InputError(f"{name}: {_problems(error)}") from None
    if not overrides:
        return configured
    for override in overrides:
        _set(written, override)
    try:
        return TrainingConfig.model_validate(written)
    except ValidationError as error:
        raise UsageError(f"{name} with {', '.join(overrides)}: {_problems(error)}") from None


def described_fields(
    model: type[BaseModel] = TrainingConfig, prefix: str = ""
) -> Iterator[tuple[str, FieldInfo]]:
    """Dotted key and field of every setting, in their order; documentation is made of it."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from described_fields(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _set(written: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    known = {name for name, _ in described_fields()}
    if not equals or key not in known:
        raise UsageError(f"--set {override}: not key=value with a key of {', '.join(sorted(known))}")
    *parents, last = key.split(".")
    for parent in parents:
        written = written.setdefault(parent, {})
    try:
        written[last] = _number_or_yaml(value)
    except YAMLError:
        raise UsageError(f"--set {override}: the value is no YAML") from None


def _number_or_yaml(value: str) -> Any:
    """YAML 1.2 wants a dot in 1e-4, which nobody types."""
    try:
        return float(value) if "e" in value.lower() else YAML(typ="safe", pure=True).load(value)
    except ValueError:
        return YAML(typ="safe", pure=True).load(value)


def _problems(error: ValidationError) -> str:
    problems: list[Mapping[str, Any]] = list(error.errors())
    return "; ".join(
        f"{f'{key}: ' if (key := '.'.join(map(str, problem['loc']))) else ''}"
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    )
