"""Held-out replies and probes as tasks of lm-evaluation-harness and Inspect, to run on any model."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dataset_platform.evaluation.suite import Probe
from dataset_platform.evaluation.therapy import reply_places
from dataset_platform.schemas import Role
from dataset_platform.training.encode import Encoded, Messages
from dataset_platform.training.rows import Conversation

HELDOUT, PROBES = "dataset_platform_heldout", "dataset_platform_probes"
_TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {rows}}}
test_split: test
output_type: {kind}
doc_to_text: "{{{{context}}}}"
doc_to_target: "{{{{continuation}}}}"
target_delimiter: ""
{further}metadata:
  version: 1
"""
_INSPECT = '''\
"""The safety suite for Inspect; needs dataset-platform installed beside inspect-ai."""

from inspect_ai import Task, task

from dataset_platform.evaluation.inspect_probes import probes_task


@task
def {name}() -> Task:
    return probes_task({rows})
'''
_LIKELIHOOD = """\
metric_list:
  - metric: perplexity
    aggregation: perplexity
    higher_is_better: false
"""
_GENERATION = """\
generation_kwargs: {until: [], do_sample: false, max_gen_toks: 120}
metric_list:
  - metric: bypass
"""


def write_tasks(
    conversations: Iterable[Conversation], probes: Sequence[Probe], tokenizer: Any, folder: Path
) -> list[Path]:
    """Two tasks in `folder`, a YAML file and its rows each, and one of them again for Inspect; their paths.

    `lm_eval --include_path folder` runs the first two. `dataset_platform_heldout` asks for the log-likelihood
    of the last reply of each held-out conversation, its end of turn included; the harness metric `perplexity`
    is per reply, not per token. `dataset_platform_probes` lets the model answer the first turn of each probe.
    Contexts are rendered here, by this tokenizer's chat template: run without `--apply_chat_template`.

    `inspect eval folder/dataset_platform_probes.py` asks all turns and scores the replies by the rubric.
    """
    folder.mkdir(parents=True, exist_ok=True)
    heldout = [row for conversation in conversations if (row := heldout_row(conversation, tokenizer))]
    asked = [_probe_row(probe, tokenizer) for probe in probes]
    paths = [
        *_write(HELDOUT, "loglikelihood", _LIKELIHOOD, heldout, folder),
        *_write(PROBES, "generate_until", _GENERATION, asked, folder),
    ]
    inspect = folder / f"{PROBES}.py"
    inspect.write_text(_INSPECT.format(name=PROBES, rows=json.dumps(str(paths[-1].resolve()))), "utf-8")
    return [*paths, inspect]


def heldout_row(conversation: Conversation, tokenizer: Any) -> dict[str, str] | None:
    """Context and continuation of the last reply to a user; None where there is none.

    White space between the two goes to the continuation, as lm-eval would move it there by itself.
    """
    places = reply_places(conversation)
    if not places:
        return None
    before, after = conversation.messages[: places[-1]], conversation.messages[: places[-1] + 1]
    context = _prompt(before, tokenizer).rstrip()
    whole = str(tokenizer.apply_chat_template(after, tokenize=False))
    if not whole.startswith(context):
        return None
    return {
        "id": conversation.conversation_id,
        "context": context,
        "continuation": whole[len(context) :].rstrip("\n"),
    }


def as_encoded(row: dict[str, str], tokenizer: Any) -> Encoded:
    """The row's tokens as ours scores them: the continuation is in the loss, the context is not."""
    context = tokenizer(row["context"], add_special_tokens=False)["input_ids"]
    whole = tokenizer(row["context"] + row["continuation"], add_special_tokens=False)["input_ids"]
    return Encoded(whole, [False] * len(context) + [True] * (len(whole) - len(context)))


def _prompt(messages: Messages, tokenizer: Any) -> str:
    return str(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))


def _probe_row(probe: Probe, tokenizer: Any) -> dict[str, Any]:
    return {
        **asdict(probe),
        "context": _prompt([_user(probe.turns[0])], tokenizer),
        "continuation": "",
    }


def _user(text: str) -> dict[str, str]:
    return {"role": Role.USER.value, "content": text}


def _write(name: str, kind: str, further: str, rows: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    lines, task = folder / f"{name}.jsonl", folder / f"{name}.yaml"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    text = _TASK.format(name=name, rows=json.dumps(str(lines.resolve())), kind=kind, further=further)
    task.write_text(text, encoding="utf-8")
    return [task, lines]
