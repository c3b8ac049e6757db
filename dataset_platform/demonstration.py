"""The demo: the whole pipeline on the bundled sample sources, and what became of every record."""

from dataclasses import replace
from pathlib import Path

from dataset_platform import samples
from dataset_platform.display import Shown
from dataset_platform.operations import Operations, TrainingWish
from dataset_platform.release import ensure_spec
from dataset_platform.results.models import evaluation_result
from dataset_platform.results.quality import quality_result
from dataset_platform.results.releases import release_result
from dataset_platform.results.sources import cleaning_result
from dataset_platform.storage.store import Store

VERSION = "1.0.0"


def sample_sources(operations: Operations) -> Shown:
    """Lays the sample sources down: files in the landing area, descriptions in sources/."""
    settings, store = operations.storage.settings, operations.storage.store
    with store.staging() as folder:
        sample = samples.lay_down(folder, settings.sources_dir)
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            _put_if_different(store, f"{settings.raw_prefix}/{path.relative_to(folder).as_posix()}", path)
    landing = store.url(settings.raw_prefix)
    return Shown(
        facts={"sources": list(sample.sources), "landing": landing},
        closing=[f"{len(sample.sources)} sources in {landing}/, described in {settings.sources_dir}/"],
    )


def _put_if_different(store: Store, key: str, path: Path) -> None:
    """An equal file stays as it is, so that nothing that was read from it is read again."""
    content = path.read_bytes()
    if not store.exists(key) or store.read(key) != content:
        store.replace(key, content)


def demonstrate(operations: Operations) -> Shown:
    """Everything from raw files to the eval report, for one release; stops after a failed gate."""
    storage = operations.storage
    with operations.progress.task("Lay down the sample sources"):
        laid_down = sample_sources(operations)
        ensure_spec(storage.settings.releases_dir, VERSION)
    cleaned = operations.sources.clean(laid_down.facts["sources"])
    shown = cleaning_result(storage, cleaned.done, cleaned.failure)
    if shown.failure:
        return shown
    operations.releases.cut(VERSION)
    shown = shown.then(release_result(storage, VERSION))
    shown = shown.then(quality_result(storage, VERSION))
    if shown.failure:
        return shown
    operations.checkpoints.train(VERSION, TrainingWish())
    operations.checkpoints.evaluate(VERSION, quick=True)
    # "Do not ship" is what a model of this size, tuned for two minutes, ought to hear: no failure.
    shown = shown.then(replace(evaluation_result(storage, VERSION), failure=None))
    return shown.then(
        Shown(
            facts={}, closing=["Next         make ui   (Dagster's UI, with every run and asset of this demo)"]
        )
    )
