"""The Lightning module, and what it reports while it runs."""

import csv
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import lightning
import torch
from transformers import get_scheduler

from dataset_platform.errors import TrainingFailed
from dataset_platform.training.checkpoint import LossPoint
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.encode import Example
from dataset_platform.training.packing import FlatRow, flat_row, token_losses

Step = list[FlatRow]


class OnProgress(Protocol):
    def __call__(self, step: int, total: int, loss: float, tokens_per_s: float) -> None: ...


class Steps:
    """The batches of a plan, built one at a time; sized, so that Lightning knows the end."""

    def __init__(self, examples: Sequence[Example], plan: Sequence[Sequence[Sequence[int]]]) -> None:
        self._examples = examples
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan)

    def __iter__(self) -> Iterator[Step]:
        for step in self._plan:
            yield [flat_row([self._examples[i] for i in row]) for row in step]


class FineTuning(lightning.LightningModule):
    """One batch is one optimiser step: a list of flat rows, each a forward and a backward.

    Optimisation is manual because the loss of a step is the mean over all its trained
    tokens; a mean of the rows' means would weigh tokens in short rows more.
    """

    def __init__(self, model: Any, config: TrainingConfig) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = model
        self.config = config
        self.validation_loss: float = math.nan
        self.last_learning_rate: float = math.nan
        self._validated: list[torch.Tensor] = []

    def configure_optimizers(self) -> Any:
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(
            trained, lr=self.config.learning_rate, weight_decay=self.config.weight_decay, fused=True
        )
        schedule = get_scheduler(
            self.config.schedule,
            optimizer,
            num_warmup_steps=self.config.warmup_steps,
            num_training_steps=self.config.max_steps,
        )
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def training_step(self, step: Step, _index: int) -> torch.Tensor:
        optimizer: Any = self.optimizers()
        schedule: Any = self.lr_schedulers()
        n_trained = sum(len(row.targets) for row in step)
        optimizer.zero_grad()
        total = torch.zeros((), device=self.device)
        for row in step:
            loss = token_losses(self.model, row).sum() / n_trained
            if not torch.isfinite(loss):
                raise TrainingFailed(
                    f"the loss of step {self.global_step + 1} is {loss.item()}, in the conversations "
                    f"{', '.join(row.conversation_ids)}. Look at these rows, or lower learning_rate"
                )
            self.manual_backward(loss)
            total += loss.detach()
        self.clip_gradients(
            optimizer, gradient_clip_val=self.config.clip_norm, gradient_clip_algorithm="norm"
        )
        self.last_learning_rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()
        return total

    def validation_step(self, row: FlatRow, _index: int) -> None:
        self._validated.append(token_losses(self.model, row))

    def on_validation_epoch_end(self) -> None:
        self.validation_loss = torch.cat(self._validated).mean().item()
        self._validated.clear()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        del dataloader_idx
        return [row.to(device) for row in batch] if isinstance(batch, list) else batch.to(device)


class Recorder(lightning.Callback):
    """Keeps the loss curve and the counts, writes the log file line by line, tells the caller."""

    def __init__(self, log_file: Path, total: int, on_progress: OnProgress) -> None:
        self.points: list[LossPoint] = []
        self.tokens_seen = self.tokens_trained = self.conversations_seen = 0
        self._total = total
        self._on_progress = on_progress
        self._stream = log_file.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._writer.writerow(["step", "train_loss", "validation_loss", "learning_rate", "tokens_per_s"])
        self._started = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def on_train_batch_start(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, batch: Step, _: int
    ) -> None:
        del trainer, module, batch
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: Any, outputs: Any, batch: Step, _: int
    ) -> None:
        loss, step = float(outputs["loss"]), trainer.global_step
        tokens = sum(row.n_tokens for row in batch)
        tokens_per_s = tokens / (time.perf_counter() - self._started)
        self.tokens_seen += tokens
        self.tokens_trained += sum(len(row.targets) for row in batch)
        self.conversations_seen += sum(len(row.lengths) for row in batch)
        self.points.append(LossPoint(step=step, train_loss=loss))
        self._write(step, loss, None, module.last_learning_rate, round(tokens_per_s, 1))
        self._on_progress(step, self._total, loss, tokens_per_s)

    def on_validation_end(self, trainer: lightning.Trainer, module: Any) -> None:
        step, loss = trainer.global_step, module.validation_loss
        self.points.append(LossPoint(step=step, validation_loss=loss))
        self._write(step, None, loss, None, None)

    def _write(self, *row: float | None) -> None:
        self._writer.writerow(row)
        self._stream.flush()
