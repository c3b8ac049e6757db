"""Tasks for another harness: the same text, tokens and likelihood as ours."""

import json

import pytest
import torch
from ruamel.yaml import YAML

from dataset_platform.evaluation import suite
from dataset_platform.evaluation.harness_tasks import HELDOUT, PROBES, as_encoded, heldout_row, write_tasks
from dataset_platform.evaluation.language import foresee
from dataset_platform.training import load_model
from dataset_platform.training.encode import Example
from dataset_platform.training.rows import Conversation
from dataset_platform_tests.training.tiny_models import SMALL_TALK, say, tiny_tokenizer

TALKS = [Conversation(str(number), "x", talk) for number, talk in enumerate(SMALL_TALK)]


def test_each_task_is_a_yaml_file_and_its_rows(tmp_path):
    tokenizer = tiny_tokenizer()
    paths = write_tasks(
        [*TALKS, Conversation("9", "x", say("u: hello"))], suite.probes(), tokenizer, tmp_path
    )
    assert [path.name for path in paths] == [
        *(f"{name}.{suffix}" for name in (HELDOUT, PROBES) for suffix in ("yaml", "jsonl")),
        f"{PROBES}.py",
    ]
    tasks = [YAML(typ="safe").load(path.read_text()) for path in paths[:4:2]]
    assert [task["output_type"] for task in tasks] == ["loglikelihood", "generate_until"]
    rows = [[json.loads(line) for line in path.read_text().splitlines()] for path in paths[1:4:2]]
    assert (len(rows[0]), len(rows[1])) == (4, len(suite.probes()))
    assert rows[1][0]["turns"][0] in rows[1][0]["context"]
    assert f"probes_task({json.dumps(str(paths[3].resolve()))})" in paths[4].read_text()
    assert rows[0][0]["context"].endswith("<|im_start|>assistant")
    assert rows[0][0]["continuation"] == "\ntell me more<|im_end|>"


def test_ours_scores_a_row_as_the_harness_does(base_model):
    tokenizer, model = tiny_tokenizer(), load_model(base_model).eval()
    rows = [heldout_row(talk, tokenizer) for talk in TALKS]
    examples = [Example(row["id"], "x", as_encoded(row, tokenizer)) for row in rows]
    ours = -foresee(model, examples, 1000).nll
    for row, found in zip(rows, ours, strict=True):
        # What lm-eval's HFLM does: logits over context and continuation, gathered at the continuation.
        context = tokenizer(row["context"], add_special_tokens=False)["input_ids"]
        whole = tokenizer(row["context"] + row["continuation"], add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            likelihood = model(torch.tensor([whole])).logits[0].log_softmax(dim=-1)
        wanted = sum(float(likelihood[i - 1, whole[i]]) for i in range(len(context), len(whole)))
        assert found == pytest.approx(wanted, rel=1e-5)
