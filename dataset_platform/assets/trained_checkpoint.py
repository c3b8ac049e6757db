"""trained_checkpoint: the base model fine-tuned on the train split of one release."""

from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent

from dataset_platform import quality, release, training
from dataset_platform.assets.partitions import TRAINING, VERSIONS
from dataset_platform.assets.pools import wait_for_slot
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.errors import TrainingFailed, UsageError
from dataset_platform.settings import Settings
from dataset_platform.storage.files import digest_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import picture, table
from dataset_platform.storage.work import Folder, Work

OBSERVATIONS_OF_A_RUN = 25


class RunsIn(Enum):
    """Where a training runs: in the run's own process, or elsewhere, told of by Dagster Pipes."""

    PROCESS = "process"
    SUBPROCESS = "subprocess"
    RAY = "ray"


class TrainingRun(dg.Config):
    """What trains the checkpoint: a preset or a YAML file, and `key=value` for what is to differ from it."""

    preset: str = "cpu-demo"
    set: list[str] = []  # noqa: RUF012
    despite_failed_gates: str | None = None
    runs_in: RunsIn = RunsIn.PROCESS


@dg.asset(
    partitions_def=VERSIONS,
    group_name="5_training",
    owners=OWNERS,
    tags=tags(Holds.WEIGHTS, alone=False),
    kinds={"pytorch", "huggingface"},
    io_manager_key="checkpoints",
    code_version=training.VERSION,
    pool=TRAINING,
)
def trained_checkpoint(
    context: dg.AssetExecutionContext,
    config: TrainingRun,
    storage: Storage,
    dataset_export: Folder,
    qa_report: Folder,
) -> Work:
    """The base model fine-tuned on the assistant turns of a release, with a manifest that names the release.

    Loss, learning rate and tokens/s appear here while it trains. A run that was killed goes on from its last
    state when it is started again.

    When it is red: the message says what the training met (a failed gate, no assistant turn, a loss that is
    not a number, with the conversations of that batch); nothing half-trained is ever published.
    """
    wait_for_slot(context, TRAINING)
    version = context.partition_key
    overridden = _failed_gates(quality.read_report(qa_report.path, version), config.despite_failed_gates)
    settings = training.load_preset(config.preset, config.set)
    base_model = training.find_base_model(settings.base_model, storage.settings.cache)
    base_model_sha256 = training.describe_base(base_model).sha256
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    inputs = {
        "manifest": manifest_sha256,
        "config": settings.model_dump_json(exclude={"base_model"}),
        "base_model": base_model_sha256,
        "training": training.VERSION,
        **({"overridden": overridden.model_dump_json()} if overridden else {}),
    }

    key = digest_of(inputs)[:16]

    def build(folder: Path) -> None:
        task = training.Task(
            key=key,
            rows=release.parquet_path(dataset_export.path, version).absolute(),
            manifest_sha256=manifest_sha256,
            version=version,
            config=settings,
            base_model=base_model.absolute(),
            out=folder.absolute(),
            overridden=overridden,
        )
        if config.runs_in is RunsIn.SUBPROCESS or settings.devices > 1:
            _run_in_subprocess(task, context)
        else:
            _run_here(task, context)

    def build_on_ray(folder: Path) -> None:
        task = training.StoredTask(
            key=key,
            release_prefix=storage.release_prefix(version),
            manifest_sha256=manifest_sha256,
            version=version,
            config=settings,
            base_model_sha256=base_model_sha256,
            overridden=overridden,
        )
        _run_on_ray(task, context, storage.settings)
        task.collect(storage.store, storage.settings, folder)

    return Work(inputs=inputs, build=build_on_ray if config.runs_in is RunsIn.RAY else build, describe=_facts)


def _failed_gates(report: quality.Report, reason: str | None) -> training.GateOverride | None:
    """The gates that failed with the reason to train all the same; raises TrainingFailed without a reason."""
    if report.passed:
        return None
    if not reason:
        raise TrainingFailed(
            f"release {report.version} failed its quality gates ({', '.join(report.failed)}); mend the "
            "release, or train all the same with --despite-failed-gates REASON, which the checkpoint records"
        )
    return training.GateOverride(failed=tuple(report.failed), reason=reason)


def _run_here(task: "training.Task", context: dg.AssetExecutionContext) -> None:
    """Trains in this process; figures go to the asset's page while it does."""
    say = training.lines_to(context.log.info)
    step_context = context.op_execution_context.get_step_execution_context()

    def tell(report: "training.StepReport") -> None:
        say(report)
        if report.step % max(1, report.total // OBSERVATIONS_OF_A_RUN) == 0:
            figures = {"loss": report.loss, "tokens_per_s": report.tokens_per_s}
            seen = dg.AssetObservation(
                context.asset_key,
                partition=context.partition_key,
                metadata={"step": report.step, "learning_rate": report.learning_rate, **figures},
            )
            DagsterEvent.asset_observation(step_context, seen)

    task.run(context.log.info, tell)


def _run_in_subprocess(task: "training.Task", context: dg.AssetExecutionContext) -> None:
    """Trains in a process of its own, or one for each device; what it says comes through Dagster Pipes."""
    with TemporaryDirectory(prefix="training-") as scratch:
        path = Path(scratch) / "task.json"
        path.write_text(task.model_dump_json(), encoding="utf-8")
        try:
            dg.PipesSubprocessClient().run(
                context=context, command=training.worker_command(task.config, path)
            )
        except Exception:
            training.raise_what_stopped(path)
            raise


def _run_on_ray(task: "training.StoredTask", context: dg.AssetExecutionContext, settings: Settings) -> None:
    """Trains as a job of the cluster in RAY_ADDRESS."""
    if not settings.ray_address:
        raise UsageError(
            "RAY_ADDRESS is missing: a training on Ray needs a cluster, such as RAY_ADDRESS=http://10.0.0.5:8265"
        )
    try:
        from dataset_platform.assets.ray_jobs import run_on_ray
    except ImportError:
        raise UsageError(
            "a training on Ray needs its client: pip install -c constraints.txt 'dataset-platform[ray]'"
        ) from None
    run_on_ray(task, context, settings)


def _facts(folder: Path) -> dict[str, Any]:
    """What the UI shows of a checkpoint: counts, losses, speed, and a picture of how they went."""
    manifest = training.verify_checkpoint(folder).manifest
    losses = manifest.validation_losses
    return {
        "release_manifest_sha256": manifest.release.manifest_sha256,
        "base_model": manifest.base_model.name,
        "counts": table([manifest.counts.model_dump()]),
        "plot": picture(training.picture(folder), "png", "Loss, learning rate and tokens/s by step"),
        "loss_curve": table([point.model_dump() for point in manifest.loss_curve]),
        **({"validation_loss": losses[-1]} if losses else {}),
        "tokens_per_s": manifest.tokens_per_s,
        "peak_rss_bytes": manifest.peak_rss_bytes,
    }
