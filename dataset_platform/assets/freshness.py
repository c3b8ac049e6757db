"""How long ago each source had its last file, and whether that is too long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from dataset_platform import ingest
from dataset_platform.errors import InputError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import listed_sources
from dataset_platform.storage.outdated import changes_since_reading


@dataclass(frozen=True)
class SourceAge:
    """Days since the newest file of a source, and what is wrong with that; empty where nothing is."""

    source: str
    days: float | None
    expected_within: float | None
    problem: str

    def row(self) -> dict[str, object]:
        """As a row of a table."""
        within = "" if self.expected_within is None else f"{self.expected_within:g}"
        return {
            "source": self.source,
            "days since the newest file": "" if self.days is None else f"{self.days:.1f}",
            "expected within": within,
            "problem": self.problem,
        }


def ages_of_sources(storage: Storage, sources: Collection[str], now: datetime) -> list[SourceAge]:
    """The age of each source, sorted by name, as the landing area and `fresh_for_days` have it."""
    listed = listed_sources(storage.store, storage.settings.raw_prefix)
    changes = changes_since_reading(storage, sources, listed)
    ages = []
    for source in sorted(sources):
        newest = max((stored.modified for stored in listed.get(source, ())), default=None)
        days = None if newest is None else (now - newest).total_seconds() / 86_400
        within, problem = _expected(storage, source)
        if within is not None and days is not None and days > within:
            problem = f"{source} had its last file {days:.1f} days ago, expected within {within:g}"
        ages.append(SourceAge(source, days, within, problem or changes.get(source, "")))
    return ages


def _expected(storage: Storage, source: str) -> tuple[float | None, str]:
    """Within how many days a file is expected; or what is wrong with the description."""
    try:
        return ingest.load_description(storage.description_path(source)).fresh_for_days, ""
    except InputError as error:
        return None, str(error)
