"""Tells an OpenLineage server of every materialisation, where one is named by OPENLINEAGE_URL."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import dagster as dg
from openlineage.client import OpenLineageClient, event_v2, facet_v2
from openlineage.client.generated.schema_dataset import SchemaDatasetFacetFields
from requests.exceptions import RequestException

from dataset_platform.schemas import CONTRACTS
from dataset_platform.settings import Settings
from dataset_platform.storage.io_managers import Storage

NAMESPACE = "dataset_platform"
INTERVAL_S = 30
EVENTS_A_TICK = 100  # of one asset; the others follow with the next tick
PATIENCE_S = 5.0


@dg.sensor(
    minimum_interval_seconds=INTERVAL_S,
    description="Sends an OpenLineage event for every materialisation to OPENLINEAGE_URL; off until started.",
)
def openlineage_sensor(context: dg.SensorEvaluationContext, storage: Storage) -> dg.SkipReason:
    """Sends what was materialised since the last tick, oldest first, and keeps its place in the cursor.

    What the server did not take is sent again with the next tick, so it may get an event twice and misses
    none. The first tick begins with the oldest materialisation.
    """
    settings = storage.settings
    if settings.openlineage_url is None:
        return dg.SkipReason("OPENLINEAGE_URL is not set")
    if context.repository_def is None:
        return dg.SkipReason("there are no definitions to tell of")
    graph = context.repository_def.asset_graph
    place: dict[str, str] = json.loads(context.cursor or "{}")
    client, sent = client_of(settings), 0
    try:
        for key in sorted(graph.get_all_asset_keys()):
            asset = key.to_user_string()
            parents = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
            page = context.instance.fetch_materializations(
                key, limit=EVENTS_A_TICK, cursor=place.get(asset), ascending=True
            )
            for record in page.records:
                for event in events_of(record, parents):
                    client.emit(event)
                sent += 1
            place[asset] = page.cursor
    except RequestException as error:
        return dg.SkipReason(
            f"{settings.openlineage_url} does not take events ({type(error).__name__}); they are kept"
        )
    finally:
        client.close(timeout=PATIENCE_S)
        context.update_cursor(json.dumps(place))
    return dg.SkipReason(f"{sent} materialisations told")


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
