"""Ways to fine-tune a causal language model: ours, TRL's SFTTrainer, and a bare loop; run by `runner.py`.

`task["examples"]` is a JSON list of `ids` and `mask` (what trains), the same for all, or for ours the Parquet
file `task["rows"]` that they were encoded from. Each trains `task["model"]`, a folder, for `task["steps"]`
steps of about `task["tokens"]` tokens with the same AdamW, rate and adapters, and starts the clock after
`WARM_UP` steps. `steps.json` in the folder `task["out"]` has seconds, useful tokens and loss of each step on
the clock.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]

WARM_UP = 2
SEED = 0
RATE = 2e-4
RANK = 16
PACKED = 4096  # tokens of TRL's rows: without flash-attn attention costs the square of them


class Watch:
    """Starts the clock after the warm-up, and writes down each step after that."""

    def __init__(self, task: Task, clock: Clock) -> None:
        self._task, self._clock = task, clock
        self._stack, self._seen, self._last = ExitStack(), 0, 0.0
        self._steps: list[tuple[float, int, float]] = []

    def step(self, tokens: int, loss: float) -> None:
        _wait()
        now = time.perf_counter()
        if self._seen >= WARM_UP:
            self._steps.append((now - self._last, tokens, loss))
        self._last = now
        self._seen += 1
        if self._seen == WARM_UP:
            self._stack.enter_context(self._clock("train"))
        elif self._seen == int(self._task["steps"]) + WARM_UP:
            self._stack.close()
            facts = {"steps": self._steps, "device_bytes": _device_bytes()}
            (Path(self._task["out"]) / "steps.json").write_text(json.dumps(facts))


def ours(task: Task, clock: Clock) -> None:
    """The platform: flat rows without padding, attention per conversation, the head on trained tokens."""
    from dataset_platform.training import load_preset, train

    watch = Watch(task, clock)
    steps = int(task["steps"]) + WARM_UP
    config = load_preset("cpu-demo", [
        f"seed={SEED}", f"max_steps={steps}", f"tokens_per_step={task['tokens']}", "warmup_steps=0",
        f"tokens_per_forward={task['forward']}", f"max_length={task['length']}", f"learning_rate={RATE}",
        "schedule=constant", f"validate_every={steps}", f"save_every={steps}", f"method={task['method']}",
        f"accelerator={task['accelerator']}", f"precision={task['precision']}", f"lora.rank={RANK}",
        f"compile={task['compile']}",
    ])  # fmt: skip
    train(
        rows=Path(task["rows"]), manifest_sha256="0" * 64, version="0.0.0", config=config,
        base_model=Path(task["model"]), out=Path(task["out"]) / "checkpoint", log=lambda _: None,
        on_progress=lambda report: watch.step(report.tokens, report.loss),
    )  # fmt: skip


def trl(task: Task, clock: Clock) -> None:
    """TRL's SFTTrainer with packing; precision and checkpointing as ours, its defaults are slow on a CPU."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    torch.manual_seed(SEED)
    examples, watch = _examples(task), Watch(task, clock)
    forward = int(task["forward"])
    packed = min(forward, PACKED)
    accumulation = max(1, int(task["tokens"]) // forward)
    counted = {"tokens": 0}

    class Count(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            tokens, counted["tokens"] = counted["tokens"], 0
            loss = next((e["loss"] for e in reversed(state.log_history) if "loss" in e), float("nan"))
            watch.step(tokens, float(loss))

    class Counting(SFTTrainer):
        def training_step(self, model: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
            mask = inputs.get("attention_mask")
            counted["tokens"] += int(mask.sum() if mask is not None else inputs["input_ids"].numel())
            return super().training_step(model, inputs, *rest, **named)

    config = SFTConfig(
        output_dir=task["out"], max_steps=int(task["steps"]) + WARM_UP, packing=True,
        per_device_train_batch_size=forward // packed, gradient_accumulation_steps=accumulation,
        max_length=packed,
        learning_rate=RATE, lr_scheduler_type="constant", optim="adamw_torch_fused", weight_decay=0.0,
        max_grad_norm=1.0, bf16=task["precision"] == "bf16", gradient_checkpointing=False, logging_steps=1,
        save_strategy="no", report_to=[], use_cpu=task["accelerator"] == "cpu", seed=SEED, disable_tqdm=True,
        dataloader_pin_memory=False,
    )  # fmt: skip
    dataset = Dataset.from_list([{"input_ids": e["ids"], "labels": _labels(e)} for e in examples])
    trainer = Counting(
        model=_model(task), args=config, train_dataset=dataset, callbacks=[Count()],
        processing_class=AutoTokenizer.from_pretrained(task["model"]),
    )  # fmt: skip
    trainer.train()


def bare_loop(task: Task, clock: Clock) -> None:
    """A loop as people write it: padded batches of like length, and the loss that transformers computes."""
    import torch

    torch.manual_seed(SEED)
    device = "cpu" if task["accelerator"] == "cpu" else "cuda"
    model, watch = _model(task).to(device).train(), Watch(task, clock)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0, fused=True)
    half = torch.autocast(device, torch.bfloat16, enabled=task["precision"] == "bf16")
    for batches in _steps(task):
        trained = sum(sum(e["mask"][1:]) for batch in batches for e in batch)
        total = 0.0
        for batch in batches:
            ids, mask, labels = _padded(batch, device)
            share = sum(sum(e["mask"][1:]) for e in batch) / trained
            with half:
                loss = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss * share
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        watch.step(sum(len(e["ids"]) for batch in batches for e in batch), total)


def _steps(task: Task) -> Iterator[list[list[dict[str, Any]]]]:
    """Steps of batches of like length, each up to the tokens that go into a forward, padding included."""
    examples, limit = sorted(_examples(task), key=lambda e: len(e["ids"])), int(task["forward"])
    batches: list[list[dict[str, Any]]] = [[]]
    for example in examples:
        if batches[-1] and len(example["ids"]) * (len(batches[-1]) + 1) > limit:
            batches.append([])
        batches[-1].append(example)
    import random

    shuffled = random.Random(SEED)
    at, a_step = len(batches), max(1, int(task["tokens"]) // limit)
    for _ in range(int(task["steps"]) + WARM_UP):
        step = []
        for _ in range(a_step):
            if at == len(batches):
                shuffled.shuffle(batches)
                at = 0
            step.append(batches[at])
            at += 1
        yield step


def _padded(batch: list[dict[str, Any]], device: str) -> Any:
    import torch

    width = max(len(e["ids"]) for e in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, example in enumerate(batch):
        n = len(example["ids"])
        ids[row, :n] = torch.tensor(example["ids"])
        mask[row, :n] = 1
        labels[row, :n] = torch.tensor(_labels(example))
    return ids.to(device), mask.to(device), labels.to(device)


def _labels(example: dict[str, Any]) -> list[int]:
    """The ids that train, and where none does what PyTorch leaves out."""
    return [i if trains else -100 for i, trains in zip(example["ids"], example["mask"], strict=True)]


def _model(task: Task) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(task["model"], dtype=torch.float32, use_safetensors=True)
    if task["method"] == "full":
        return model
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
    return get_peft_model(model, lora)


def _examples(task: Task) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(task["examples"]).read_text())
    return found


def _wait() -> None:
    """Until a GPU has done what it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _device_bytes() -> int:
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
