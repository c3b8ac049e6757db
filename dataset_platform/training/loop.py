"""The loop over a plan: forward, backward, step, validation, states, and what is done when it goes wrong."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import torch
from lightning.fabric import Fabric

from dataset_platform.training.config import Method, TrainingConfig
from dataset_platform.training.devices import like, own_part
from dataset_platform.training.failures import is_out_of_memory, no_memory, not_finite
from dataset_platform.training.methods import draws_at_random
from dataset_platform.training.objectives import Item, Loss
from dataset_platform.training.ordering import StepPlan, in_halves
from dataset_platform.training.packing import FlatRow, attention_per_conversation
from dataset_platform.training.recording import Recorder, StepFigures
from dataset_platform.training.samples import Sampler
from dataset_platform.training.schedules import learning_rate
from dataset_platform.training.side_by_side import SideBySide
from dataset_platform.training.states import State, States

Row = TypeVar("Row")
ADAM = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of each weight


@dataclass
class Fitted:
    """How far a run came. `halved_at` is the step at which memory ran out and the micro-batch was halved."""

    step: int = 0
    tokens_per_forward: int = 0
    halved_at: int | None = None
    best_step: int | None = None
    best_loss: float = math.inf
    since_best: int = 0
    resumed_at: list[int] = field(default_factory=list)
    stopped_early: bool = False


@dataclass
class Fitting:
    """One run over `plan`. `model` is the one to call, `tuned` the same without Fabric's wrapping."""

    fabric: Fabric
    tuned: Any
    model: Any
    loss: Loss
    config: TrainingConfig
    items: Sequence[Item]
    plan: Sequence[StepPlan]
    validation: Sequence[FlatRow]
    recorder: Recorder
    states: States
    sampler: Sampler
    log: Callable[[str], None]

    def __post_init__(self) -> None:
        self._weights = {
            name: weight for name, weight in self.tuned.named_parameters() if weight.requires_grad
        }
        self._optimizer = torch.optim.AdamW(
            self._weights.values(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            fused=True,
        )
        self.fitted = Fitted(tokens_per_forward=self.config.tokens_per_forward)
        self._lengths = [len(item) for item in self.items]
        self._side_by_side = SideBySide() if self._goes_side_by_side() else None

    def run(self) -> Fitted:
        """Trains to the end of the plan, or until the validation loss has not fallen for `patience`."""
        if state := self.states.newest():
            self._restore(state)
        with attention_per_conversation(self.tuned):
            if not state:
                self._validate(0)
            while self.fitted.step < len(self.plan) and not self.fitted.stopped_early:
                self._advance()
        if self.config.patience and self.fitted.best_step is not None:
            self._load_weights(self.states.best())
        return self.fitted

    def _advance(self) -> None:
        """One step and what is due after it."""
        step = self.fitted.step + 1
        self.recorder.trained(step, self._step(step))
        self.fitted.step = step
        last = step == len(self.plan)
        if last or step % self.config.validate_every == 0:
            self._validate(step)
        if step % self.config.save_every == 0 and not last:
            self.states.save(step, self._tensors(), self._facts())

    def _step(self, step: int) -> StepFigures:
        """The step, with half the micro-batch where memory runs out for the first time."""
        try:
            return self._optimise(step)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if self.fitted.halved_at is not None or self.fabric.world_size > 1:
                raise no_memory(step, self.fitted.tokens_per_forward) from None
        self.fitted.halved_at = step
        self.fitted.tokens_per_forward = max(1, self.fitted.tokens_per_forward // 2)
        self.log(
            f"out of memory in step {step}: from here on {self.fitted.tokens_per_forward:,} tokens a forward "
            "and twice as many forwards a step"
        )
        self._optimizer.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return self._step(step)

    def _optimise(self, step: int) -> StepFigures:
        started = time.perf_counter()
        planned = [
            [self.loss.row([self.items[i] for i in part]) for part in self._parts_of(row)]
            for row in self._rows_of(step)
        ]
        rows = [part for parts in planned for part in parts]
        count = sum(map(self.loss.count, rows))
        self._optimizer.zero_grad(set_to_none=True)
        own = self._own(planned)
        losses = [loss for parts, share in own for loss in self._backward(parts, share / count)]
        norm = torch.nn.utils.clip_grad_norm_(self._weights.values(), self.config.clip_norm)
        total = self._summed(torch.stack(losses).sum()) / count
        if not math.isfinite(total) or not torch.isfinite(own_part(norm)):
            raise not_finite(step, total, [part for parts, _ in own for part in parts], losses)
        rate = learning_rate(self.config, step - 1, len(self.plan))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        return StepFigures(
            loss=total,
            learning_rate=rate,
            tokens=sum(row.n_tokens for row in rows),
            trained=sum(len(row.targets) for row in rows),
            pairs=sum(n * n for row in rows for n in row.lengths),
            conversations=sum(len(set(row.conversation_ids)) for row in rows),
            duration_s=time.perf_counter() - started,
        )

    def _rows_of(self, step: int) -> StepPlan:
        planned = self.plan[step - 1]
        halved = self.fitted.halved_at is not None and step >= self.fitted.halved_at
        return in_halves(planned, self._lengths, self.config.tokens_per_forward) if halved else planned

    def _parts_of(self, row: Sequence[int]) -> Sequence[Sequence[int]]:
        return self._side_by_side.parts(row, self._lengths) if self._side_by_side else [row]

    def _goes_side_by_side(self) -> bool:
        """On a CPU, where every part can have gradients of its own and none draws from the one generator."""
        return (
            self.fabric.device.type == "cpu"
            and self.fabric.world_size == 1
            and self.config.method is not Method.FULL
            and not self.config.compile
            and self.loss.is_of_one_model
            and not draws_at_random(self.tuned)
        )

    def _own(self, rows: Sequence[Row]) -> list[tuple[Row, float]]:
        """The rows of this process with their weights.

        Processes gather layers together, so each takes equally many forwards: one that is out of rows
        repeats one that weighs nothing. FSDP averages gradients over processes, so weights make up for it.
        """
        world, rank = self.fabric.world_size, self.fabric.global_rank
        own = [(row, float(world)) for row in rows[rank::world]]
        most = -(-len(rows) // world)
        return own + [(rows[0], 0.0)] * (most - len(own))

    def _backward(self, parts: Sequence[FlatRow], share: float) -> list[torch.Tensor]:
        """Losses of the parts of a row, whose gradients are added to those of the weights in this order."""
        if not self._side_by_side:
            (row,) = parts
            total = self.loss.total(self.model, row.to(self.fabric.device))
            self.fabric.backward(total * share)
            return [total.detach() * (share > 0)]
        found = self._side_by_side.each(partial(self._gradients, share=share), parts)
        for _, gradients in found:
            for weight, gradient in zip(self._weights.values(), gradients, strict=True):
                weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
        return [total for total, _ in found]

    def _gradients(self, row: FlatRow, share: float) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        # Not by Fabric's model, which gives one loss at a time a backward.
        with self.fabric.autocast():
            total = self.loss.total(self.tuned, row)
        return total.detach(), torch.autograd.grad(total * share, list(self._weights.values()))

    def _validate(self, step: int) -> None:
        if not self.validation:
            return
        self.tuned.eval()
        with torch.no_grad():
            sums = [
                self.loss.total(self.model, row.to(self.fabric.device)) * (weight > 0)
                for row, weight in self._own(self.validation)
            ]
        loss = self._summed(torch.stack(sums).sum()) / sum(map(self.loss.count, self.validation))
        self.sampler(step)
        self.tuned.train()
        self.recorder.validated(step, loss)
        if self.config.patience:
            self._judge(step, loss, self.config.patience)

    def _judge(self, step: int, loss: float, patience: int) -> None:
        if loss < self.fitted.best_loss:
            self.fitted.best_loss, self.fitted.best_step, self.fitted.since_best = loss, step, 0
            self.states.keep_best(self._own_weights())
            return
        self.fitted.since_best += 1
        if self.fitted.since_best >= patience:
            self.fitted.stopped_early = True
            self.log(
                f"step {step}: no lower validation loss for {patience} validations; "
                f"the weights of step {self.fitted.best_step} stay"
            )

    def _summed(self, value: torch.Tensor) -> float:
        """The sum over all processes."""
        return float(self.fabric.all_reduce(value, reduce_op="sum"))  # type: ignore[arg-type]

    def _tensors(self) -> dict[str, torch.Tensor]:
        tensors = {f"weight/{name}": weight for name, weight in self._own_weights().items()}
        for name, weight in self._weights.items():
            for kind in ADAM:
                value = self._optimizer.state[weight][kind]
                tensors[f"optimizer/{kind}/{name}"] = own_part(value).contiguous()
        tensors["rng/cpu"] = torch.get_rng_state()
        if self.fabric.device.type == "cuda":
            tensors["rng/cuda"] = torch.cuda.get_rng_state(self.fabric.device)
        return tensors

    def _own_weights(self) -> dict[str, torch.Tensor]:
        return {name: own_part(weight.detach()).contiguous() for name, weight in self._weights.items()}

    def _facts(self) -> dict[str, Any]:
        return {
            "fitted": {**vars(self.fitted)},
            "recorded": self.recorder.facts,
            "samples": self.sampler.lines,
        }

    def _restore(self, state: State) -> None:
        kept: dict[str, dict[str, torch.Tensor]] = {}
        for key, tensor in state.tensors.items():
            kind, _, name = key.rpartition("/")
            kept.setdefault(kind, {})[name] = tensor
        self._load_weights(kept["weight"])
        for name, weight in self._weights.items():
            self._optimizer.state[weight] = {
                kind: self._restored(kind, weight, kept[f"optimizer/{kind}"][name]) for kind in ADAM
            }
        torch.set_rng_state(kept["rng"]["cpu"])
        if "cuda" in kept["rng"]:
            torch.cuda.set_rng_state(kept["rng"]["cuda"], self.fabric.device)
        self.fitted = Fitted(**state.facts["fitted"])
        self.fitted.resumed_at.append(state.step)
        self.recorder.go_on_from(state.facts["recorded"])
        self.sampler.lines = list(state.facts["samples"])
        self.log(f"going on from the state of step {state.step}")

    def _restored(self, kind: str, weight: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
        on_device = part.to(own_part(weight).device)
        return on_device if kind == "step" else like(weight, on_device)

    def _load_weights(self, parts: Any) -> None:
        with torch.no_grad():
            for name, weight in self._weights.items():
                own_part(weight).copy_(parts[name])
