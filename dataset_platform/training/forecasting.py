"""What a run will be, before anything runs: tokens, steps, memory and time, and whether it fits."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dataset_platform.errors import TrainingFailed
from dataset_platform.training.base_model import describe_base, load_tokenizer
from dataset_platform.training.config import Method, Precision, TrainingConfig
from dataset_platform.training.cost import Memory, memory_of, work_of
from dataset_platform.training.examples import read_examples
from dataset_platform.training.hardware import available_bytes, best_device
from dataset_platform.training.methods import require_method, weightless_model
from dataset_platform.training.ordering import plan_steps

# Share of the measured speed of matrix products that training reaches, as measured with SmolLM2 on two cores
# and stated for a GPU; what is left goes to attention, norms, the optimiser and Python.
EFFICIENCY = {"cpu": 0.45, "cuda": 0.4}
PROBE_S = 0.5
PROBE_ROWS = 1024


@dataclass(frozen=True)
class Forecast:
    """Tokens are those of packed rows, all of them useful; memory is that of one device, in bytes."""

    base_model: str
    conversations: int
    skipped: dict[str, int]
    truncated: int
    tokens_per_epoch: int
    steps: int
    steps_per_epoch: float
    tokens: int
    conversations_by_stage: dict[str, int]
    parameters: int
    trained_parameters: int
    memory: Memory
    available_bytes: int
    probe_flops: float
    efficiency: float
    duration_s: float
    tokens_per_s: float
    cures: tuple[str, ...]

    @property
    def refusal(self) -> TrainingFailed | None:
        """Why the run cannot be, with what to change; None where it fits."""
        if not self.cures:
            return None
        return TrainingFailed(
            f"the run needs about {self.memory.total / 1e9:.1f} GB, and {self.available_bytes / 1e9:.1f} GB "
            f"are available. Try {', or '.join(self.cures)}"
        )


def forecast(rows: Path, config: TrainingConfig, base_model: Path) -> Forecast:
    """The forecast of a run; nothing of the base model but its settings and tokenizer is loaded."""
    require_method(config.method)
    examples = read_examples(rows, load_tokenizer(base_model), config)
    lengths = [len(item) for item in examples.train]
    plan = plan_steps(lengths, [item.stage for item in examples.train], config)
    model = weightless_model(base_model, config)
    device = best_device() if config.accelerator == "auto" else torch.device("cpu")
    items = [examples.train[i] for step in plan for row in step for i in row]
    tokens = sum(map(len, items))
    probe = _matrix_flops(model, device, config.precision)
    efficiency = EFFICIENCY[device.type]
    flops = work_of(model, config).flops(
        tokens, sum(item.n_trained for item in items), sum(item.pairs for item in items)
    )
    duration_s = flops / (config.devices * probe * efficiency)
    weights, available = list(model.parameters()), available_bytes(device)
    memory = memory_of(
        model, config, longest_row=max(sum(lengths[i] for i in row) for step in plan for row in step)
    )
    return Forecast(
        base_model=describe_base(base_model).name,
        conversations=len(examples.train),
        skipped=dict(sorted(examples.intake.skipped.items())),
        truncated=examples.intake.truncated,
        tokens_per_epoch=examples.tokens,
        steps=len(plan),
        steps_per_epoch=round(len(plan) * examples.tokens / tokens, 1),
        tokens=tokens,
        conversations_by_stage=dict(sorted(Counter(item.stage for item in items).items())),
        parameters=sum(weight.numel() for weight in weights),
        trained_parameters=sum(weight.numel() for weight in weights if weight.requires_grad),
        memory=memory,
        available_bytes=available,
        probe_flops=probe,
        efficiency=efficiency,
        duration_s=duration_s,
        tokens_per_s=tokens / duration_s,
        cures=_cures(memory, available, config),
    )


def _cures(memory: Memory, available: int, config: TrainingConfig) -> tuple[str, ...]:
    """What makes a run fit that does not, the most useful first."""
    if memory.total <= available:
        return ()
    cures = []
    if memory.activations > 0.3 * memory.total and config.tokens_per_forward > 512:
        cures.append(f"--set tokens_per_forward={max(512, config.tokens_per_forward // 4)}")
    if not config.gradient_checkpointing:
        cures.append("--set gradient_checkpointing=true")
    if config.method is Method.FULL:
        cures.append("--set method=lora")
    elif config.precision is Precision.FP32:
        cures.append("--set precision=bf16")
    return (*cures, "a smaller base model, or more devices")


def _matrix_flops(model: Any, device: torch.device, precision: Precision) -> float:
    """Operations a second of a product of the model's own size, measured for half a second."""
    dtype = torch.bfloat16 if precision is Precision.BF16 else torch.float32
    width = model.config.hidden_size
    one = torch.randn(PROBE_ROWS, width, device=device, dtype=dtype)
    other = torch.randn(width, 4 * width, device=device, dtype=dtype)
    torch.mm(one, other)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < PROBE_S:
        torch.mm(one, other)
        count += 1
        if device.type == "cuda":
            torch.cuda.synchronize()
    return 2 * one.shape[0] * width * 4 * width * count / (time.perf_counter() - started)
