"""One training run, from the rows of a release to a checkpoint folder."""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from torch.utils.data import DataLoader

from dataset_platform.errors import TrainingFailed
from dataset_platform.schemas import Split
from dataset_platform.training.adapter import add_adapter, save_adapter
from dataset_platform.training.base_model import describe_base, load_model, load_tokenizer
from dataset_platform.training.checkpoint import (
    LOG_NAME,
    MANIFEST_NAME,
    BaseModelRef,
    Checkpoint,
    CheckpointManifest,
    Counts,
    ReleaseRef,
    digest_files,
)
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.encode import Example, Intake, encode_all
from dataset_platform.training.fine_tuning import FineTuning, OnProgress, Recorder, Steps
from dataset_platform.training.hardware import describe_hardware, package_versions, peak_rss_bytes
from dataset_platform.training.packing import FlatRow, attention_per_conversation, fill, flat_row, plan_steps
from dataset_platform.training.rows import read_split
from dataset_platform.training.version import VERSION

IDLE_WARNINGS = (
    ".*does not have many workers.*",  # examples lie in memory
    ".*available but not used.*",  # the configuration says which accelerator to use
    ".*no `val_dataloader`.*",  # a release may have no validation split
    ".*LeafSpec.*",  # between Lightning and torch
    ".*is_gradient_checkpointing.*",  # between peft and transformers
)


@dataclass(frozen=True)
class Examples:
    """What one run trains and validates on."""

    train: list[Example]
    validation: list[Example]
    intake: Intake


def train(
    rows: Path,
    manifest_sha256: str,
    version: str,
    config: TrainingConfig,
    base_model: Path,
    out: Path,
    log: Callable[[str], None],
    on_progress: OnProgress | None = None,
) -> Checkpoint:
    """Fine-tunes `base_model` on the train split of a release and writes a checkpoint to `out`.

    `rows` is the release's Parquet file, `manifest_sha256` the digest of its manifest.
    `out` is a staging folder, new or empty; the manifest is written to it last. Progress
    goes to `on_progress` once a step, without one as lines to `log`. Equal arguments give
    equal weights on one kind of machine with one thread count. Raises TrainingFailed or
    InputError.
    """
    started = time.perf_counter()
    base = describe_base(base_model)
    tokenizer = load_tokenizer(base_model)
    examples = _examples(rows, tokenizer, config)
    log(_intake_line(examples, config))
    plan = plan_steps(
        [len(example) for example in examples.train],
        n_steps=config.max_steps,
        tokens_per_step=config.tokens_per_step,
        tokens_per_forward=config.tokens_per_forward,
        seed=config.seed,
    )
    out.mkdir(parents=True, exist_ok=True)
    fitting = time.perf_counter()
    with Recorder(out / LOG_NAME, config.max_steps, on_progress or _lines_to(log)) as recorder:
        model = _fit(load_model(base_model), Steps(examples.train, plan), examples, config, recorder)
    fit_s = time.perf_counter() - fitting
    save_adapter(model, tokenizer, base, out)
    manifest = CheckpointManifest(
        training_version=VERSION,
        release=ReleaseRef(version=version, manifest_sha256=manifest_sha256),
        base_model=BaseModelRef(name=base.name, sha256=base.sha256),
        config=config,
        counts=_counts(examples, recorder),
        steps=config.max_steps,
        tokens_seen=recorder.tokens_seen,
        tokens_trained=recorder.tokens_trained,
        loss_curve=tuple(recorder.points),
        packages=package_versions(),
        hardware=describe_hardware().model_dump(),
        duration_s=round(time.perf_counter() - started, 3),
        tokens_per_s=round(recorder.tokens_seen / fit_s, 1),
        peak_rss_bytes=peak_rss_bytes(),
        files=digest_files(out),
    )
    (out / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return Checkpoint(out, manifest)


def _fit(model: Any, steps: Steps, examples: Examples, config: TrainingConfig, recorder: Recorder) -> Any:
    """The model with trained adapters. All randomness is drawn from the configured seed."""
    validation_rows: Any = DataLoader(_validation_rows(examples.validation, config), batch_size=None)  # type: ignore[arg-type]
    with torch.random.fork_rng(), _quiet_lightning():
        torch.manual_seed(config.seed)
        tuned = add_adapter(model, config.lora)
        tuned.train()
        module = FineTuning(tuned, config)
        trainer = lightning.Trainer(
            accelerator=config.accelerator,
            devices=1,
            precision=config.precision,
            max_steps=config.max_steps,
            max_epochs=1,
            val_check_interval=min(config.validate_every, config.max_steps),
            limit_val_batches=1.0 if examples.validation else 0,
            num_sanity_val_steps=0,
            callbacks=[recorder],
            logger=False,
            enable_checkpointing=False,  # Lightning's own checkpoints are pickles
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        with attention_per_conversation(tuned):
            if examples.validation:
                trainer.validate(module, validation_rows, verbose=False)
            trainer.fit(module, steps, validation_rows if examples.validation else None)
    return tuned.to("cpu").eval()


def _examples(rows: Path, tokenizer: Any, config: TrainingConfig) -> Examples:
    intake = Intake()
    train_split = list(encode_all(read_split(rows, Split.TRAIN), tokenizer, config.max_length, intake))
    if not train_split:
        skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(intake.skipped.items()))
        raise TrainingFailed(
            f"{rows}: the train split has no conversation to train on "
            f"({f'skipped: {skipped}' if skipped else 'it is empty'}). Export a release whose train split "
            "has assistant turns, or raise max_length"
        )
    validation = encode_all(read_split(rows, Split.VALIDATION), tokenizer, config.max_length, Intake())
    return Examples(train_split, list(_within(validation, config.validation_tokens)), intake)


def _within(examples: Iterator[Example], n_tokens: int) -> Iterator[Example]:
    """The first examples up to `n_tokens` together; ids are digests, so their order is as good as random."""
    for example in examples:
        n_tokens -= len(example)
        if n_tokens < 0:
            return
        yield example


def _validation_rows(examples: list[Example], config: TrainingConfig) -> list[FlatRow]:
    groups = fill([len(example) for example in examples], config.tokens_per_forward)
    return [flat_row([examples[i] for i in group]) for group in groups]


def _counts(examples: Examples, recorder: Recorder) -> Counts:
    return Counts(
        trainable=examples.intake.used,
        seen=recorder.conversations_seen,
        truncated=examples.intake.truncated,
        turns_cut=examples.intake.turns_cut,
        skipped=dict(sorted(examples.intake.skipped.items())),
        validation=len(examples.validation),
    )


def _intake_line(examples: Examples, config: TrainingConfig) -> str:
    tokens = sum(len(example) for example in examples.train)
    skipped = sum(examples.intake.skipped.values())
    return (
        f"{len(examples.train):,} conversations ({tokens:,} tokens) to train on, {skipped:,} skipped, "
        f"{examples.intake.truncated:,} truncated; {len(examples.validation):,} to validate on; "
        f"{config.max_steps} steps of up to {config.tokens_per_step:,} tokens"
    )


def _lines_to(log: Callable[[str], None]) -> OnProgress:
    """About ten lines a run."""

    def write(step: int, total: int, loss: float, tokens_per_s: float) -> None:
        if step == 1 or step == total or step % max(1, total // 10) == 0:
            log(f"step {step}/{total}: loss {loss:.3f}, {tokens_per_s:.0f} tokens/s")

    return write


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Lightning advertises itself on every run; warnings stay, but for those that do not apply."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in IDLE_WARNINGS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        logger.setLevel(level)
