"""The Ray cluster, where one is to compute."""

from collections.abc import Iterator

from dataset_platform import engine
from dataset_platform.diagnosis.finding import Finding, failed, ok, warning
from dataset_platform.display import counted
from dataset_platform.errors import UsageError
from dataset_platform.settings import Engine, Settings, StorageBackend


def diagnose_cluster(settings: Settings) -> Iterator[Finding]:
    """Whether the cluster answers and all its nodes would give this process' bytes; nothing without one."""
    if settings.engine is Engine.NATIVE:
        return
    check = f"Ray at {settings.ray_address}"
    try:
        engine.start(settings)
    except UsageError as error:
        yield failed(check, str(error), "docs/scaling.md, Run on a Ray cluster")
        return
    nodes = engine.nodes()
    cpus = sum(node.cpus for node in nodes)
    if not nodes:
        yield failed(check, "no node has a CPU to compute with", "add workers: ray start --address …")
        return
    size = f"{counted(len(nodes), 'node')} with {counted(cpus, 'CPU')}"
    yield ok(check, f"{size}, all with the packages and code of this process")
    if settings.storage_backend is StorageBackend.LOCAL and len({node.address for node in nodes}) > 1:
        yield warning(
            f"{check}, storage",
            f"DATASET_STORAGE_LOCAL_PATH={settings.storage_local_path} has to be one mount on all nodes",
            "mount it everywhere at the same place, or set DATASET_STORAGE_BACKEND=s3 or gcs",
        )
