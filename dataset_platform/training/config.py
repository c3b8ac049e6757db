"""What a training run is asked to do: one frozen object, read from a small YAML file."""

from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dataset_platform.errors import InputError, UsageError

PRESETS = files("dataset_platform.training") / "presets"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoraSettings(Frozen):
    """Low-rank adapters (Hu et al. 2021); the update of a weight is `alpha / rank · B A`."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: str | tuple[str, ...] = Field(
        default="all-linear", description="Module names, or `all-linear`: every linear layer but the LM head."
    )


class TrainingConfig(Frozen):
    """The budget is counted in steps, not in seconds, so that equal inputs give equal checkpoints."""

    seed: int = 0
    max_steps: int = Field(gt=0, description="Optimiser steps; a short split is read several times.")
    tokens_per_step: int = Field(gt=0, description="Upper bound of the tokens behind one optimiser step.")
    tokens_per_forward: int = Field(
        gt=0, description="Upper bound of a packed row; a longer conversation is alone."
    )
    max_length: int = Field(gt=1, description="Longer conversations lose their oldest turns.")
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=1.0, gt=0)
    lora: LoraSettings = LoraSettings()
    validate_every: int = Field(gt=0, description="Steps between two validations.")
    validation_tokens: int = Field(gt=0, description="Upper bound of the validation tokens that are scored.")
    accelerator: Literal["cpu", "auto"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if self.tokens_per_forward > self.tokens_per_step:
            raise ValueError("tokens_per_forward is larger than tokens_per_step")
        if self.warmup_steps >= self.max_steps:
            raise ValueError("warmup_steps leaves no step of max_steps at full learning rate")
        return self


def presets() -> list[str]:
    """Names that `load_preset` knows, sorted."""
    return sorted(Path(entry.name).stem for entry in PRESETS.iterdir() if entry.name.endswith(".yaml"))


def load_preset(name: str) -> TrainingConfig:
    """A configuration that ships with the package; raises UsageError for an unknown name."""
    if name not in presets():
        raise UsageError(f"training preset {name!r} is not known; there are: {', '.join(presets())}")
    return parse_config((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"), name)


def load_config(path: Path) -> TrainingConfig:
    """A configuration from a YAML file of the same shape as the presets; raises InputError."""
    try:
        return parse_config(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def parse_config(text: str, name: str) -> TrainingConfig:
    try:
        return TrainingConfig.model_validate(YAML(typ="safe", pure=True).load(text))
    except YAMLError as error:
        raise InputError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'as a whole'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise InputError(f"{name}: {problems}") from None
