"""Runs that fail are told by webhook, Slack and e-mail: messages hold ids and counts, no text, no secret."""

import email
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from apprise.plugins.slack import NotifySlack

from dataset_platform.assets.partitions import SOURCES
from dataset_platform.definitions import defs
from dataset_platform.errors import NotTold
from dataset_platform.notifying import send, tell_of_failures
from dataset_platform.settings import load_settings
from dataset_platform.storage.io_managers import Storage
from dataset_platform_tests.pipeline.project import conversations

SAID = "the very words of a client that no message may hold"


class Posted(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, json.loads(body)))
        self.send_response(self.server.answer)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """A web server on a free loopback port that keeps what is posted."""
    server = HTTPServer(("127.0.0.1", 0), Posted)
    server.posted, server.answer = [], 200
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Mails(Message):
    def __init__(self):
        super().__init__()
        self.received = []

    def handle_message(self, message):
        self.received.append(message)


@pytest.fixture
def mails():
    """A mail server on a free loopback port, and what it was given."""
    handler = Mails()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


def text_of(message):
    message = email.message_from_bytes(message.as_bytes())
    parts = [part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()]
    return "\n".join(parts)


def failed_run(project):
    """A run of clean_source in which the description is wrong, and the sensor's context for it."""
    project.add_source("alpha", [*conversations("alpha", 2), {"key": "x", "turns": SAID}])
    description = project.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("reader: jsonl", "reader: fax"))
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions(str(SOURCES.name), ["alpha"])
    result = defs.resolve_job_def("clean_source").execute_in_process(
        instance=instance, partition_key="alpha", raise_on_error=False
    )
    context = dg.build_run_status_sensor_context(
        sensor_name="tell_of_failures",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(result.run_id),
        resources={"storage": Storage()},
    )
    return result.run_id, context.for_run_failure()


def test_a_failed_run_is_told_to_a_webhook_with_what_stopped_it_and_where_it_is(empty, web, monkeypatch):
    with empty.entered():
        monkeypatch.setenv("DATASET_NOTIFY", f"json://127.0.0.1:{web.server_port}/hook")
        monkeypatch.setenv("DATASET_UI_URL", "https://dagster.example.org")
        run_id, context = failed_run(empty)
        assert tell_of_failures(context) is None
    ((path, posted),) = web.posted
    assert path == "/hook"
    assert posted["title"] == "clean_source of alpha failed"
    assert "read_source: sources/alpha.yaml, line 4, key `reader`" in posted["message"]
    assert f"https://dagster.example.org/runs/{run_id}" in posted["message"]
    assert SAID not in json.dumps(posted)


def test_without_addresses_nobody_is_told(empty, web):
    with empty.entered():
        _, context = failed_run(empty)
        assert "DATASET_NOTIFY names nobody" in str(tell_of_failures(context).skip_message)
    assert web.posted == []


def test_an_e_mail_is_sent_to_whom_the_address_names(mails):
    address = f"mailto://127.0.0.1:{mails.port}?from=platform@example.org&to=oncall@example.org&mode=insecure"
    send(load_settings(notify=address), "clean_source of alpha failed", "read_source: why\nwhere")
    (message,) = mails.received
    assert message["Subject"] == "clean_source of alpha failed"
    assert "oncall@example.org" in message["To"]
    assert "read_source: why" in text_of(message)


def test_slack_is_told_through_an_incoming_webhook(web, monkeypatch):
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{web.server_port}/services")
    send(load_settings(notify="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"), "it failed", "why")
    ((path, posted),) = web.posted
    assert path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert "why" in json.dumps(posted)


def test_every_address_is_told(web):
    address = f"json://127.0.0.1:{web.server_port}"
    send(load_settings(notify=f"{address}/a {address}/b"), "it failed", "why")
    assert [path for path, _ in web.posted] == ["/a", "/b"]


@pytest.mark.parametrize("address", ["nowhere", "json://user:secret@127.0.0.1:{port}/hook"])
def test_an_address_that_takes_no_message_is_counted_and_not_repeated(web, address):
    web.answer = 500
    with pytest.raises(NotTold, match="address 1 of 1 took no message") as told:
        send(load_settings(notify=address.format(port=web.server_port)), "it failed", "why")
    assert "secret" not in str(told.value)
