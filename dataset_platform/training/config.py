"""What a training run is asked to do: one frozen object; `presets` reads it from small YAML files."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Method(StrEnum):
    """Which weights train."""

    LORA = "lora"
    DORA = "dora"
    QLORA = "qlora"
    FULL = "full"


class Objective(StrEnum):
    """What the loss asks for."""

    SFT = "sft"
    DPO = "dpo"


class Precision(StrEnum):
    """What the model computes in; weights that train are kept in 32 bits."""

    FP32 = "fp32"
    BF16 = "bf16"


class Schedule(StrEnum):
    """How the learning rate goes after the warm-up."""

    COSINE = "cosine"
    LINEAR = "linear"
    WSD = "wsd"
    CONSTANT = "constant"


class Curriculum(StrEnum):
    """In which order a run meets the stages of a release."""

    MIXED = "mixed"
    STAGES = "stages"


class Logger(StrEnum):
    """Where figures go besides the CSV file, the manifest and Dagster."""

    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    MLFLOW = "mlflow"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoraSettings(Frozen):
    """Low-rank adapters (Hu et al. 2021); the update of a weight is `alpha / rank · B A`."""

    rank: int = Field(16, ge=1, description="Rank of the adapters.")
    alpha: int = Field(32, gt=0, description="The update of a weight is `alpha / rank · B A`.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of adapter inputs that are dropped.")
    targets: str | tuple[str, ...] = Field(
        "all-linear", description="Module names, or `all-linear`: every linear layer but the LM head."
    )


class TrainingConfig(Frozen):
    """The budget is counted in steps, not in seconds, so that equal inputs give equal checkpoints."""

    base_model: str | None = Field(
        None,
        description="Hugging Face id or folder of a causal language model; the packaged SmolLM2 if null.",
    )
    objective: Objective = Field(
        Objective.SFT, description="`sft` learns the replies; `dpo` prefers each to its `rejected` one."
    )
    method: Method = Field(
        Method.LORA, description="`lora`, `dora`, `full`, or `qlora` (needs bitsandbytes and a GPU)."
    )
    lora: LoraSettings = LoraSettings()
    dpo_beta: float = Field(0.1, gt=0, description="How much a policy may leave the base model.")
    seed: int = Field(0, ge=0, description="Decides fresh adapters, order and dropout.")
    max_steps: int | None = Field(
        None, gt=0, description="Optimiser steps; a short split is read several times."
    )
    epochs: int | None = Field(None, gt=0, description="Passes over the split; the lower bound ends.")
    tokens_per_step: int = Field(gt=0, description="Upper bound of the tokens behind one optimiser step.")
    tokens_per_forward: int = Field(
        gt=0, description="Micro-batch: upper bound of a packed row; a longer conversation is alone."
    )
    max_length: int = Field(gt=1, description="Longer conversations lose their oldest turns, in tokens.")
    length_bucketing: bool = Field(
        False, description="Pack conversations of like length together, so that rows cost alike."
    )
    curriculum: Curriculum = Field(
        Curriculum.MIXED, description="`mixed`, or `stages`: foundation, expertise, edge_case, voice_persona."
    )
    learning_rate: float = Field(gt=0, description="Highest learning rate of AdamW.")
    warmup_steps: int = Field(0, ge=0, description="Steps of linear rise to it.")
    schedule: Schedule = Field(
        Schedule.COSINE, description="`cosine`, `linear`, `constant`, or `wsd`: constant, then linear to 0."
    )
    decay_share: float = Field(0.2, gt=0, le=1, description="Share of all steps in which `wsd` decays.")
    weight_decay: float = Field(0.0, ge=0, description="Decoupled weight decay of AdamW.")
    clip_norm: float = Field(1.0, gt=0, description="Gradients are scaled down to this norm.")
    validate_every: int = Field(gt=0, description="Steps between two validations.")
    validation_tokens: int = Field(gt=0, description="Upper bound of the validation tokens that are scored.")
    patience: int | None = Field(
        None, gt=0, description="Validations without a lower loss before the run ends, with the best weights."
    )
    sample_replies: int = Field(
        0, ge=0, description="Validation prompts that are answered at each validation, in `samples.jsonl`."
    )
    sample_tokens: int = Field(48, gt=0, description="Longest of these replies, in tokens.")
    save_every: int = Field(50, gt=0, description="Steps between two states that a killed run goes on from.")
    accelerator: Literal["cpu", "auto"] = Field("cpu", description="`auto` takes GPUs where there are any.")
    devices: int = Field(1, ge=1, description="GPUs, or CPU processes, that share the weights (FSDP2).")
    precision: Precision = Field(Precision.FP32, description="`fp32`, or `bf16` with 32-bit trained weights.")
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice rather than keep them: less memory, a third more time."
    )
    compile: bool = Field(False, description="torch.compile; pays off on GPUs and in long runs.")
    loggers: tuple[Logger, ...] = Field(
        (), description="Besides the CSV file: `tensorboard`, `wandb`, `mlflow`."
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if self.max_steps is None and self.epochs is None:
            raise ValueError("give max_steps, epochs or both: nothing ends the run")
        if self.tokens_per_forward > self.tokens_per_step:
            raise ValueError("tokens_per_forward is larger than tokens_per_step")
        if self.max_steps is not None and self.warmup_steps >= self.max_steps:
            raise ValueError("warmup_steps leaves no step of max_steps at full learning rate")
        if self.objective is Objective.DPO and self.method is Method.FULL:
            raise ValueError("dpo compares with the base model below the adapters: use lora, dora or qlora")
        if self.sample_replies and self.devices > 1:
            raise ValueError("sample_replies needs devices: 1, as a sharded model does not generate")
        if self.method is Method.QLORA and (self.devices > 1 or self.accelerator == "cpu"):
            raise ValueError("qlora needs one GPU: set accelerator to auto and devices to 1")
        return self
