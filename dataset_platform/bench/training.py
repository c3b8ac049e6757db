"""`bench train`: fine-tuning by ours, by TRL's SFTTrainer with packing, and by a bare loop."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from dataset_platform import training
from dataset_platform.bench import training_contestants
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Run, Task
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_least, find, peak_gb
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.errors import InputError
from dataset_platform.progress import Progress
from dataset_platform.schemas import Split
from dataset_platform.settings import load_settings
from dataset_platform.training.config import Method, Precision
from dataset_platform.training.cost import Work, work_of
from dataset_platform.training.encode import Intake, encode_all
from dataset_platform.training.hardware import peak_flops
from dataset_platform.training.methods import weightless_model
from dataset_platform.training.rows import COLUMNS, read_split

SCRIPT = Path(training_contestants.__file__)
SMOOTHED_OVER = 5  # steps: one batch is harder than another
LIMIT_S = 3600.0
# glibc gives large blocks back at once and asks for them again: a third of the time of training on a CPU.
KEEPS_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
TARGETS = {"trl": 1.3, "bare loop": 0.95, "trl, memory kept": 1.7}
MFU_TARGET = 0.45
COMPILED = ", compiled"
# Hidden, intermediate, layers, heads, key-value heads; "1b" has 1.1 billion parameters with this vocabulary.
SHAPES = {"1b": (2048, 8192, 16, 32, 8), "tiny": (64, 128, 2, 4, 2)}


@dataclass(frozen=True)
class Contest:
    """What all contestants train alike. `tokens` are those behind a step, `forward` those of one forward."""

    rows: Path
    steps: int
    tokens: int
    forward: int
    length: int
    method: Method
    on_gpu: bool


def training_report(
    folder: Path,
    contest: Contest,
    base_model: Path,
    rounds: int,
    only: Sequence[str],
    peers: Path | None,
    progress: Progress,
) -> Report:
    """Races the contestants; tokens of the texts lie in the folder until the race is over."""
    if contest.on_gpu and not torch.cuda.is_available():
        raise InputError("--gpu: this machine has none that torch can use")
    competing = chosen(contestants(peers, contest.on_gpu), only)
    given = folder / "training"
    given.mkdir(parents=True, exist_ok=True)
    try:
        task, n = _task(given, contest, base_model)
        cases = [_case(contestant, task) for contestant in competing]
        outcomes = race(cases, rounds, folder / "work", progress)
    finally:
        for path in given.iterdir():
            path.unlink()
    peak = peak_flops(torch.device("cuda" if contest.on_gpu else "cpu"), Precision.BF16)
    about = [
        f"{n:,} conversations of one release, {contest.steps} steps of about {contest.tokens:,} tokens after "
        f"{training_contestants.WARM_UP}, {contest.forward:,} tokens a forward; {contest.method.value}, "
        f"{task['precision']}; useful tokens are those that are no padding",
        "TRL packs (bfd), in the same precision and without checkpointing; `memory kept` tells glibc to keep "
        "what is freed",
    ]
    return Report(
        "train on a GPU" if contest.on_gpu else "train", this_machine(), rounds, outcomes, about,
        findings(outcomes, _work(base_model, contest), peak),
    )  # fmt: skip


def contestants(peers: Path | None, on_gpu: bool) -> list[Contestant]:
    """Ours in this Python, the others in the peers'; on a CPU also with other settings of glibc.

    On a GPU ours runs with compiled layers, too.
    """
    there = peers or Path(sys.executable)
    trl = ("trl", "datasets", "torch", "transformers", "peft")
    bare = ("torch", "transformers", "peft")
    settings = ("", COMPILED) if on_gpu else ("", ", memory kept")
    ours = [Contestant(f"ours{also}", SCRIPT, "ours", bare, ours=not also) for also in settings]
    theirs = [Contestant(f"trl{also}", SCRIPT, "trl", trl, there) for also in settings if also != COMPILED]
    return [*ours, *theirs, Contestant("bare loop", SCRIPT, "bare_loop", bare, there)]


def findings(outcomes: Sequence[Outcome], work: Work, peak: float | None) -> list[str]:
    """Useful tokens a second of each, ratios to ours, memory, and seconds to the loss that all reached.

    All are credited with the operations that the model needs, whatever they compute beside them.
    """
    (workload,) = {outcome.case.workload for outcome in outcomes}
    ours, goal = find(outcomes, "ours", workload), _loss_that_all_reach(outcomes)
    lines = []
    for outcome in outcomes:
        if outcome.runs:
            speed = Spread.of(map(_tokens_per_s, outcome.runs))
            mfu = Spread.of(_flops_per_s(run, work) / peak for run in outcome.runs) if peak else None
            reached = Spread.of(s for run in outcome.runs if (s := _seconds_to(goal, run)) is not None)
            lines.append(
                f"{outcome.case.contestant.name}: {speed} useful tokens/s{f', {mfu} MFU' if mfu else ''}, "
                f"peak {peak_gb(outcome)} GB, {reached} s to a loss of {goal:.3f}"
            )
            if outcome.case.contestant.name.startswith("ours") and mfu:
                lines += at_least(f"MFU of {outcome.case.contestant.name}", mfu, MFU_TARGET)
    for name, target in TARGETS.items():
        kept = find(outcomes, "ours, memory kept", workload) if "kept" in name else ours
        lines += at_least(
            f"useful tokens/s, ours : {name}", _faster(kept, find(outcomes, name, workload)), target
        )
    return lines


def steps_of(task: Task) -> Facts:
    """What a contestant wrote of its steps, as one JSON text beside the sums."""
    path = Path(task["out"]) / "steps.json"
    told = json.loads(path.read_text())
    return {
        "tokens": sum(tokens for _, tokens, _ in told["steps"]),
        "_trained share": task["trained_share"],
        "_pairs a token": task["pairs_a_token"],
        "last loss": f"{_smoothed(told['steps'])[-1]:.3f}",
        "device GB": f"{told['device_bytes'] / 1e9:.2f}",
        "_steps": json.dumps(told["steps"]),
    }


@contextmanager
def training_model(folder: Path, named: str | None, random: str | None) -> Iterator[Path]:
    """The folder of the model to train; one of random weights is removed in the end."""
    base = training.find_base_model(named, load_settings().cache)
    if random is None:
        yield base
        return
    if random not in SHAPES:
        raise InputError(f"--random {random}: there are {', '.join(SHAPES)}")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        yield _random_llama(Path(scratch) / f"llama-{random}", base, SHAPES[random])


def _random_llama(folder: Path, tokenizer_of: Path, shape: tuple[int, int, int, int, int]) -> Path:
    """A Llama to measure speed with where no model of its size is at hand."""
    hidden, intermediate, layers, heads, key_value = shape
    tokenizer = training.load_tokenizer(tokenizer_of)
    config = AutoConfig.for_model(
        "llama", vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=intermediate,
        num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=key_value,
        max_position_embeddings=8192, tie_word_embeddings=False, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    torch.manual_seed(training_contestants.SEED)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _task(folder: Path, contest: Contest, base_model: Path) -> tuple[dict[str, str], int]:
    """What contestants are given, and the number of conversations: the train split, without validation."""
    tokenizer = training.load_tokenizer(base_model)
    conversations = list(read_split(contest.rows, Split.TRAIN))
    encoded = list(encode_all(conversations, tokenizer, contest.length, Intake()))
    if not encoded:
        raise InputError(f"{contest.rows}: no conversation to train on")
    examples, rows = folder / "examples.json", folder / "rows.parquet"
    examples.write_text(
        json.dumps([{"ids": e.encoded.ids, "mask": list(map(int, e.encoded.loss_mask))} for e in encoded])
    )
    pq.write_table(pa.Table.from_pylist(list(_as_rows(conversations))).select(COLUMNS), rows)
    half = contest.on_gpu
    n_tokens = sum(map(len, encoded))
    return {
        "trained_share": str(sum(e.n_trained for e in encoded) / n_tokens),
        "pairs_a_token": str(sum(e.pairs for e in encoded) / n_tokens),
        "examples": str(examples),
        "rows": str(rows),
        "model": str(base_model),
        "steps": str(contest.steps),
        "tokens": str(contest.tokens),
        "forward": str(contest.forward),
        "length": str(contest.length),
        "method": contest.method.value,
        "accelerator": "auto" if contest.on_gpu else "cpu",
        "precision": (Precision.BF16 if half else Precision.FP32).value,
    }, len(encoded)


def _as_rows(conversations: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for conversation in conversations:
        yield {**vars(conversation), "split": Split.TRAIN.value}


def _case(contestant: Contestant, task: dict[str, str]) -> Case:
    kept = KEEPS_MEMORY if "kept" in contestant.name else {}
    task = task | {"compile": str(contestant.name.endswith(COMPILED)).lower()}
    return Case(contestant, "fine-tuning", task, 0, steps_of, environment=kept, limit_s=LIMIT_S)


def _work(base_model: Path, contest: Contest) -> Work:
    preset = training.load_preset("cpu-demo", [f"method={contest.method.value}"])
    return work_of(weightless_model(base_model, preset), preset)


def _tokens_per_s(run: Run) -> float:
    return int(run.facts["tokens"]) / run.parts["train"]


def _flops_per_s(run: Run, work: Work) -> float:
    tokens_per_s = _tokens_per_s(run)
    trained, pairs = (float(run.facts[name]) for name in ("_trained share", "_pairs a token"))
    return tokens_per_s * work.flops(1, trained, pairs)


def _faster(ours: Outcome | None, other: Outcome | None) -> Spread | None:
    """How many times the useful tokens a second of the other, in the same round."""
    if ours is None or other is None:
        return None
    rounds = zip(ours.runs, other.runs, strict=False)
    return Spread.of(_tokens_per_s(mine) / _tokens_per_s(its) for mine, its in rounds)


def _smoothed(steps: Sequence[tuple[float, int, float]]) -> list[float]:
    losses = [loss for _, _, loss in steps]
    return [
        sum(losses[max(0, i + 1 - SMOOTHED_OVER) : i + 1]) / min(SMOOTHED_OVER, i + 1)
        for i in range(len(losses))
    ]


def _loss_that_all_reach(outcomes: Sequence[Outcome]) -> float:
    runs = [run for outcome in outcomes for run in outcome.runs]
    return max((min(_smoothed(json.loads(str(run.facts["_steps"])))) for run in runs), default=0.0)


def _seconds_to(loss: float, run: Run) -> float | None:
    steps = json.loads(str(run.facts["_steps"]))
    seconds = 0.0
    for (took, _, _), smoothed in zip(steps, _smoothed(steps), strict=True):
        seconds += took
        if smoothed <= loss:
            return seconds
    return None
