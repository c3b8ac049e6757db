"""What people ask of the platform, as Dagster runs with a progress line each."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg

from dataset_platform import engine, ingest, lineage, release, training
from dataset_platform.assets.partitions import SOURCES, VERSIONS
from dataset_platform.errors import ContractError, InputError, PlatformError
from dataset_platform.ingest.checking import CheckedSource, check_source
from dataset_platform.ingest.sniffing import UNDECIDED_LICENSE
from dataset_platform.ingest.source_folders import source_folder
from dataset_platform.jobs import (
    clean_source,
    cut_release,
    evaluate_checkpoint,
    train_checkpoint,
    train_heads,
)
from dataset_platform.launch import RunOutcome, launch
from dataset_platform.progress import Progress
from dataset_platform.run_records import recorded
from dataset_platform.schemas import WithdrawnBy
from dataset_platform.settings import settings_instead
from dataset_platform.storage.io_managers import Storage, not_made
from dataset_platform.storage.landing import (
    SOURCE_NAMES,
    departed,
    is_source_name,
    landed_sources,
    listed_sources,
)
from dataset_platform.storage.outdated import changes_since_reading
from dataset_platform.storage.work import open_folder, read_manifest

JUDGED = (dg.AssetKey("qa_report"), dg.AssetKey("eval_report"))


@dataclass(frozen=True)
class Cleaned:
    """Sources that were read and cleaned, and what stopped each of the others."""

    done: Sequence[str]
    failed: Mapping[str, PlatformError]

    @property
    def failure(self) -> PlatformError | None:
        """What went wrong, with the highest exit status among it; None when nothing did."""
        if not self.failed:
            return None
        worst = max(self.failed.values(), key=lambda error: error.exit_status)
        if len(self.failed) == 1:
            return worst
        lines = [f"{name}: {error}" for name, error in self.failed.items()]
        count = f"{len(self.failed)} of {len(self.done) + len(self.failed)} sources failed:"
        return type(worst)("\n".join([count, *lines]))


@dataclass(frozen=True)
class TrainingWish:
    """How somebody wants to train: a preset or YAML file, and what is to differ from it."""

    preset: str = "cpu-demo"
    overrides: Sequence[str] = ()
    despite_failed_gates: str | None = None
    runs_in: str = "process"

    @property
    def run_config(self) -> dict[str, Any]:
        """As Dagster's run config of `trained_checkpoint`; where the asset runs, paths are those of here."""
        is_file = self.preset.endswith((".yaml", ".yml"))
        reason = self.despite_failed_gates
        return {
            "preset": str(Path(self.preset).absolute()) if is_file else self.preset,
            "set": list(self.overrides),
            "runs_in": self.runs_in.upper(),
            **({"despite_failed_gates": reason} if reason else {}),
        }


@dataclass(frozen=True)
class Operations:
    """Everything runs on one Dagster instance and one storage."""

    instance: dg.DagsterInstance
    storage: Storage
    progress: Progress

    def check_source(self, target: str, name: str | None, write: bool, force: bool) -> CheckedSource:
        """Holds a source's description against its files, or drafts one; the only thing that is no run.

        `target` is the source's name or any folder, `name` what it is to be called.
        """
        folder = source_folder(self.storage.store, self.storage.settings.raw_prefix, target, name)
        path = self.storage.description_path(folder.source)
        with self.progress.task(f"Read {folder.url}"):
            return check_source(folder, path, write, force)

    def clean_sources(self, names: Sequence[str] = ()) -> Cleaned:
        """Reads and cleans the named sources, or all that are described, one run each.

        A source that fails does not stop the others; the runs share the tag `cleaned_together`. One that
        left the landing area is forgotten. Raises InputError, before anything runs, for another name without
        a description or without files.
        """
        engine.start(self.storage.settings)
        described = ingest.description_paths(self.storage.settings.sources_dir)
        landed = landed_sources(self.storage.store, self.storage.settings.raw_prefix)
        left = self._forget_sources_that_left(landed)
        chosen = [name for name in names or sorted(described.keys() & landed.keys()) if name not in left]
        for name in chosen:
            self._require_source(name, described, landed)
        if not chosen and not names:
            raise InputError(
                f"no source has both a description in {self.storage.settings.sources_dir}/ and files in "
                f"{self.storage.store.url(self.storage.settings.raw_prefix)}/; "
                "try `dataset-platform sources samples`"
            )
        self._tell_undecided_licenses(chosen)
        done, failed = [], {}
        tags = {"cleaned_together": uuid4().hex[:8]}
        for name in chosen:
            try:
                ingest.load_description(described[name])
                self._run(clean_source.name, SOURCES, name, f"Read and clean {name}", tags=tags)
                done.append(name)
            except PlatformError as error:
                failed[name] = error
        return Cleaned(done, failed)

    def _require_source(self, name: str, described: Collection[str], landed: Collection[str]) -> None:
        path = self.storage.description_path(name)
        if not is_source_name(name):
            raise InputError(f"source {name!r}: {SOURCE_NAMES}; rename its folder and description")
        if name not in described:
            raise InputError(f"source {name}: no {path} describes it")
        if name not in landed:
            origin = ingest.load_description(path).origin
            hint = f"; try `dataset-platform sources fetch {name}`" if origin else ""
            raise InputError(
                f"{self.storage.store.url(self.storage.landing_prefix(name))}: no files to read{hint}"
            )

    def known_sources(self) -> list[str]:
        """The sources that a release is made of."""
        return sorted(self.instance.get_dynamic_partitions(str(SOURCES.name)))

    def _forget_sources_that_left(self, landed: Collection[str]) -> list[str]:
        """The sources without files, taken out of the partitions, so that later releases lack them."""
        left = departed(self.known_sources(), landed)
        for name in left:
            self.instance.delete_dynamic_partition(str(SOURCES.name), name)
            self.progress.note(f"{name} left the landing area; releases from now on are made without it")
        return left

    def _tell_undecided_licenses(self, names: Collection[str]) -> None:
        """Names the sources whose draft nobody finished; a broken description is told of elsewhere."""
        undecided = []
        for name in names:
            with suppress(InputError):
                description = ingest.load_description(self.storage.description_path(name))
                undecided += [name] if description.license == UNDECIDED_LICENSE else []
        if undecided:
            self.progress.note(
                f"warning: license of {', '.join(undecided)} is undecided: write what their owners allow in "
                f"{self.storage.description_path('<name>')}"
            )

    def cut_release(
        self, version: str, judge: bool = True, target_samples: int | None = None, seed: int | None = None
    ) -> None:
        """Finds duplicates, writes the release and, unless told not to, judges its quality.

        Writes the release's spec if there is none. Raises InputError, and writes none, when a source was
        not cleaned, left the landing area or changed there since.
        """
        engine.start(self.storage.settings)
        folder = self.storage.settings.releases_dir
        spec = release.wanted_spec(folder, version, target_samples, seed)
        sources = self.known_sources()
        self._require_unchanged(sources)
        self._require_cleaned(sources)
        self._tell_undecided_licenses(sources)
        release.write_spec(spec, folder)
        made = ["withdrawn_conversations", "duplicate_clusters", "pasted_answers", "dataset_export"]
        assets = None if judge else made
        self._run(cut_release.name, VERSIONS, version, f"Cut release {version}", assets)

    def _require_unchanged(self, sources: Collection[str]) -> None:
        listed = listed_sources(self.storage.store, self.storage.settings.raw_prefix)
        if sources and not listed:
            landing = self.storage.store.url(self.storage.settings.raw_prefix)
            self.progress.note(
                f"warning: nothing is in {landing}/; the release is made of what was read before"
            )
            return
        with self.progress.task("Compare the landing area with what was read"):
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
        with self.progress.task("Find it in tables and releases"):
            text = by is WithdrawnBy.TEXT
            target = lineage.text_target(named) if text else lineage.target_of(self.storage, by, named)
        with self.progress.task("Record the withdrawal, find what has its rows"):
            return lineage.withdraw(self.storage, target, reason, near, datetime.now(UTC))

    def withdrawals(self) -> Sequence[release.Withdrawal]:
        """Everything that was withdrawn, oldest first."""
        return release.read_log(self.storage.store, self.storage.settings.withdrawals_prefix).withdrawals

    def judge(self, version: str) -> None:
        """Judges the quality of a published release."""
        self._require_published(version)
        self._run(cut_release.name, VERSIONS, version, f"Judge release {version}", ["qa_report"])

    def train_heads(self, labels: Path, conversations: Path) -> None:
        """Trains the heads of validators on labelled sets; nothing where the same was done before."""
        with settings_instead(labels_dir=labels, conversations_dir=conversations):
            self._launch(train_heads.name, None, "Train heads of validators")

    def train(self, version: str, wanted: TrainingWish) -> None:
        """Fine-tunes the base model; the configuration is checked before the run starts."""
        training.load_preset(wanted.preset, wanted.overrides)
        self._require_published(version)
        config = {"ops": {"trained_checkpoint": {"config": wanted.run_config}}}
        self._run(train_checkpoint.name, VERSIONS, version, f"Train on release {version}", run_config=config)

    def plan_training(self, version: str, wanted: TrainingWish) -> training.Forecast:
        """What training would be; no run, as nothing is made. Raises TrainingFailed where it will not fit."""
        config = training.load_preset(wanted.preset, wanted.overrides)
        self._require_published(version)
        with self.progress.task(f"Plan training on release {version}"):
            folder = self.storage.store.fetch(self.storage.release_prefix(version))
            base_model = training.find_base_model(config.base_model, self.storage.settings.cache)
            told = training.forecast(release.parquet_path(folder, version), config, base_model)
        return told

    def merge_checkpoint(self, version: str, base_model: str | None, out: Path) -> Path:
        """A checkpoint of a release as a plain model in `out`; no run, as nothing of the project changes."""
        prefix = self.storage.checkpoint_prefix(version)
        folder = open_folder(self.storage.store, prefix)
        if folder is None:
            raise not_made("trained_checkpoint", [version])
        with self.progress.task(f"Merge the checkpoint of {version}"):
            named = base_model or training.verify_checkpoint(folder.path).manifest.config.base_model
            base = training.find_base_model(named, self.storage.settings.cache)
            return training.merge_checkpoint(folder.path, base, out)

    def evaluate(
        self, version: str, against: str | None = None, quick: bool = False, base_model: str | None = None
    ) -> None:
        """Compares the checkpoint of a published release with the base model and an earlier checkpoint.

        `against` is the earlier version, `none` for no comparison; the newest with the same base model if not
        given. `base_model` is where the base model lies, if not where the checkpoint says.
        """
        self._require_published(version)
        asked = {"against": against or "", "quick": quick, "base_model": base_model or ""}
        config = {"ops": {"eval_report": {"config": asked}}}
        title = f"Evaluate the checkpoint of {version}"
        self._run(evaluate_checkpoint.name, VERSIONS, version, title, run_config=config)

    def known_versions(self) -> list[str]:
        """Every version that a run was started for."""
        return sorted(self.instance.get_dynamic_partitions(str(VERSIONS.name)))

    def _require_published(self, version: str) -> None:
        if not self.storage.store.exists(self.storage.release_prefix(version)):
            raise InputError(
                f"release {version} is not published; try `dataset-platform export --version {version}`"
            )

    def _run(
        self,
        job: str,
        partitions: dg.DynamicPartitionsDefinition,
        key: str,
        title: str,
        assets: Sequence[str] | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.instance.add_dynamic_partitions(str(partitions.name), [key])
        self._launch(job, key, title, assets, run_config, tags)

    def _launch(
        self,
        job: str,
        partition: str | None,
        title: str,
        assets: Sequence[str] | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        run_id = str(uuid4())
        with self.progress.task(title), recorded(self.instance, self.storage, run_id, self.progress):
            outcome = launch(
                self.instance, run_id, job, partition, self.progress.say, assets, run_config, tags
            )
            _refuse_broken_contracts(outcome)
        for warning in _warnings(outcome, partition):
            self.progress.note(f"warning: {warning}")


def _refuse_broken_contracts(outcome: RunOutcome) -> None:
    """ContractError for checks that failed. Gates are not among them: the reports tell of those."""
    failed = [
        check
        for check in outcome.failed_checks
        if check.asset_key not in JUDGED and check.severity is dg.AssetCheckSeverity.ERROR
    ]
    if failed:
        lines = [
            f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description}" for check in failed
        ]
        raise ContractError("\n".join([f"{len(failed)} checks failed in run {outcome.run_id}:", *lines]))


def _warnings(outcome: RunOutcome, partition: str | None) -> list[str]:
    """What checks of the run found worth a look, with the partition; those of gates stand in the report."""
    return [
        f"{partition or check.asset_key.to_user_string()}: {check.description}"
        for check in outcome.failed_checks
        if check.asset_key not in JUDGED and check.severity is dg.AssetCheckSeverity.WARN
    ]
