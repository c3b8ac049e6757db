"""One training run, from the rows of a release to a checkpoint folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from lightning.fabric import Fabric

from dataset_platform.errors import TrainingFailed
from dataset_platform.training.adapter import save_weights
from dataset_platform.training.base_model import BaseModel, describe_base, load_tokenizer
from dataset_platform.training.card import write_card
from dataset_platform.training.checkpoint import (
    LOG_NAME,
    MANIFEST_NAME,
    BaseModelRef,
    Checkpoint,
    CheckpointManifest,
    Counts,
    Course,
    GateOverride,
    ReleaseRef,
    digest_files,
    verify_checkpoint,
)
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.cost import work_of
from dataset_platform.training.devices import fabric_for, gathered, quiet_lightning
from dataset_platform.training.examples import (
    Examples,
    first_validation_conversations,
    read_examples,
    validation_groups,
)
from dataset_platform.training.hardware import (
    describe_hardware,
    package_versions,
    peak_device_bytes,
    peak_flops,
    peak_rss_bytes,
)
from dataset_platform.training.loggers import open_sinks
from dataset_platform.training.loop import Fitted, Fitting
from dataset_platform.training.methods import compiled, trainable_model
from dataset_platform.training.objectives import loss_of
from dataset_platform.training.ordering import StepPlan, plan_steps
from dataset_platform.training.recording import OnProgress, Recorder, StepReport
from dataset_platform.training.samples import Sampler, prompts_of
from dataset_platform.training.states import Remote, States
from dataset_platform.training.version import VERSION

FIRST_LINES_EVERY_S, LAST_LINES_EVERY_S = 2.0, 30.0
LINES_OF_A_RUN = 50


@dataclass(frozen=True)
class Places:
    """Where a run keeps what outlives it: `states` to go on from, `logs` of loggers; None keeps neither."""

    states: Path | None = None
    remote: Remote | None = None
    logs: Path | None = None


def train(
    rows: Path,
    manifest_sha256: str,
    version: str,
    config: TrainingConfig,
    base_model: Path,
    out: Path,
    log: Callable[[str], None],
    on_progress: OnProgress | None = None,
    places: Places | None = None,
    overridden: GateOverride | None = None,
) -> Checkpoint:
    """Trains `base_model` on the train split of a release and writes a checkpoint to `out`.

    `rows` is the release's folder of Parquet files, `manifest_sha256` the digest of its manifest;
    `overridden` says why it is trained on although gates failed. `out` is a staging folder, new or empty;
    the manifest is written to it last. A run that was killed goes on from the newest state in `places`, and
    ends with the same weights and losses on one kind of CPU with one thread count. Progress goes to
    `on_progress` once a step, without one as lines to `log`. Raises TrainingFailed, InputError, StorageError.
    """
    with TemporaryDirectory(prefix="states-") as scratch:
        places = places or Places()
        release = ReleaseRef(version=version, manifest_sha256=manifest_sha256, overridden=overridden)
        fabric = fabric_for(config)
        states = States(places.states or Path(scratch), fabric, log, places.remote)
        run = _Run(rows, release, config, base_model, out, log, on_progress or lines_to(log), fabric, places)
        try:
            checkpoint = run.to_checkpoint(states)
        finally:
            states.wait()
        states.clear()
        return checkpoint


def lines_to(log: Callable[[str], None]) -> OnProgress:
    """A line every two seconds at first, then ever fewer, and one for the last step."""
    started = last = time.monotonic()

    def write(report: StepReport) -> None:
        nonlocal last
        now = time.monotonic()
        every = min(LAST_LINES_EVERY_S, max(FIRST_LINES_EVERY_S, (now - started) / LINES_OF_A_RUN))
        if report.step in (1, report.total) or now - last >= every:
            last = now
            log(str(report))

    return write


@dataclass(frozen=True)
class _Run:
    rows: Path
    release: ReleaseRef
    config: TrainingConfig
    base_model: Path
    out: Path
    log: Callable[[str], None]
    on_progress: OnProgress
    fabric: Fabric
    places: Places

    def to_checkpoint(self, states: States) -> Checkpoint:
        started = time.perf_counter()
        base, tokenizer = describe_base(self.base_model), load_tokenizer(self.base_model)
        examples = read_examples(self.rows, tokenizer, self.config)
        plan = self._plan(examples)
        self.log(_intake_line(examples, len(plan)))
        self.out.mkdir(parents=True, exist_ok=True)
        with torch.random.fork_rng(), quiet_lightning():
            torch.manual_seed(self.config.seed)
            fitting = self._fitting(examples, plan, tokenizer, states)
            with fitting.recorder:
                fitting.run()
        save_weights(fitting.tuned, tokenizer, base, self.out, gathered, write=self.fabric.global_rank == 0)
        if self.fabric.global_rank == 0:
            self._describe(self._manifest(base, examples, fitting, time.perf_counter() - started))
        self.fabric.barrier()
        return verify_checkpoint(self.out)

    def _plan(self, examples: Examples) -> list[StepPlan]:
        plan = plan_steps(
            [len(item) for item in examples.train], [item.stage for item in examples.train], self.config
        )
        if self.config.warmup_steps >= len(plan):
            raise TrainingFailed(
                f"warmup_steps is {self.config.warmup_steps}, and the run has {len(plan)} steps: lower it, "
                "or raise epochs or max_steps"
            )
        return plan

    def _fitting(self, examples: Examples, plan: list[StepPlan], tokenizer: Any, states: States) -> Fitting:
        tuned = trainable_model(self.base_model, self.config)
        loss = loss_of(self.config)
        logs = self.places.logs or self.out.parent
        is_first = self.fabric.global_rank == 0
        name = f"v{self.release.version}-{self.out.name}"
        recorder = Recorder(
            self.out / LOG_NAME if is_first else None,
            len(plan),
            self.on_progress if is_first else lambda _: None,
            work_of(tuned, self.config),
            self._peak(),
            open_sinks(self.config, name, logs, self.log) if is_first else (),
        )
        prompts = prompts_of(
            first_validation_conversations(self.rows, self.config.sample_replies),
            tokenizer,
            self.config.sample_replies,
        )
        return Fitting(
            fabric=self.fabric,
            tuned=tuned,
            model=self.fabric.setup_module(compiled(tuned, self.config), move_to_device=True),
            loss=loss,
            config=self.config,
            items=examples.train,
            plan=plan,
            validation=[loss.row(group) for group in validation_groups(examples.validation, self.config)],
            recorder=recorder,
            states=states,
            sampler=Sampler(tuned, tokenizer, prompts, self.config.sample_tokens, self.out),
            log=self.log,
        )

    def _peak(self) -> float | None:
        one = peak_flops(self.fabric.device, self.config.precision)
        return one and one * self.fabric.world_size

    def _describe(self, manifest: CheckpointManifest) -> None:
        """Card and manifest; the manifest last, with the digests of all else."""
        write_card(manifest, self.out)
        complete = manifest.model_copy(update={"files": digest_files(self.out)})
        (self.out / MANIFEST_NAME).write_text(complete.model_dump_json(indent=2), encoding="utf-8")

    def _manifest(
        self, base: BaseModel, examples: Examples, fitting: Fitting, duration_s: float
    ) -> CheckpointManifest:
        recorder, fitted = fitting.recorder, fitting.fitted
        return CheckpointManifest(
            training_version=VERSION,
            release=self.release,
            base_model=BaseModelRef(name=base.name, sha256=base.sha256),
            config=_without_path(self.config, base),
            counts=_counts(examples, recorder),
            steps=fitted.step,
            course=_course(fitted),
            tokens_seen=recorder.tokens_seen,
            tokens_trained=recorder.tokens_trained,
            loss_curve=tuple(recorder.points),
            packages=package_versions(),
            hardware=describe_hardware().model_dump(),
            duration_s=round(duration_s, 3),
            tokens_per_s=round(recorder.tokens_seen / recorder.fitting_s, 1),
            peak_rss_bytes=peak_rss_bytes(),
            peak_device_bytes=peak_device_bytes(),
            files={},
        )


def _without_path(config: TrainingConfig, base: BaseModel) -> TrainingConfig:
    """The configuration as it may travel: a base model that is a folder goes by its name."""
    named = config.base_model and (base.name if Path(config.base_model).is_dir() else config.base_model)
    return config.model_copy(update={"base_model": named})


def _course(fitted: Fitted) -> Course:
    return Course(
        resumed_at=tuple(fitted.resumed_at),
        stopped_early=fitted.stopped_early,
        best_step=fitted.best_step,
        micro_batch_halved_at=fitted.halved_at,
        tokens_per_forward=fitted.tokens_per_forward,
    )


def _counts(examples: Examples, recorder: Recorder) -> Counts:
    return Counts(
        trainable=examples.intake.used,
        seen=recorder.conversations_seen,
        truncated=examples.intake.truncated,
        turns_cut=examples.intake.turns_cut,
        skipped=dict(sorted(examples.intake.skipped.items())),
        validation=len(examples.validation),
    )


def _intake_line(examples: Examples, n_steps: int) -> str:
    skipped = sum(examples.intake.skipped.values())
    return (
        f"{len(examples.train):,} conversations ({examples.tokens:,} tokens) to train on, "
        f"{skipped:,} skipped, {examples.intake.truncated:,} truncated; "
        f"{len(examples.validation):,} to validate on; "
        f"{n_steps:,} steps"
    )
