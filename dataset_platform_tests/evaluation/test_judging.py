"""An external judge is asked once, priced beforehand, and measured against the checkers."""

import json
import runpy
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import stamina
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

from dataset_platform.errors import FetchFailed, UsageError
from dataset_platform.evaluation import judging
from dataset_platform.evaluation.judging import Case, Endpoint
from dataset_platform.evaluation.suite import Criterion
from dataset_platform.results.judging import judge_result
from dataset_platform.storage.io_managers import Storage

CASES = [
    Case("[]", f"reply {number}", {"acknowledges": number % 2 == 0, "answers": True}) for number in range(6)
]


@contextmanager
def judge_that_says(content, status=200, said=None):
    """A loopback server; gives its address and the questions it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((body, self.headers.get("Authorization")))
            answer = json.dumps({"choices": [{"message": {"content": content(body)}}]})
            self.send_response(status)
            self.end_headers()
            self.wfile.write((said or answer).encode())

        def log_message(self, *_):
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def agreeable(body):
    even = body["messages"][1]["content"][-1] in "024"
    return json.dumps({"acknowledges": even, "answers": True, "is_consistent": even, "nonsense": 1})


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
    assert found["acknowledges"].kappa_interval == found["answers"].same_interval
    assert judging.consistent(opinions) == (3, 6)


def test_the_judge_is_told_what_each_criterion_means(tmp_path):
    with judge_that_says(agreeable) as (url, asked):
        judging.judge(CASES[:1], Endpoint(url, "some-judge", 1.0), tmp_path)
    told = asked[0][0]["messages"][0]["content"].splitlines()[1:]
    assert [line.split(": ")[0] for line in told] == [*Criterion, judging.CONSISTENT]


def test_what_is_no_opinion_counts_as_none(tmp_path):
    with judge_that_says(lambda _: "I think it is fine.") as (url, _):
        opinions = judging.judge(CASES[:2], Endpoint(url, "m", 1.0), tmp_path)
    assert opinions == [{}, {}]
    assert judging.consistent(opinions) == (0, 0)
    assert judging.agreements(CASES[:2], opinions) == []
    with judge_that_says(agreeable) as (again, _):  # What was no opinion is not kept.
        assert all(judging.judge(CASES[:2], Endpoint(again, "m", 1.0), tmp_path))
        assert len(list(tmp_path.iterdir())) == 2


def test_an_opinion_between_fences_and_words_is_one(tmp_path):
    def fenced(body):
        return f"Sure:\n```json\n{agreeable(body)}\n```"

    with judge_that_says(fenced) as (url, _):
        assert judging.judge(CASES[:1], Endpoint(url, "m", 1.0), tmp_path)[0]["answers"] is True


def test_a_kappa_of_few_replies_is_not_sure():
    cases = [Case("[]", "x", {"acknowledges": number % 3 == 0}) for number in range(24)]
    (found,) = judging.agreements(cases, [{"acknowledges": number % 2 == 0} for number in range(24)])
    assert found.kappa == pytest.approx(0, abs=0.01)
    assert found.kappa_interval.low < -0.2 < 0.2 < found.kappa_interval.high
    assert found.same_interval.low < found.same < found.same_interval.high


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (401, None, "status 401; look at --url, --model and DATASET_JUDGE_API_KEY"),
        (200, "<html>hello</html>", "no OpenAI-compatible API"),
        (200, '{"choices": []}', "no OpenAI-compatible API"),
    ],
)
def test_an_endpoint_that_is_no_judge_is_one_line_and_asked_once(tmp_path, status, said, told):
    with (
        judge_that_says(agreeable, status, said) as (url, asked),
        pytest.raises(FetchFailed, match=told) as raised,
    ):
        judging.judge(CASES, Endpoint(url, "m", 1.0, "sesame"), tmp_path)
    assert len(asked) == 1
    assert not list(tmp_path.iterdir())
    assert "sesame" not in str(raised.value)
    assert "\n" not in str(raised.value)


NAMED = "me:sesame"


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://judge", "http://[::1", "http://", f"http://{NAMED}@judge/v1"]
)
def test_what_is_no_address_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError, match="not the address of an API") as raised:
        Endpoint(url, "m", 1.0)
    assert "sesame" not in str(raised.value)


@pytest.fixture
def storage(evaluated, tmp_path, monkeypatch):
    """Of a project whose version 1.0.0 was evaluated."""
    report, folder, _ = evaluated
    kept = tmp_path / "data/checkpoints/v1.0.0"
    kept.mkdir(parents=True)
    (kept / report.replies_file).write_bytes((folder / report.replies_file).read_bytes())
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path / "data"))
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    return Storage()


def test_without_being_told_to_nothing_is_asked(storage):
    with judge_that_says(agreeable) as (url, asked):
        shown = judge_result(storage, "1.0.0", url, "m", 2.0, ask=False)
    assert (asked, shown.failure) == ([], None)
    assert shown.facts["cost"] == round(shown.facts["tokens"] * 2e-6, 4) > 0


def test_a_judge_that_only_talks_nonsense_is_a_failure(storage):
    with judge_that_says(lambda _: "Fine!") as (url, asked):
        shown = judge_result(storage, "1.0.0", url, "m", 0.0, ask=True)
    assert len(asked) == shown.facts["no opinion"] == shown.facts["replies"]
    assert isinstance(shown.failure, FetchFailed)
    assert shown.failure.exit_status == 1


def test_agreement_is_shown_with_intervals(storage):
    with judge_that_says(agreeable) as (url, _):
        shown = judge_result(storage, "1.0.0", url, "m", 0.0, ask=True)
    assert shown.failure is None
    assert json.dumps(shown.facts)
    for row in shown.tables["Judge against checkers"]:
        assert row["same"].count("[") == 1
        assert ("[" in row["kappa"]) != ("never varies" in row["kappa"])


def test_a_judge_that_is_not_there_is_an_error_without_the_key(tmp_path):
    with stamina.set_testing(True, attempts=2), pytest.raises(FetchFailed, match="does not answer") as raised:
        judging.judge(CASES[:1], Endpoint("http://127.0.0.1:9", "m", 1.0, "sesame"), tmp_path)
    assert "sesame" not in str(raised.value)


def test_nothing_is_printed_of_questions_that_are_asked_again():
    set_on_retry_hooks(None)
    runpy.run_path(judging.__file__)
    assert get_on_retry_hooks() == ()


def test_the_price_of_all_that_is_sent_is_known_before_anything_is_asked(tmp_path):
    tokens, price = judging.estimate(CASES, Endpoint("http://nowhere", "m", 2.0))
    with judge_that_says(agreeable) as (url, asked):
        judging.judge(CASES, Endpoint(url, "m", 2.0), tmp_path)
    sent = sum(len(message["content"]) for body, _ in asked for message in body["messages"])
    assert tokens - 6 * 120 == pytest.approx(sent / 4, abs=6)
    assert price == pytest.approx(tokens * 2e-6)


def test_the_replies_of_a_report_are_cases(evaluated):
    report, folder, _ = evaluated
    cases = judging.cases(folder / report.replies_file, "tuned")
    assert len(cases) >= report.suite.asked
    assert set(cases[0].met) == {criterion.value for criterion in Criterion}
