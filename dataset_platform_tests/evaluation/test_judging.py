"""An external judge is asked once, priced beforehand, and measured against the checkers."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from dataset_platform.errors import FetchFailed
from dataset_platform.evaluation import judging
from dataset_platform.evaluation.judging import Case, Endpoint
from dataset_platform.evaluation.suite import Criterion

CASES = [
    Case("[]", f"reply {number}", {"acknowledges": number % 2 == 0, "answers": True}) for number in range(6)
]


@contextmanager
def judge_that_says(content, status=200):
    """A loopback server; gives its address and the questions it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((body, self.headers.get("Authorization")))
            said = {"choices": [{"message": {"content": content(body)}}]}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_):
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def agreeable(body):
    even = body["messages"][1]["content"][-1] in "024"
    return json.dumps({"acknowledges": even, "answers": True, "nonsense": 1})


def test_answers_are_kept_and_agreement_is_measured(tmp_path):
    with judge_that_says(agreeable) as (url, asked):
        endpoint = Endpoint(url, "some-judge", 1.0, key="sesame")
        opinions = judging.judge(CASES, endpoint, tmp_path)
        assert opinions == judging.judge(CASES, endpoint, tmp_path)
    assert len(asked) == len(CASES)
    assert asked[0][1] == "Bearer sesame"
    assert "sesame" not in repr(endpoint)
    found = {one.criterion: one for one in judging.agreements(CASES, opinions)}
    assert (found["acknowledges"].n, found["acknowledges"].kappa) == (6, 1.0)
    assert (found["answers"].same, found["answers"].kappa) == (1.0, None)


def test_what_is_no_opinion_counts_as_none(tmp_path):
    with judge_that_says(lambda _: "I think it is fine.") as (url, _):
        opinions = judging.judge(CASES[:2], Endpoint(url, "m", 1.0), tmp_path)
    assert opinions == [{}, {}]
    assert judging.agreements(CASES[:2], opinions) == []


def test_a_judge_that_is_not_there_is_an_error_without_the_key(tmp_path):
    with pytest.raises(FetchFailed, match="does not answer") as raised:
        judging.judge(CASES[:1], Endpoint("http://127.0.0.1:9", "m", 1.0, "sesame"), tmp_path)
    assert "sesame" not in str(raised.value)


def test_the_price_is_known_before_anything_is_asked():
    tokens, price = judging.estimate(CASES, Endpoint("http://nowhere", "m", 2.0))
    assert tokens > 6 * 40
    assert price == pytest.approx(tokens * 2e-6)


def test_the_replies_of_a_report_are_cases(evaluated):
    report, folder, _ = evaluated
    cases = judging.cases(folder / report.replies_file, "tuned")
    assert len(cases) >= report.suite.asked
    assert set(cases[0].met) == {criterion.value for criterion in Criterion}
