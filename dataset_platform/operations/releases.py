"""Releases: cut, judged, and what is withdrawn from those to come."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dataset_platform import engine, lineage, release
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.errors import InputError
from dataset_platform.jobs import cut_release, train_heads
from dataset_platform.operations.runs import ByRuns
from dataset_platform.operations.sources import Sources
from dataset_platform.schemas import WithdrawnBy
from dataset_platform.settings import settings_instead
from dataset_platform.storage.io_managers import not_made
from dataset_platform.storage.landing import listed_sources
from dataset_platform.storage.outdated import changes_since_reading
from dataset_platform.storage.work import read_manifest


class Releases(ByRuns):
    """What is done with releases, which are made of the sources."""

    @property
    def sources(self) -> Sources:
        return Sources(self.runs)

    def cut(
        self, version: str, judge: bool = True, target_samples: int | None = None, seed: int | None = None
    ) -> None:
        """Finds duplicates, writes the release and, unless told not to, judges its quality.

        Writes the release's spec if there is none. Raises InputError, and writes none, when a source was
        not cleaned, left the landing area or changed there since.
        """
        engine.start(self.storage.settings)
        folder = self.storage.settings.releases_dir
        spec = release.wanted_spec(folder, version, target_samples, seed)
        sources = self.sources.known()
        self._require_unchanged(sources)
        self._require_cleaned(sources)
        self.sources.tell_undecided_licenses(sources)
        release.write_spec(spec, folder)
        made = ["withdrawn_conversations", "duplicate_clusters", "pasted_answers", "dataset_export"]
        assets = None if judge else made
        self.runs.run_partition(cut_release.name, VERSIONS, version, f"Cut release {version}", assets)

    def _require_unchanged(self, sources: Collection[str]) -> None:
        listed = listed_sources(self.storage.store, self.storage.settings.raw_prefix)
        if sources and not listed:
            landing = self.storage.store.url(self.storage.settings.raw_prefix)
            self.runs.progress.note(
                f"warning: nothing is in {landing}/; the release is made of what was read before"
            )
            return
        with self.runs.progress.task("Compare the landing area with what was read"):
            changes = changes_since_reading(self.storage, sources, listed)
        if changes:
            raise InputError(
                f"{'; '.join(changes.values())} since the last reading; "
                f"run `dataset-platform sources clean {' '.join(changes)}`"
            )

    def _require_cleaned(self, sources: Collection[str]) -> None:
        asset, store = "clean_conversations", self.storage.store
        missing = [
            name for name in sources if not read_manifest(store, self.storage.result_prefix(asset, name))
        ]
        if missing or not sources:
            raise not_made(asset, missing)

    def withdraw(self, by: WithdrawnBy, named: str, reason: str, near: bool) -> lineage.Withdrawn:
        """Records a withdrawal and finds what has its rows. No run: the next export makes the assets."""
        with self.runs.progress.task("Find it in tables and releases"):
            text = by is WithdrawnBy.TEXT
            target = lineage.text_target(named) if text else lineage.target_of(self.storage, by, named)
        with self.runs.progress.task("Record the withdrawal, find what has its rows"):
            return lineage.withdraw(self.storage, target, reason, near, datetime.now(UTC))

    def withdrawals(self) -> Sequence[release.Withdrawal]:
        """Everything that was withdrawn, oldest first."""
        return release.read_log(self.storage.store, self.storage.settings.withdrawals_prefix).withdrawals

    def judge(self, version: str) -> None:
        """Judges the quality of a published release."""
        self.require_published(version)
        self.runs.run_partition(
            cut_release.name, VERSIONS, version, f"Judge release {version}", ["qa_report"]
        )

    def train_heads(self, labels: Path, conversations: Path) -> None:
        """Trains the heads of validators on labelled sets; nothing where the same was done before."""
        with settings_instead(labels_dir=labels, conversations_dir=conversations):
            self.runs.run(train_heads.name, None, "Train heads of validators")

    def known_versions(self) -> list[str]:
        """Every version that a run was started for."""
        return sorted(self.runs.instance.get_dynamic_partitions(str(VERSIONS.name)))

    def require_published(self, version: str) -> None:
        if not self.storage.store.exists(self.storage.release_prefix(version)):
            raise release.not_published(version)
