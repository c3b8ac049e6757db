"""A training as a job of a Ray cluster: submitted to it, followed by its log, and stopped with its run.

Of what the job prints only the messages of Dagster Pipes are read: libraries may quote what they work on.
"""

import io
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import stamina
from dagster._core.pipes.context import PipesMessageHandler
from dagster._core.pipes.utils import extract_message_or_forward_to_file
from dagster_pipes import PipesDefaultMessageWriter, PipesParams
from ray.exceptions import AuthenticationError
from ray.job_submission import JobStatus, JobSubmissionClient
from requests import RequestException

from dataset_platform import engine, training
from dataset_platform.errors import TrainingFailed, UsageError
from dataset_platform.settings import Settings, variable

LOOK_EVERY_S = 1.0
GIVE_UP_AFTER_S = 300.0  # a head that restarts or a network that breaks ends no training at once
TASK_NAME = "task.json"
KEY = "training_key"
STORED_AS = ("storage_", "s3_", "gcs_")
NO_ANSWER = (RequestException, RuntimeError)  # Ray raises RuntimeError for answers other than 200


class JobLog(dg.PipesMessageReader):
    """The messages among the lines of a job's log."""

    def __init__(self) -> None:
        self._handler: PipesMessageHandler | None = None
        self._read = 0

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        self._handler = handler
        yield {PipesDefaultMessageWriter.STDIO_KEY: PipesDefaultMessageWriter.STDOUT}

    def read(self, log: str) -> None:
        """Handles the lines that came since the last time; `log` is all there is."""
        whole = log[: log.rfind("\n") + 1]
        for line in whole[self._read :].splitlines():
            extract_message_or_forward_to_file(self._handler, line, io.StringIO())  # type: ignore[arg-type]
        self._read = len(whole)

    def no_messages_debug_text(self) -> str:
        return "Messages are read from the log of the Ray job."


def run_on_ray(task: training.StoredTask, context: dg.AssetExecutionContext, settings: Settings) -> None:
    """Trains on a machine of the cluster, which leaves the checkpoint in the store.

    Raises what stopped it there; UsageError where the cluster takes no job, TrainingFailed where a job
    ended and did not say why. A run that is terminated stops its job.
    """
    with _submitting(settings):
        client = JobSubmissionClient(settings.ray_address)
        stop_orphans(client, task.key)
    log = JobLog()
    with (
        TemporaryDirectory(prefix="training-") as folder,
        dg.open_pipes_session(context, dg.PipesEnvContextInjector(), log) as session,
    ):
        (Path(folder) / TASK_NAME).write_text(task.model_dump_json(), encoding="utf-8")
        variables = {**_where_data_lies(settings), **session.get_bootstrap_env_vars()}
        with _submitting(settings):
            job = client.submit_job(
                entrypoint=_entrypoint(task.config),
                runtime_env={"working_dir": folder, "env_vars": variables},
                metadata={KEY: task.key},
                **_resources(task.config),
            )
        context.log.info(f"Ray job {job} is submitted")
        status = _follow(client, job, log)
    for told in session.message_handler.get_custom_messages():
        raise training.error_told(told)
    if status is not JobStatus.SUCCEEDED:
        raise TrainingFailed(
            f"Ray job {job} ended as {status.value} without saying why; `ray job logs {job}` has its output"
        )


def stop_orphans(client: JobSubmissionClient, key: str) -> None:
    """Stops jobs of the same work: a run that was killed left them, and they write to the same states."""
    for job in client.list_jobs():
        same = (job.metadata or {}).get(KEY) == key
        if same and job.submission_id and not job.status.is_terminal():
            client.stop_job(job.submission_id)


@contextmanager
def _submitting(settings: Settings) -> Iterator[None]:
    address = str(settings.ray_address)
    shown = "…" if "@" in address else address
    try:
        yield
    except AuthenticationError:
        raise UsageError(f"RAY_ADDRESS={shown}: {engine.TOKEN_WANTED}") from None
    except Exception as error:  # Ray resolves addresses in several ways, each with errors of its own
        raise UsageError(
            f"RAY_ADDRESS={shown}: no cluster takes a job there ({type(error).__name__}); start its head "
            "with 'ray[default]' and the dashboard, and name it as http://host:8265 or host:6379"
        ) from None


def _entrypoint(config: training.TrainingConfig) -> str:
    """Ray limits jobs to one thread a CPU that they ask for; a training takes the machine's, as anywhere."""
    command = training.worker_command(config, Path(TASK_NAME), "python")
    return f"env -u OMP_NUM_THREADS {shlex.join(command)}"


def _resources(config: training.TrainingConfig) -> dict[str, Any]:
    """What decides where the job runs: a machine with the GPUs, or one that computes at all."""
    if config.accelerator == "auto":
        return {"entrypoint_num_gpus": config.devices}
    return {"entrypoint_num_cpus": config.devices}


def _where_data_lies(settings: Settings) -> dict[str, str]:
    """The store's settings as variables; credentials are those of the machine."""
    values = {
        name: value
        for name, value in settings.model_dump().items()
        if value is not None and (name.startswith(STORED_AS) or name.endswith("_prefix"))
    }
    values["storage_local_path"] = settings.storage_local_path.absolute()
    return {variable(name): str(value) for name, value in values.items()}


def _follow(client: JobSubmissionClient, job: str, log: JobLog) -> JobStatus:
    """How the job ended. It is stopped when anything stops this."""
    try:
        while True:
            status, printed = _look(client, job)
            log.read(printed)
            if status.is_terminal():
                return status
            time.sleep(LOOK_EVERY_S)
    except BaseException:
        with suppress(*NO_ANSWER):
            client.stop_job(job)
        raise


def _look(client: JobSubmissionClient, job: str) -> tuple[JobStatus, str]:
    """Status first: a job that has ended prints no more."""
    try:
        for attempt in stamina.retry_context(
            on=NO_ANSWER, attempts=None, timeout=GIVE_UP_AFTER_S, wait_max=15
        ):
            with attempt:
                return client.get_job_status(job), client.get_job_logs(job)
    except NO_ANSWER as error:
        raise TrainingFailed(
            f"Ray job {job}: the cluster gives no answer ({type(error).__name__}). See that its head is up; "
            "the same command goes on from the last state"
        ) from None
    raise AssertionError  # retry_context yields until it returns or raises
