"""Dagster's side of storage: results in, tables and folders out.

An asset returns `Work`; the IO manager does it, unless the same work was done
before, commits its files and attaches rows, bytes and SHA-256 of what it wrote.
Nothing is ever pickled.
"""

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from dataset_platform.errors import InputError, unquoted
from dataset_platform.schemas import CONTRACTS
from dataset_platform.settings import Engine, Settings, load_settings
from dataset_platform.storage.opening import open_store
from dataset_platform.storage.patience import patient
from dataset_platform.storage.presentation import COLUMN_LINEAGE, table
from dataset_platform.storage.shards import Shards, frame_over
from dataset_platform.storage.statistics import column_statistics
from dataset_platform.storage.store import OnBytes, Store
from dataset_platform.storage.tables import Table
from dataset_platform.storage.work import (
    MANIFEST,
    Folder,
    FolderManifest,
    Work,
    commit,
    digest_of,
    fetched,
    file_keys,
    home_key,
    read_manifest,
)

UNPARTITIONED = "all"
SECONDS_BETWEEN_LINES = 2.0
MADE_BY = {
    "raw_conversations": "sources clean {partition}",
    "quarantine": "sources clean {partition}",
    "source_files": "sources clean {partition}",
    "clean_conversations": "sources clean {partition}",
    "filter_decisions": "sources clean {partition}",
    "heldout_overlap": "sources clean {partition}",
    "text_signatures": "sources clean {partition}",
    "withdrawn_conversations": "export --version 1.0.0",
    "duplicate_clusters": "export --version 1.0.0",
    "pasted_answers": "export --version 1.0.0",
    "trained_heads": "qa train-heads labels conversations",
    "qa_report": "qa --version {partition}",
    "trained_checkpoint": "train --version {partition}",
    "eval_report": "evaluate --version {partition}",
}


class Storage(dg.ConfigurableResource):
    """The configured store, and where in it each kind of thing lies. Settings come from the environment."""

    @property
    def settings(self) -> Settings:
        return load_settings()

    @property
    def store(self) -> Store:
        return open_store(self.settings)

    def description_path(self, source: str) -> Path:
        """Where a source is described; it lies with the project, not in the store."""
        return self.settings.sources_dir / f"{source}.yaml"

    def landing_prefix(self, source: str) -> str:
        return f"{self.settings.raw_prefix}/{source}"

    def landing_index_key(self, source: str) -> str:
        return f"{self.settings.processed_prefix}/landing_index/{source}.json"

    def receipt_key(self, source: str) -> str:
        return f"{self.settings.processed_prefix}/receipts/{source}.json"

    def result_prefix(self, asset: str, partition: str | None) -> str:
        return f"{self.settings.processed_prefix}/{asset}/{partition or UNPARTITIONED}"

    def release_prefix(self, version: str) -> str:
        return f"{self.settings.exports_prefix}/v{version}"

    def run_record_key(self, started: datetime, run_id: str) -> str:
        return f"{self.settings.logs_prefix}/runs/{started:%Y-%m-%d}/{run_id}.json"

    def checkpoint_prefix(self, version: str) -> str:
        return f"{self.settings.checkpoints_prefix}/v{version}"


def run_labels(context: dg.OutputContext) -> dict[str, str]:
    """What is stored with every object that a step writes: asset, partition and run."""
    labels = {"asset": context.asset_key.to_user_string(), "run-id": context.run_id}
    return labels | ({"partition": context.asset_partition_key} if context.has_asset_partitions else {})


def said_of(context: dg.OutputContext | dg.InputContext, prefix: str) -> OnBytes:
    """Logs the progress of a transfer, so that the command line and the UI show it."""
    last = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal last
        if context.log and time.monotonic() - last > SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            context.log.info(f"{prefix}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB transferred")

    return say


def lineage_of(context: dg.OutputContext) -> dict[str, Any]:
    """The column lineage of the asset's definition; the UI looks for it at each materialisation."""
    found = (context.definition_metadata or {}).get(COLUMN_LINEAGE)
    return {COLUMN_LINEAGE: found} if found else {}


class ResultIOManager(dg.ConfigurableIOManager):
    """Commits work below `processed/<asset>/<partition>`."""

    @property
    def storage(self) -> Storage:
        return Storage()

    def prefix(self, asset: str, partition: str | None) -> str:
        return self.storage.result_prefix(asset, partition)

    def handle_output(self, context: dg.OutputContext, obj: Work) -> None:
        asset = context.asset_key.to_user_string()
        partition = context.asset_partition_key if context.has_asset_partitions else None
        prefix = self.prefix(asset, partition)
        store = self.storage.store
        with patient(context), unquoted():
            manifest, reused = commit(store, prefix, obj, run_labels(context), said_of(context, prefix))
            self.attach(prefix, manifest, partition)
        home = home_key(prefix, manifest)
        folder = store.fetch(home)
        context.add_output_metadata(
            {
                **self.describe(asset, home, manifest),
                **obj.describe(folder),
                "bytes": manifest.bytes,
                "sha256": manifest.digest,
                "reused": reused,
                "path": dg.MetadataValue.path(store.url(home)),
                "manifest": dg.MetadataValue.path(store.url(f"{prefix}/{MANIFEST}")),
                **self.places(manifest, partition),
                **lineage_of(context),
            }
        )

    def attach(self, prefix: str, manifest: FolderManifest, partition: str | None) -> None:
        """What is put elsewhere, too, once a result is committed."""

    def places(self, manifest: FolderManifest, partition: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Where else a person finds the result."""
        return {}

    def describe(self, asset: str, home: str, manifest: FolderManifest) -> Mapping[str, Any]:  # noqa: ARG002
        """What the UI shows of every result of this kind."""
        return {}

    def _manifests(self, context: dg.InputContext) -> dict[str, FolderManifest]:
        """Prefix and manifest of every partition that a step reads, by partition."""
        asset = context.asset_key.to_user_string()
        partitions: Sequence[str | None] = (
            sorted(context.asset_partition_keys) if context.has_asset_partitions else [None]
        )
        prefixes = {partition: self.prefix(asset, partition) for partition in partitions}
        found = {
            prefix: manifest
            for prefix in prefixes.values()
            if (manifest := read_manifest(self.storage.store, prefix))
        }
        missing = [partition or asset for partition, prefix in prefixes.items() if prefix not in found]
        if missing or not found:
            raise not_made(asset, missing)
        return found

    def _fetched(self, context: dg.InputContext, prefix: str, manifest: FolderManifest) -> Folder:
        return fetched(self.storage.store, prefix, manifest, said_of(context, prefix))

    @abstractmethod
    def load_input(self, context: dg.InputContext) -> object: ...


def not_made(asset: str, missing: Sequence[str]) -> InputError:
    """Names the partitions that lack the asset, none of them where there is no partition at all."""
    verb = "is" if len(missing) == 1 else "are"
    what = f"{asset} of {', '.join(missing)} {verb} not" if missing else f"no {asset} are"
    command = MADE_BY[asset].format(partition=" ".join(missing)).strip()
    return InputError(f"{what} made yet; try `dataset-platform {command}`")


class TableIOManager(ResultIOManager):
    """Gives one `Table` over all partitions that a step reads."""

    def describe(self, asset: str, home: str, manifest: FolderManifest) -> Mapping[str, Any]:
        contract = CONTRACTS[asset]
        frame = frame_over(self.storage.settings, [Shards(home, manifest.files)], contract.arrow)
        return {
            "dagster/row_count": manifest.rows,
            "statistics": table(column_statistics(frame, contract)),
        }

    def load_input(self, context: dg.InputContext) -> Table:
        settings = self.storage.settings
        with patient(context):
            found = self._manifests(context)
            if settings.engine is Engine.NATIVE:  # on Ray, workers fetch and compare
                for prefix, manifest in found.items():
                    self._fetched(context, prefix, manifest)
        folders = [Shards(home_key(prefix, manifest), manifest.files) for prefix, manifest in found.items()]
        one, *others = found.values()
        digests = {str(i): manifest.digest for i, manifest in enumerate(found.values())}
        return Table(
            frame=frame_over(settings, folders, CONTRACTS[context.asset_key.to_user_string()].arrow),
            digest=digest_of(digests) if others else one.digest,
            rows=sum(manifest.rows for manifest in found.values()),
            inputs={} if others else one.inputs,
        )


class FolderIOManager(ResultIOManager):
    """Gives the `Folder` of one result."""

    def load_input(self, context: dg.InputContext) -> Folder:
        with patient(context):
            ((prefix, manifest),) = self._manifests(context).items()
            return self._fetched(context, prefix, manifest)


class CheckpointIOManager(FolderIOManager):
    """Commits a checkpoint below `checkpoints/v<version>`."""

    def prefix(self, asset: str, partition: str | None) -> str:  # noqa: ARG002
        return self.storage.checkpoint_prefix(str(partition))


class ReportIOManager(FolderIOManager):
    """Commits a report, and puts its files beside what they report on as well."""

    def attach(self, prefix: str, manifest: FolderManifest, partition: str | None) -> None:
        store = self.storage.store
        for key in file_keys(prefix, manifest):
            store.replace(f"{self._place(partition)}/{Path(key).name}", store.read(key))

    def places(self, manifest: FolderManifest, partition: str | None) -> Mapping[str, Any]:
        (page,) = (file.name for file in manifest.files if file.name.endswith(".html"))
        return {"report": dg.MetadataValue.path(self.storage.store.url(f"{self._place(partition)}/{page}"))}

    @abstractmethod
    def _place(self, partition: str | None) -> str: ...


class ReleaseReportIOManager(ReportIOManager):
    """For reports on releases."""

    def _place(self, partition: str | None) -> str:
        return self.storage.release_prefix(str(partition))


class CheckpointReportIOManager(ReportIOManager):
    """For reports on checkpoints."""

    def _place(self, partition: str | None) -> str:
        return self.storage.checkpoint_prefix(str(partition))
