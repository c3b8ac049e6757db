"""Whether an installation can take work now: what a deployment waits for."""

from collections.abc import Iterator

from dagster._daemon.controller import get_daemon_statuses

from dataset_platform.diagnosis.finding import Finding, Health, failed, ok
from dataset_platform.diagnosis.software import OpenInstance, dagster_home
from dataset_platform.errors import PlatformError
from dataset_platform.settings import Settings
from dataset_platform.storage.opening import open_store

DAEMON = "daemon"
AS_SERVICE = "start it: `dagster-daemon run`, as a service that is started again when it ends"


def readiness(settings: Settings, open_instance: OpenInstance) -> Iterator[Finding]:
    """The instance, the heartbeats of its daemon, and the store, which is listed and not written to."""
    instance = dagster_home(open_instance)
    yield instance
    if instance.health is Health.OK:
        yield daemon(open_instance)
    yield _store(settings)


def daemon(open_instance: OpenInstance) -> Finding:
    """Whether each part of the daemon gave a sign of life lately, and without an error."""
    with open_instance() as instance:
        statuses = get_daemon_statuses(instance, instance.get_required_daemon_types())
    silent = sorted(name for name, status in statuses.items() if status.required and not status.healthy)
    if silent:
        return failed(DAEMON, f"no sign of life from {', '.join(silent).lower()}", AS_SERVICE)
    return ok(DAEMON, f"{len(statuses)} parts are alive")


def _store(settings: Settings) -> Finding:
    try:
        store = open_store(settings)
        next(iter(store.list(settings.exports_prefix)), None)
    except PlatformError as error:
        return failed("storage list", str(error), "`dataset-platform doctor` tries all that storage must do")
    return ok("storage list", store.url(settings.exports_prefix))
