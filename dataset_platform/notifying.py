"""Tells people of runs that failed, where they want to hear of it: webhook, Slack, e-mail and many more."""

from collections.abc import Sequence

import dagster as dg

from dataset_platform.errors import NotTold
from dataset_platform.run_errors import error_of, is_failed_check
from dataset_platform.settings import Settings
from dataset_platform.storage.io_managers import Storage

PARTITION = "dagster/partition"


@dg.run_failure_sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the addresses in DATASET_NOTIFY of every run that fails; without them, nobody.",
)
def tell_of_failures(context: dg.RunFailureSensorContext, storage: Storage) -> dg.SkipReason | None:
    """Sends job, partition, what stopped which step, and where the run is: ids and counts, no text."""
    settings = storage.settings
    if not settings.notify:
        return dg.SkipReason("DATASET_NOTIFY names nobody")
    run = context.dagster_run
    partition = run.tags.get(PARTITION)
    title = f"{run.job_name}{f' of {partition}' if partition else ''} failed"
    checks = [found for found in _evaluations(context) if not found.passed]
    lines = [
        *(f"{event.step_key}: {_reason(event, run.run_id)}" for event in _failures(context)),
        *(f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description}" for check in checks),
    ]
    place = f"{settings.ui_url}/runs/{run.run_id}"
    send(settings, title, "\n".join([*(lines or [context.failure_event.message or ""]), place]))
    return None


def send(settings: Settings, title: str, body: str) -> None:
    """To every address of DATASET_NOTIFY; raises NotTold, which names none, as they hold secrets."""
    # Imported here: it knows a hundred services, and only a failure needs one.
    import apprise

    addresses = settings.notify.get_secret_value().split() if settings.notify else []
    wrong = [
        number
        for number, address in enumerate(addresses, 1)
        if (target := apprise.Apprise.instantiate(address)) is None or not target.notify(body, title=title)
    ]
    if wrong:
        raise NotTold(
            f"DATASET_NOTIFY: address {', '.join(map(str, wrong))} of {len(addresses)} took no message; "
            "look at its spelling, its password and whether it can be reached from here"
        )


def _failures(context: dg.RunFailureSensorContext) -> Sequence[dg.DagsterEvent]:
    """Steps that failed of themselves; those of failed checks are told by what was checked."""
    return [
        event
        for event in context.get_step_failure_events()
        if not is_failed_check(event.step_failure_data.error)
    ]


def _reason(event: dg.DagsterEvent, run_id: str) -> str:
    try:
        return str(error_of(event.step_failure_data.error, run_id, str(event.step_key)))
    except KeyboardInterrupt:
        return "was interrupted"


def _evaluations(context: dg.RunFailureSensorContext) -> Sequence[dg.AssetCheckEvaluation]:
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    )
    return [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
