"""Tells an OpenLineage server of every materialisation, where one is named by OPENLINEAGE_URL."""

import json

import dagster as dg
from requests.exceptions import RequestException

from dataset_platform.storage.io_managers import Storage

INTERVAL_S = 30
EVENTS_A_TICK = 100  # of one asset; the others follow with the next tick


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
    # most projects have no server, and every process of a run would load the client
    from dataset_platform.lineage_facets import PATIENCE_S, client_of, events_of

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
