"""The demo: the whole pipeline on the bundled sample sources, and what became of every record."""

from dataset_platform import samples
from dataset_platform.display import Shown
from dataset_platform.operations import Operations
from dataset_platform.release import ensure_spec
from dataset_platform.results import evaluation_result, quality_result, release_result, sources_result

VERSION = "1.0.0"


def sample_sources(operations: Operations) -> Shown:
    """Lays the sample sources down: files in the landing area, descriptions in sources/."""
    settings = operations.storage.settings
    landing = settings.storage_local_path / settings.raw_prefix
    sample = samples.lay_down(landing, settings.sources_dir)
    return Shown(
        facts={"sources": list(sample.sources), "landing": str(landing)},
        closing=[f"{len(sample.sources)} sources in {landing}/, described in {settings.sources_dir}/"],
    )


def demonstrate(operations: Operations) -> Shown:
    """Everything from raw files to the eval report, for one release; stops after a failed gate."""
    storage = operations.storage
    with operations.progress.task("Lay down the sample sources"):
        laid_down = sample_sources(operations)
        ensure_spec(storage.settings.releases_dir, VERSION)
    sources = operations.clean_sources(laid_down.facts["sources"])
    operations.cut_release(VERSION)
    shown = sources_result(storage, sources).then(release_result(storage, VERSION))
    shown = shown.then(quality_result(storage, VERSION))
    if shown.failure:
        return shown
    operations.train(VERSION)
    operations.evaluate(VERSION)
    return shown.then(evaluation_result(storage, VERSION)).then(
        Shown(
            facts={}, closing=["Next         make ui   (Dagster's UI, with every run and asset of this demo)"]
        )
    )
