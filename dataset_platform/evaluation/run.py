"""One evaluation, from the test split of a release to a report and the table of everything that was said."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.evaluation import canaries, fairness, harness_tasks, safety, suite, therapy
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.evidence import Evidence
from dataset_platform.evaluation.findings import report_of
from dataset_platform.evaluation.language import HeldOut, assistant_bytes
from dataset_platform.evaluation.measuring import Load, Measured, measure
from dataset_platform.evaluation.report import EvalReport, Sample, replies_name
from dataset_platform.evaluation.said import Asked, write_replies
from dataset_platform.evaluation.vocabulary import Model
from dataset_platform.quality import embedding
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.traits import Heads
from dataset_platform.schemas import Split
from dataset_platform.training.adapter import load_checkpoint
from dataset_platform.training.base_model import load_model, load_tokenizer
from dataset_platform.training.checkpoint import CheckpointManifest, verify_checkpoint
from dataset_platform.training.encode import Intake, encode_all
from dataset_platform.training.rows import Conversation, parquet_files, read_split


@dataclass(frozen=True)
class Previous:
    """The checkpoint of an earlier version, to compare with."""

    version: str
    checkpoint: Path


def evaluate(
    rows: Path,
    version: str,
    manifest_sha256: str,
    checkpoint: Path,
    base_model: Path,
    config: EvaluationConfig,
    log: Callable[[str], None],
    *,
    folder: Path | None = None,
    previous: Previous | None = None,
    heads: Heads | None = None,
    embedder: Embedder | None = None,
) -> EvalReport:
    """Base, tuned and previous model on the test split, the safety suite and the counterfactual prompts.

    `folder`, where given, gets the Parquet file with every prompt and reply. Raises VerificationFailed where
    checkpoint, base model and release do not belong together, InputError where the split has nothing to
    score. What models say goes into the report and that file, and nowhere else.
    """
    started = time.perf_counter()
    trained = verify_checkpoint(checkpoint).manifest
    _require_same_release(checkpoint, trained, version, manifest_sha256)
    tokenizer = load_tokenizer(checkpoint)
    conversations = held_out(rows, config.seed)
    scored, sample = _choose(conversations, _sources(rows), tokenizer, config)
    if not scored:
        raise InputError(
            f"{rows}: the test split has no conversation to score ({len(conversations)} in it, skipped: "
            f"{sample.skipped or 'none'}). Export a release with more conversations, or raise max_tokens"
        )
    planted = canaries.canaries(rows, tokenizer, config)
    asked = _questions(conversations, tokenizer, config)
    loads: dict[Model, Load] = {
        Model.BASE: lambda: (load_model(base_model), tokenizer),
        Model.TUNED: lambda: load_checkpoint(checkpoint, base_model),
    }
    if previous:
        loads[Model.PREVIOUS] = lambda: load_checkpoint(previous.checkpoint, base_model)
    log(f"{len(scored)} held-out conversations to score, {len(asked)} questions, {len(loads)} models")
    measured = {
        model: _told(model, measure(load, scored, planted.examples if planted else (), asked, config), log)
        for model, load in loads.items()
    }
    evidence = Evidence(
        config=config,
        held_out=scored,
        conversations={one.conversation_id: one for one in conversations},
        probes=suite.drawn(config.probes_per_category, config.seed),
        measured=measured,
        canaries=planted,
        training=lambda: read_split(rows, Split.TRAIN),
        embedder=embedding.Memorising(embedder or chosen().load()),
        heads=heads or {},
    )
    report, scores = report_of(
        evidence,
        trained=trained,
        checkpoint=checkpoint,
        previous=previous.checkpoint if previous else None,
        against=previous.version if previous else None,
        sample=sample,
        chat_template_sha256=hashlib.sha256(tokenizer.chat_template.encode()).hexdigest(),
        started=started,
    )
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        said = {model: one.said for model, one in measured.items()}
        write_replies(said, scores, folder / replies_name(version))
    return report


def write_tasks(rows: Path, checkpoint: Path, folder: Path) -> list[Path]:
    """The test split and all probes as tasks of lm-evaluation-harness, see `harness_tasks`."""
    return harness_tasks.write_tasks(held_out(rows, 0), suite.probes(), load_tokenizer(checkpoint), folder)


def held_out(rows: Path, seed: int) -> list[Conversation]:
    """The test split in a seeded order that a conversation keeps when others come or go."""

    def place(conversation: Conversation) -> bytes:
        return hashlib.sha256(f"{seed}:{conversation.conversation_id}".encode()).digest()

    return sorted(read_split(rows, Split.TEST), key=place)


def _require_same_release(
    checkpoint: Path, trained: CheckpointManifest, version: str, manifest_sha256: str
) -> None:
    if trained.release.manifest_sha256 != manifest_sha256:
        raise VerificationFailed(
            f"{checkpoint}: trained on release {trained.release.version} "
            f"({trained.release.manifest_sha256[:12]}), not on {version} ({manifest_sha256[:12]}). "
            "Evaluate it on its own release, or train again"
        )


def _sources(rows: Path) -> Mapping[str, str]:
    """The source of each conversation of the test split."""
    table = pads.dataset(parquet_files(rows), format="parquet").to_table(
        columns=["conversation_id", "source"], filter=pads.field("split") == Split.TEST.value
    )
    return dict(zip(table["conversation_id"].to_pylist(), table["source"].to_pylist(), strict=True))


def _choose(
    conversations: Sequence[Conversation],
    sources: Mapping[str, str],
    tokenizer: Any,
    config: EvaluationConfig,
) -> tuple[list[HeldOut], Sample]:
    """The first examples within the bounds on conversations and tokens."""
    intake = Intake()
    by_id = {conversation.conversation_id: conversation for conversation in conversations}
    chosen: list[HeldOut] = []
    room = config.max_tokens
    for example in encode_all(conversations, tokenizer, config.max_length, intake):
        if len(chosen) < config.max_conversations and len(example) <= room:
            said = assistant_bytes(by_id[example.conversation_id], example.encoded.turns_cut)
            chosen.append(HeldOut(example, sources[example.conversation_id] or "unknown", said))
            room -= len(example)
    return chosen, Sample(
        in_split=len(conversations),
        scored=len(chosen),
        truncated=intake.truncated,
        skipped=dict(sorted(intake.skipped.items())),
        left_out_by_bounds=intake.used - len(chosen),
    )


def _questions(
    conversations: Sequence[Conversation], tokenizer: Any, config: EvaluationConfig
) -> list[Asked]:
    """Places of held-out conversations, each the last that is not too long, then probes of the safety suite,
    then counterfactual prompts."""

    def prompt_tokens(conversation: Conversation, place: int) -> int:
        text = tokenizer.apply_chat_template(
            conversation.messages[:place], add_generation_prompt=True, tokenize=False
        )
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    places = (
        therapy.question(conversation, place)
        for conversation in conversations
        if (
            place := therapy.last_place(conversation, partial(prompt_tokens, conversation), config.max_length)
        )
    )
    return [
        *islice(places, config.n_replies),
        *safety.questions(suite.drawn(config.probes_per_category, config.seed)),
        *fairness.questions(config.fairness_prompts, config.seed),
    ]


def _told(model: Model, measured: Measured, log: Callable[[str], None]) -> Measured:
    n_tokens = sum(reply.n_tokens for replies in measured.said.replies for reply in replies)
    log(f"{model} model: {len(measured.foreseen.nll)} conversations scored, {n_tokens} tokens said")
    return measured
