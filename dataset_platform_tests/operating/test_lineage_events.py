"""An OpenLineage server hears of every materialisation, once it answers, and never reads a conversation."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from dataset_platform.definitions import defs
from dataset_platform.lineage_events import openlineage_sensor
from dataset_platform.storage.io_managers import Storage
from dataset_platform_tests.conftest import SOURCES

ASSETS = {
    "raw_conversations", "quarantine", "source_files", "clean_conversations", "heldout_overlap",
    "filter_decisions", "text_signatures",
}  # fmt: skip


class LineageServer(HTTPServer):
    """Keeps what it is sent; answers 503 while `down`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.keys, self.down = [], set(), False
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.down:
            assert self.path == "/api/v1/lineage"
            self.server.keys.add(self.headers["Authorization"])
            self.server.events.append(json.loads(body))
        self.send_response(503 if self.server.down else 201)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    with LineageServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        monkeypatch.setenv("OPENLINEAGE_API_KEY", "a-key-of-the-test")
        yield server
        server.shutdown()


def tick(instance, cursor=None):
    """What the sensor said, and its cursor after that."""
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=defs, resources={"storage": Storage()}
    ) as context:
        skip = openlineage_sensor(context)
        return skip.skip_message, context.cursor


def test_every_materialisation_is_told_once(cleaned_once, server):
    with cleaned_once.instance() as instance:
        said, cursor = tick(instance)
        assert said == f"{len(ASSETS) * len(SOURCES)} materialisations told"
        assert tick(instance, cursor)[0] == "0 materialisations told"
    starts, ends = ([e for e in server.events if e["eventType"] == kind] for kind in ("START", "COMPLETE"))
    assert len(starts) == len(ends) == len(ASSETS) * len(SOURCES)
    assert {event["job"]["name"] for event in ends} == ASSETS
    assert [e["run"]["runId"] for e in starts] == [e["run"]["runId"] for e in ends]
    assert len({event["run"]["runId"] for event in ends}) == len(ends)
    assert server.keys == {"Bearer a-key-of-the-test"}


def test_an_event_says_what_was_read_and_written(cleaned_once, server):
    with cleaned_once.instance() as instance:
        tick(instance)
        runs = {run.tags["dagster/partition"]: run.run_id for run in instance.get_runs()}
    ends = [event for event in server.events if event["eventType"] == "COMPLETE"]
    (event,) = [
        event
        for event in ends
        if event["job"]["name"] == "clean_conversations"
        and event["run"]["facets"]["tags"]["tags"][0]["value"] == "alpha"
    ]
    assert event["run"]["facets"]["parent"]["run"]["runId"] == runs["alpha"]
    assert [dataset["name"] for dataset in event["inputs"]] == ["raw_conversations"]
    (output,) = event["outputs"]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == SOURCES["alpha"][1]
    assert len(output["facets"]["version"]["datasetVersion"]) == 64
    assert {"messages", "origin_sha256"} <= {field["name"] for field in output["facets"]["schema"]["fields"]}


def test_what_a_server_does_not_take_is_told_when_it_answers_again(cleaned_once, server):
    with cleaned_once.instance() as instance:
        server.down = True
        said, cursor = tick(instance)
        assert said.startswith(f"{server.url} does not take events")
        assert server.events == []
        server.down = False
        assert tick(instance, cursor)[0] == f"{len(ASSETS) * len(SOURCES)} materialisations told"


def test_without_an_address_nothing_is_told(cleaned_once, monkeypatch):
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    with cleaned_once.instance() as instance:
        assert tick(instance)[0] == "OPENLINEAGE_URL is not set"


def test_no_word_of_a_conversation_is_told(cleaned_once, server):
    with cleaned_once.instance() as instance:
        tick(instance)
    words = {
        turn["content"] for row in cleaned_once.rows("raw_conversations", "alpha") for turn in row["messages"]
    }
    said = json.dumps(server.events)
    assert [phrase for phrase in words if phrase in said] == []
