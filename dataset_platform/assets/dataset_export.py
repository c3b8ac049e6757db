"""dataset_export: one published version of the dataset."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import daft
import dagster as dg
from pydantic import Field

from dataset_platform import curate, engine, release
from dataset_platform.assets.partitions import ALL_SOURCES, VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.assets.release_facts import release_facts
from dataset_platform.assets.release_inputs import code_versions, input_files_of
from dataset_platform.errors import (
    AlreadyPublished,
    ContractError,
    VerificationFailed,
    unquoted,
)
from dataset_platform.schemas import RELEASE
from dataset_platform.storage.files import File, describe
from dataset_platform.storage.io_managers import Storage, run_labels, said_of
from dataset_platform.storage.patience import patient
from dataset_platform.storage.shards import Shards, frame_over
from dataset_platform.storage.tables import Table
from dataset_platform.storage.work import Folder, FolderManifest, Work

DAGSTER_FILES = Path(".dagster")


class ReleaseRun(dg.Config):
    """What a release without a spec shall be; its spec is written from it."""

    target_samples: int | None = Field(None, ge=1, description="Rows; 1,000 if nothing says otherwise.")
    seed: int | None = Field(None, ge=0, description="Decides draw and splits; 42 if nothing says otherwise.")


@dg.asset(
    ins={
        "clean_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "filter_decisions": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "quarantine": dg.AssetIn(partition_mapping=ALL_SOURCES),
    },
    partitions_def=VERSIONS,
    group_name="3_release",
    owners=OWNERS,
    tags=tags(Holds.MASKED_TEXT, alone=False),
    kinds={"parquet", "json", "daft"},
    io_manager_key="releases",
    code_version=release.VERSION,
    metadata=table_metadata(RELEASE),
)
def dataset_export(
    context: dg.AssetExecutionContext,
    config: ReleaseRun,
    storage: Storage,
    clean_conversations: Table,
    filter_decisions: Table,
    quarantine: Table,
    withdrawn_conversations: Table,
    duplicate_clusters: Table,
) -> Work:
    """One version of the dataset: JSONL, Parquet, ledger, lock, card and manifest. Never changed once out.

    Made as `releases/<version>.yaml` says, which is written from the run's config if it is not there.

    When it is red: a mistake in `releases/<version>.yaml` is named with its line; a version that is published
    already with other inputs needs a new version number; accounts that do not close name the counts.
    """
    version = context.partition_key
    settings = storage.settings
    spec = release.ensure_spec(settings.releases_dir, version, config.target_samples, config.seed)
    made_from = {
        "clean_conversations": clean_conversations,
        "filter_decisions": filter_decisions,
        "withdrawn_conversations": withdrawn_conversations,
    }
    for name, input_table in made_from.items():
        if duplicate_clusters.inputs.get(name) != input_table.digest:
            raise ContractError(f"duplicate_clusters is older than {name}: materialise it again first")
    log = release.read_log(storage.store, settings.withdrawals_prefix)
    if withdrawn_conversations.inputs.get("withdrawals") != log.digest:
        raise ContractError("withdrawn_conversations is older than a withdrawal: materialise it again first")
    with unquoted():
        input_files = input_files_of(storage, clean_conversations.frame, quarantine.frame)
    ingredients = release.Ingredients(code_versions(settings), input_files, curate.models_used(), log.sha256s)
    place = storage.store.url(storage.release_prefix(version))

    def build(folder: Path) -> None:
        release.build(
            clean_conversations.frame,
            filter_decisions.frame,
            withdrawn_conversations.frame,
            duplicate_clusters.frame,
            quarantine.frame,
            spec,
            release.collect_provenance(
                ingredients=ingredients,
                git=release.git_state(Path.cwd(), (settings.storage_local_path, DAGSTER_FILES)),
                engine=engine.described(settings),
                created_at=datetime.now(UTC),
                run_id=context.run.run_id,
                storage_url=place if "://" in place else None,
            ),
            folder,
        )

    return Work(release.deciding_inputs(spec, ingredients), build, release_facts)


def exported_rows(storage: Storage, exported: Folder, version: str) -> daft.DataFrame:
    """The rows of a published release as a lazy frame (schemas.RELEASE), shard after shard."""
    names = release.ReleaseFiles(version)
    shards = tuple(file for file in exported.manifest.files if names.is_parquet_shard(file.name))
    return frame_over(storage.settings, [Shards(storage.release_prefix(version), shards)], RELEASE.arrow)


class ReleaseIOManager(dg.ConfigurableIOManager):
    """Publishes a release folder once; the same release again is verified and left alone."""

    @property
    def storage(self) -> Storage:
        return Storage()

    def handle_output(self, context: dg.OutputContext, obj: Work) -> None:
        version = context.asset_partition_key
        prefix, names = self.storage.release_prefix(version), release.ReleaseFiles(version)
        store = self.storage.store
        published = store.exists(prefix)
        if not published:
            key = self.storage.settings.signing_key
            signing_key = release.load_private_key(key) if key else None
            with patient(context), store.staging() as folder, unquoted():
                obj.build(folder)
                if signing_key:
                    release.sign(folder, signing_key)
                labels = {**run_labels(context), "version": version}
                try:
                    store.publish(
                        folder, prefix, _manifest_last(folder, version), labels, said_of(context, prefix)
                    )
                except AlreadyPublished:  # by another run, at the same time
                    published = True
        folder = store.fetch(prefix)
        if published:
            self._require_the_same(version, folder, obj)
        context.add_output_metadata(
            {
                **obj.describe(folder),
                "manifest_sha256": release.manifest_sha256(folder),
                "reused": published,
                "path": dg.MetadataValue.path(store.url(prefix)),
                "manifest": dg.MetadataValue.path(store.url(f"{prefix}/{names.manifest}")),
                "ledger": dg.MetadataValue.path(store.url(f"{prefix}/{names.ledger}")),
                "card": dg.MetadataValue.path(store.url(f"{prefix}/{release.CARD}")),
                "report": dg.MetadataValue.path(store.url(f"{prefix}/{names.qa_reports[-1]}")),
            }
        )

    def load_input(self, context: dg.InputContext) -> Folder:
        version = context.asset_partition_key
        prefix = self.storage.release_prefix(version)
        if not self.storage.store.exists(prefix):
            raise release.not_published(version)
        folder = self.storage.store.fetch(prefix, said_of(context, prefix))
        self._require_verified(version, folder)
        files = release.read_manifest(folder).files
        return Folder(
            folder,
            FolderManifest(
                key=release.manifest_sha256(folder),
                inputs=release.inputs_of_release(folder),
                folder=prefix.rpartition("/")[2],
                files=tuple(File(**file.model_dump()) for file in files),
            ),
        )

    def _require_the_same(self, version: str, folder: Path, work: Work) -> None:
        """Raises AlreadyPublished naming what differs, or VerificationFailed for damaged files."""
        if not any(folder.glob("manifest_*.json")):
            place = self.storage.store.url(self.storage.release_prefix(version))
            raise VerificationFailed(f"{place} has no manifest, so it is no release; remove that folder")
        differing = release.differing_inputs(release.inputs_of_release(folder), work.inputs)
        if differing:
            raise AlreadyPublished(
                f"release v{version} is published and never changes, but {_some(differing)}. "
                "Give the new release a new version."
            )
        self._require_verified(version, folder)

    def _require_verified(self, version: str, folder: Path) -> None:
        key = self.storage.settings.public_key
        findings = release.verify(folder, release.load_public_key(key) if key else None).findings
        if findings:
            raise VerificationFailed(
                f"release v{version} differs from its manifest: {_some(map(str, findings))}"
            )


def _manifest_last(folder: Path, version: str) -> list[File]:
    """The files of a release, that one last by which readers know that it is there."""
    manifest = release.ReleaseFiles(version).manifest
    return sorted(describe(folder), key=lambda file: file.name == manifest)


def _some(phrases: Iterable[str], most: int = 5) -> str:
    phrases = list(phrases)
    hidden = len(phrases) - most
    return "; ".join(phrases[:most]) + (f"; and {hidden} more" if hidden > 0 else "")
