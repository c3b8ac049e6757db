"""lm-evaluation-harness and Inspect, run by their commands on the exported tasks, find what we find.

EVAL_PEERS_PYTHON names the Python of an environment that has both beside this package's dependencies.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from dataset_platform.evaluation import EvaluationConfig, opinions, safety, suite
from dataset_platform.evaluation.generation import TransformersGenerator
from dataset_platform.evaluation.harness_tasks import HELDOUT, PROBES, as_encoded, write_tasks
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.language import foresee
from dataset_platform.evaluation.said import ask
from dataset_platform.quality import embedding
from dataset_platform.training import load_model, load_tokenizer
from dataset_platform.training.encode import Example
from dataset_platform.training.rows import Conversation
from dataset_platform_tests.training.tiny_models import SMALL_TALK

PEERS = os.environ.get("EVAL_PEERS_PYTHON", "")
REPOSITORY = Path(__file__).resolve().parents[2]
TOKENS = 12
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PEERS, reason="EVAL_PEERS_PYTHON names no Python with lm-eval and inspect-ai"),
]


@pytest.fixture(scope="module")
def tasks(base_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    talks = [Conversation(str(number), "x", talk) for number, talk in enumerate(SMALL_TALK)]
    write_tasks(talks, suite.drawn(1, 0), load_tokenizer(base_model), folder)
    return folder


def called(*words, folder):
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PYTHONPATH": str(REPOSITORY)}
    command = [PEERS, "-m", *map(str, words)]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | offline, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_lm_eval_finds_our_log_likelihood_of_each_held_out_reply(tasks, base_model, tmp_path):
    called(
        "lm_eval", "run", "--model", "hf", "--model_args", f"pretrained={base_model},dtype=float32",
        "--include_path", tasks, "--tasks", HELDOUT, "--device", "cpu", "--log_samples",
        "--output_path", tmp_path, folder=tmp_path,
    )  # fmt: skip
    (path,) = tmp_path.rglob("samples_*.jsonl")
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    theirs = {sample["doc"]["id"]: float(sample["filtered_resps"][0][0]) for sample in samples}
    tokenizer, model = load_tokenizer(base_model), load_model(base_model).eval()
    rows = [json.loads(line) for line in (tasks / f"{HELDOUT}.jsonl").read_text().splitlines()]
    ours = -foresee(model, [Example(r["id"], "x", as_encoded(r, tokenizer)) for r in rows], 1000).nll
    assert dict(zip((row["id"] for row in rows), ours, strict=True)) == pytest.approx(theirs, rel=1e-5)


def test_inspect_hears_the_same_replies_and_rates_them_alike(tasks, base_model, tmp_path):
    called(
        "inspect_ai", "eval", f"{PROBES}.py", "--model", "hf/local", "-M", f"model_path={base_model}",
        "-M", "do_sample=false", "-M", "device=cpu", "--max-tokens", TOKENS, "--max-connections", 32,
        "--log-format", "json", "--log-dir", tmp_path, "--display", "none", folder=tasks,
    )  # fmt: skip
    (path,) = tmp_path.glob("*.json")
    log = json.loads(path.read_text())
    assert log["status"] == "success"
    theirs = {sample["id"]: sample for sample in log["samples"]}
    probes = suite.drawn(1, 0)
    generator = TransformersGenerator(
        load_model(base_model).eval(), load_tokenizer(base_model), EvaluationConfig(max_new_tokens=TOKENS)
    )
    said = ask(generator, safety.questions(probes))
    rated = safety.rate(probes, said, Judges(embedding.packaged(), {}, opinions.packaged()))
    for place, probe in enumerate(probes):
        sample = theirs[probe.id]
        heard = [message["content"] for message in sample["messages"] if message["role"] == "assistant"]
        assert heard == [reply.text for reply in said.replies[place]]
        score = sample["scores"]["rubric"]
        assert score["value"] == rated.passed[place]
        assert [name for name, met in score["metadata"].items() if not met] == list(rated.missed(place))
