"""Materialisations as OpenLineage events, and the client that sends them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import dagster as dg
from openlineage.client import OpenLineageClient, event_v2, facet_v2
from openlineage.client.generated.schema_dataset import SchemaDatasetFacetFields

from dataset_platform.schemas import CONTRACTS
from dataset_platform.settings import Settings

NAMESPACE = "dataset_platform"
PATIENCE_S = 5.0


def client_of(settings: Settings) -> OpenLineageClient:
    """A client that sends one event a request and waits for the answer."""
    key = settings.openlineage_api_key
    auth = {"auth": {"type": "api_key", "apiKey": key.get_secret_value()}} if key else {}
    http = {"type": "http", "url": settings.openlineage_url, "timeout": PATIENCE_S, "retry": {"total": 0}}
    return OpenLineageClient(config={"transport": {**http, **auth}})


def events_of(record: dg.EventLogRecord, parents: Sequence[str]) -> Iterator[event_v2.RunEvent]:
    """The START and the COMPLETE of one materialisation: names, counts and digests, never content.

    The job is the asset, its run one of its own below the Dagster run, and the digest of the result the
    version of the dataset.
    """
    made = record.asset_materialization
    if made is None:
        return
    asset = made.asset_key.to_user_string()
    identity = f"{record.run_id}/{asset}/{made.partition}"
    run = event_v2.Run(
        runId=str(uuid5(NAMESPACE_URL, identity)),
        facets={
            "parent": facet_v2.parent_run.ParentRunFacet(
                run=facet_v2.parent_run.Run(runId=record.run_id),
                job=facet_v2.parent_run.Job(namespace=NAMESPACE, name="dagster_run"),
            ),
            **_partition_tag(made.partition),
        },
    )
    said: dict[str, Any] = {
        "eventTime": datetime.fromtimestamp(record.timestamp, UTC).isoformat(),
        "run": run,
        "job": event_v2.Job(namespace=NAMESPACE, name=asset),
        "producer": "https://dagster.io",
        "inputs": [event_v2.InputDataset(namespace=NAMESPACE, name=parent) for parent in parents],
        "outputs": [_output(asset, {name: value.value for name, value in made.metadata.items()})],
    }
    yield event_v2.RunEvent(eventType=event_v2.RunState.START, **said)
    yield event_v2.RunEvent(eventType=event_v2.RunState.COMPLETE, **said)


def _partition_tag(partition: str | None) -> dict[str, Any]:
    if partition is None:
        return {}
    tag = facet_v2.tags_run.TagsRunFacetFields(key="partition", value=partition, source="DAGSTER")
    return {"tags": facet_v2.tags_run.TagsRunFacet(tags=[tag])}


def _output(asset: str, facts: dict[str, Any]) -> event_v2.OutputDataset:
    digest = facts.get("sha256") or facts.get("manifest_sha256")
    version = {"version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet(str(digest))}
    statistics = facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=facts.get("dagster/row_count"), size=facts.get("bytes")
    )
    return event_v2.OutputDataset(
        namespace=NAMESPACE,
        name=asset,
        facets={**(version if digest else {}), **_schema(asset)},
        outputFacets={"outputStatistics": statistics},
    )


def _schema(asset: str) -> dict[str, Any]:
    contract = CONTRACTS.get(asset)
    if contract is None:
        return {}
    fields = [
        SchemaDatasetFacetFields(name=column.name, type=str(column.type), description=column.meaning)
        for column in contract.columns
    ]
    return {"schema": facet_v2.schema_dataset.SchemaDatasetFacet(fields=fields)}
