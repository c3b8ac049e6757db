"""`bench private-data`, small: ours finds what is labelled, and no text stays behind. Nothing is timed."""

import csv
import json
from pathlib import Path

import pytest

from dataset_platform_tests.bench.test_bench_sources import bench

pytestmark = pytest.mark.slow

SENTENCE = "My name is Siobhan Clarke, call 905-674-3793."
LABELLED = {
    "full_text": SENTENCE,
    "spans": [
        {"entity_type": "PERSON", "start_position": 11, "end_position": 25},
        {"entity_type": "PHONE_NUMBER", "start_position": 32, "end_position": 44},
    ],
    "template_id": 1,
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One labelled sentence, and one conversation in each set, as their origins publish them."""
    for name in ("presidio", "esconv", "counsel_chat", "annomi", "vera_mh/x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "presidio" / "labels.json").write_text(json.dumps([LABELLED]))
    dialog = [{"speaker": "seeker", "content": "I feel low."}]
    (tmp_path / "esconv" / "a.json").write_text(json.dumps([{"problem_type": "x", "dialog": dialog}]))
    answer = {"questionID": "1", "questionTitle": "t", "questionText": "q", "answerText": "a", "topic": "x"}
    said = {"transcript_id": "1", "utterance_id": "1", "topic": "x", "interlocutor": "client"}
    said |= {"utterance_text": "Hello.", "mi_quality": "high"}
    for name, row in (("counsel_chat/a.csv", answer), ("annomi/AnnoMI-full.csv", said)):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    (tmp_path / "vera_mh" / "x" / "a_b.txt").write_text("user: hi\nagent: hello\n")
    return tmp_path


def test_ours_finds_what_is_labelled_and_leaves_no_text(data: Path) -> None:
    done = bench(data, "bench", "private-data", ".", ".", "--rounds", "1", "--only", "ours", "--json")
    assert done.returncode == 0, done.stderr
    figures = {f["workload"]: f["facts"] for f in json.loads(done.stdout)["figures"]}
    assert figures["labelled sentences"] == {"recall": "1.000", "precision": "1.000"}
    assert figures["real chat turns"] == {"flags per 1,000": "0"}
    assert [path for path in (data / "bench").rglob("*.json") if SENTENCE in path.read_text()] == []
