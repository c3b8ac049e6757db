"""Ways to let a model reply and to score replies; run by `runner.py`.

Each reads the model's folder from `task["model"]` and its rows from `task["input"]`, JSON with `context` and
`continuation`, and writes what it found to the folder `task["out"]`. Models are loaded before the clock
starts, but for lm-eval, which is told how long its own loading takes.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def ours_replies(task: Task, clock: Clock) -> None:
    """The platform: eight at a time, sorted by length, the ended ones leaving."""
    from dataset_platform.evaluation import EvaluationConfig
    from dataset_platform.evaluation.generation import TransformersGenerator

    model, tokenizer, rows = _loaded(task)
    config = EvaluationConfig(max_new_tokens=int(task["tokens"]))
    generator = TransformersGenerator(model, tokenizer, config)
    prompts = [tokenizer(row["context"], add_special_tokens=False)["input_ids"] for row in rows]
    with clock("reply"):
        said = generator.replies_to(prompts)
    _write(task, {"tokens": sum(reply.n_tokens for reply in said)})


def plain_replies(task: Task, clock: Clock) -> None:
    """A loop over the prompts with `model.generate`, as its documentation shows."""
    _generate(task, clock, 1)


def batched_replies(task: Task, clock: Clock) -> None:
    """The same loop over eight prompts at a time, in the order in which they come."""
    _generate(task, clock, 8)


def _generate(task: Task, clock: Clock, at_once: int) -> None:
    import torch

    model, tokenizer, rows = _loaded(task)
    tokenizer.padding_side = "left"
    n_tokens = 0
    with clock("reply"):
        for batch in (rows[start : start + at_once] for start in range(0, len(rows), at_once)):
            inputs = tokenizer(
                [row["context"] for row in batch], add_special_tokens=False, padding=True, return_tensors="pt"
            )
            with torch.no_grad():
                said = model.generate(
                    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                    max_new_tokens=int(task["tokens"]), do_sample=False,
                )[:, inputs["input_ids"].shape[1] :]  # fmt: skip
            n_tokens += sum(_spoken(row.tolist(), model.generation_config.eos_token_id) for row in said)
    _write(task, {"tokens": n_tokens})


def _spoken(ids: list[int], stop: int) -> int:
    """Tokens up to the first that stops: what follows in a batch is padding."""
    return ids.index(stop) + 1 if stop in ids else len(ids)


def ours_scores(task: Task, clock: Clock) -> None:
    """The platform: packed rows, the head on tokens of replies only."""
    from dataset_platform.evaluation.harness_tasks import as_encoded
    from dataset_platform.evaluation.language import foresee
    from dataset_platform.training.encode import Example

    model, tokenizer, rows = _loaded(task)
    with clock("score"):
        examples = [Example(str(i), "x", as_encoded(row, tokenizer)) for i, row in enumerate(rows)]
        found = foresee(model, examples, 1024)
    _write(task, {"log-likelihood": float(-found.nll.sum())})


def lm_eval_scores(task: Task, clock: Clock) -> None:
    """lm-evaluation-harness with a loaded model and its defaults, eight at a time."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model, tokenizer, rows = _loaded(task)
    harness = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=8)
    requests = [
        Instance("loglikelihood", {}, (row["context"], row["continuation"]), i) for i, row in enumerate(rows)
    ]
    with clock("score"):
        found = harness.loglikelihood(requests, disable_tqdm=True)
    _write(task, {"log-likelihood": float(sum(one[0] for one in found))})


def _loaded(task: Task) -> tuple:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(task["model"]).eval()
    return model, AutoTokenizer.from_pretrained(task["model"]), json.loads(Path(task["input"]).read_text())


def _write(task: Task, found: dict) -> None:
    Path(task["out"], "found.json").write_text(json.dumps(found))
