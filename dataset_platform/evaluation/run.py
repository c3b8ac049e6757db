"""One evaluation, from the test split of a release to a report."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.measure import Measured, Prompt, measure
from dataset_platform.evaluation.report import EvalReport, Reply, Sample
from dataset_platform.evaluation.statistics import Scored, compare, compare_stages
from dataset_platform.schemas import Role, Split
from dataset_platform.training.adapter import load_checkpoint
from dataset_platform.training.base_model import load_model, load_tokenizer
from dataset_platform.training.checkpoint import MANIFEST_NAME, digest_file, verify_checkpoint
from dataset_platform.training.encode import Example, Intake, encode_all
from dataset_platform.training.hardware import describe_hardware, package_versions, peak_rss_bytes
from dataset_platform.training.rows import Conversation, read_split

NOT_MEASURED = (
    "Therapeutic quality of the replies",
    "Safety of the replies in crisis and other edge cases",
    "Memorisation of training text and private data in replies",
    "Fairness under changes of names, gender, age, ethnicity and religion",
    "Speed at batch sizes above 1",
)


def evaluate(
    rows: Path,
    version: str,
    manifest_sha256: str,
    checkpoint: Path,
    base_model: Path,
    config: EvaluationConfig,
    log: Callable[[str], None],
) -> EvalReport:
    """Base against tuned model on the test split of the release that the checkpoint was trained on.

    Raises VerificationFailed where checkpoint, base model and release do not belong
    together, InputError where the split has nothing to score. Model replies go into the
    report and nowhere else.
    """
    started = time.perf_counter()
    trained = verify_checkpoint(checkpoint).manifest
    if trained.release.manifest_sha256 != manifest_sha256:
        raise VerificationFailed(
            f"{checkpoint}: trained on release {trained.release.version} "
            f"({trained.release.manifest_sha256[:12]}), not on {version} ({manifest_sha256[:12]}). "
            "Evaluate it on its own release, or train again"
        )
    tokenizer = load_tokenizer(checkpoint)
    conversations = held_out(rows, config.seed)
    examples, sample = _choose(conversations, tokenizer, config)
    if not examples:
        raise InputError(
            f"{rows}: the test split has no conversation to score ({len(conversations)} in it, skipped: "
            f"{sample.skipped or 'none'}). Export a release with more conversations, or raise max_tokens"
        )
    prompts = _prompts(conversations, examples, tokenizer, config)
    log(f"{len(examples)} held-out conversations to score, {len(prompts)} replies to generate, twice")
    base = measure(lambda: (load_model(base_model), tokenizer), examples, prompts, config)
    log(f"base model: {_progress(base)}")
    tuned = measure(lambda: load_checkpoint(checkpoint, base_model), examples, prompts, config)
    log(f"tuned model: {_progress(tuned)}")
    scored = _scored(examples, base, tuned)
    overall = compare("all", scored, config)
    return EvalReport(
        version=version,
        release_manifest_sha256=manifest_sha256,
        checkpoint_manifest_sha256=digest_file(checkpoint / MANIFEST_NAME).sha256,
        base_model=trained.base_model.name,
        base_model_sha256=trained.base_model.sha256,
        config=config,
        chat_template_sha256=hashlib.sha256(tokenizer.chat_template.encode()).hexdigest(),
        verdict=overall.verdict,
        sample=sample,
        overall=overall,
        by_stage=compare_stages(scored, config),
        base_speed=base.speed,
        tuned_speed=tuned.speed,
        replies=_replies(prompts, base, tuned),
        loss_curve=trained.loss_curve,
        training_steps=trained.steps,
        training_tokens=trained.tokens_seen,
        packages=package_versions(),
        hardware=describe_hardware().model_dump(),
        peak_rss_bytes=peak_rss_bytes(),
        duration_s=round(time.perf_counter() - started, 2),
        not_measured=NOT_MEASURED,
    )


def held_out(rows: Path, seed: int) -> list[Conversation]:
    """The test split in a seeded order that a conversation keeps when others come or go."""

    def place(conversation: Conversation) -> bytes:
        return hashlib.sha256(f"{seed}:{conversation.conversation_id}".encode()).digest()

    return sorted(read_split(rows, Split.TEST), key=place)


def _choose(
    conversations: Sequence[Conversation], tokenizer: Any, config: EvaluationConfig
) -> tuple[list[Example], Sample]:
    """The first examples within the bounds on conversations and tokens."""
    intake = Intake()
    examples: list[Example] = []
    room = config.max_tokens
    for example in encode_all(conversations, tokenizer, config.max_length, intake):
        if len(examples) < config.max_conversations and len(example) <= room:
            examples.append(example)
            room -= len(example)
    return examples, Sample(
        in_split=len(conversations),
        scored=len(examples),
        truncated=intake.truncated,
        skipped=dict(sorted(intake.skipped.items())),
        left_out_by_bounds=intake.used - len(examples),
    )


def _prompts(
    conversations: Sequence[Conversation],
    examples: Sequence[Example],
    tokenizer: Any,
    config: EvaluationConfig,
) -> list[Prompt]:
    """Up to the last reply of the first conversations that have one after a user turn and fit."""
    scored = {example.conversation_id for example in examples}
    prompts = (
        _prompt(conversation, tokenizer, config.max_length)
        for conversation in conversations
        if conversation.conversation_id in scored
    )
    return [prompt for prompt in prompts if prompt is not None][: config.n_replies]


def _prompt(conversation: Conversation, tokenizer: Any, max_length: int) -> Prompt | None:
    messages = conversation.messages
    replies = [
        i
        for i in range(1, len(messages))
        if (messages[i - 1]["role"], messages[i]["role"]) == (Role.USER, Role.ASSISTANT)
    ]
    if not replies:
        return None
    ids = tokenizer.apply_chat_template(
        messages[: replies[-1]], add_generation_prompt=True, tokenize=True, return_dict=True
    )["input_ids"]
    return (
        Prompt(conversation.conversation_id, conversation.stage, replies[-1], ids)
        if len(ids) <= max_length
        else None
    )


def _scored(examples: Sequence[Example], base: Measured, tuned: Measured) -> list[Scored]:
    return [
        Scored(
            conversation_id=example.conversation_id,
            stage=example.stage,
            n_tokens=example.encoded.n_trained,
            base_nll=base.nll[example.conversation_id],
            tuned_nll=tuned.nll[example.conversation_id],
        )
        for example in examples
    ]


def _replies(prompts: Sequence[Prompt], base: Measured, tuned: Measured) -> tuple[Reply, ...]:
    return tuple(
        Reply(
            conversation_id=prompt.conversation_id,
            stage=prompt.stage,
            turn=prompt.turn,
            base=one,
            tuned=other,
        )
        for prompt, one, other in zip(prompts, base.replies, tuned.replies, strict=True)
    )


def _progress(measured: Measured) -> str:
    speed = measured.speed
    return f"{len(measured.nll)} conversations scored, {speed.tokens_per_s or 0:.0f} tokens/s generated"
