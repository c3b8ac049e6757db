"""dataset_export: one published version of the dataset."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import daft
import dagster as dg

from dataset_platform import curate, ingest, release
from dataset_platform.assets.partitions import ALL_SOURCES, VERSIONS
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.assets.release_facts import release_facts
from dataset_platform.errors import (
    AlreadyPublished,
    ContractError,
    InputError,
    VerificationFailed,
    unquoted,
)
from dataset_platform.schemas import RELEASE
from dataset_platform.storage.files import File, describe
from dataset_platform.storage.io_managers import Storage, run_labels, said_of
from dataset_platform.storage.tables import Table
from dataset_platform.storage.work import Folder, FolderManifest, Work, read_manifest

CODE_VERSIONS = {
    "ingest": ingest.VERSION,
    "curate": curate.VERSION,
    "filtering": curate.FILTERING_VERSION,
    "deduplication": curate.DEDUPLICATION_VERSION,
    "release": release.VERSION,
}
ENGINE = f"daft {daft.__version__}, native runner"


@dg.asset(
    ins={
        "clean_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "filter_decisions": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "quarantine": dg.AssetIn(partition_mapping=ALL_SOURCES),
    },
    partitions_def=VERSIONS,
    group_name="3_release",
    owners=OWNERS,
    kinds={"parquet", "json", "daft"},
    io_manager_key="releases",
    code_version=release.VERSION,
    metadata={"dagster/column_schema": column_schema(RELEASE)},
)
def dataset_export(
    context: dg.AssetExecutionContext,
    storage: Storage,
    clean_conversations: Table,
    filter_decisions: Table,
    quarantine: Table,
    duplicate_clusters: Table,
) -> Work:
    """One version of the dataset: JSONL, Parquet, ledger, lock, card and manifest. Never changed once out.

    When it is red: a mistake in `releases/<version>.yaml` is named with its line; a version that is published
    already with other inputs needs a new version number; accounts that do not close name the counts.
    """
    version = context.partition_key
    settings = storage.settings
    spec_path = settings.releases_dir / f"{version}.yaml"
    if not spec_path.exists():
        raise InputError(
            f"{spec_path} is missing; write it, or use `dataset-platform export --version {version}`"
        )
    spec = release.load_spec(spec_path)
    made_from = {"clean_conversations": clean_conversations, "filter_decisions": filter_decisions}
    for name, input_table in made_from.items():
        if duplicate_clusters.inputs.get(name) != input_table.digest:
            raise ContractError(f"duplicate_clusters is older than {name}: materialise it again first")
    input_files = _landed_files(clean_conversations.frame, quarantine.frame)
    input_files += _descriptions(storage, {name.split("/")[0] for name, _ in input_files})

    def build(folder: Path) -> None:
        release.build(
            clean_conversations.frame,
            filter_decisions.frame,
            duplicate_clusters.frame,
            quarantine.frame,
            spec,
            release.collect_provenance(
                repository=Path.cwd(),
                code_versions=CODE_VERSIONS,
                input_files=input_files,
                engine=ENGINE,
                created_at=datetime.now(UTC),
                run_id=context.run.run_id,
            ),
            folder,
        )

    return Work(release.deciding_inputs(spec, CODE_VERSIONS, input_files), build, release_facts)


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
            with store.staging() as folder, unquoted():
                obj.build(folder)
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
                "card": dg.MetadataValue.path(store.url(f"{prefix}/{release.CARD}")),
                "report": dg.MetadataValue.path(store.url(f"{prefix}/{names.qa_reports[-1]}")),
            }
        )

    def load_input(self, context: dg.InputContext) -> Folder:
        version = context.asset_partition_key
        prefix = self.storage.release_prefix(version)
        if not self.storage.store.exists(prefix):
            raise InputError(
                f"release {version} is not published; try `dataset-platform export --version {version}`"
            )
        folder = self.storage.store.fetch(prefix, said_of(context, prefix))
        _require_verified(version, folder)
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
        _require_verified(version, folder)


def _manifest_last(folder: Path, version: str) -> list[File]:
    """The files of a release, that one last by which readers know that it is there."""
    manifest = release.ReleaseFiles(version).manifest
    return sorted(describe(folder), key=lambda file: file.name == manifest)


def _require_verified(version: str, folder: Path) -> None:
    findings = release.verify(folder).findings
    if findings:
        raise VerificationFailed(f"release v{version} differs from its manifest: {_some(map(str, findings))}")


def _some(phrases: Iterable[str], most: int = 5) -> str:
    phrases = list(phrases)
    hidden = len(phrases) - most
    return "; ".join(phrases[:most]) + (f"; and {hidden} more" if hidden > 0 else "")


def _landed_files(*frames: daft.DataFrame) -> list[tuple[str, str]]:
    """Every source file that gave a record or a quarantined one, with its SHA-256, sorted."""
    files: set[tuple[str, str]] = set()
    for frame in frames:
        distinct = frame.select("origin_file", "origin_sha256").distinct().to_pydict()
        files |= set(zip(distinct["origin_file"], distinct["origin_sha256"], strict=True))
    return sorted(files)


def _descriptions(storage: Storage, sources: Iterable[str]) -> list[tuple[str, str]]:
    """The descriptions that the rows were read with, which may differ from those of today."""
    described = []
    for source in sorted(sources):
        raw, clean = (
            read_manifest(storage.store, storage.result_prefix(asset, source))
            for asset in ("raw_conversations", "clean_conversations")
        )
        if not raw or not clean or clean.inputs["raw_conversations"] != raw.digest:
            raise ContractError(
                f"clean_conversations of {source} is older than its raw_conversations; "
                f"try `dataset-platform sources clean {source}`"
            )
        decisions = read_manifest(storage.store, storage.result_prefix("filter_decisions", source))
        if not decisions or decisions.inputs["clean_conversations"] != clean.digest:
            raise ContractError(
                f"filter_decisions of {source} is older than its clean_conversations; "
                f"try `dataset-platform sources clean {source}`"
            )
        described.append((f"sources/{source}.yaml", raw.inputs["description"]))
    return described
