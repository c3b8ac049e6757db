"""Conversations as tokens, with a mask that names the tokens to train.

The loss falls on what the assistant says and on the token that ends its turn.
Where these lie is found by rendering the chat template twice: once with a
placeholder for each turn, which shows where the template puts every turn, and
once with the text. So no template needs generation markers, and a template that
changes the text of a turn is refused instead of being trained on wrong tokens.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import TemplateError

from dataset_platform.errors import InputError, TrainingFailed
from dataset_platform.schemas import Role
from dataset_platform.training.rows import Conversation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Messages = list[dict[str, str]]
Span = tuple[int, int]

# Private-use characters: no template looks for them and no cleaned text holds them.
_PLACEHOLDER = re.compile("\ue000([0-9]+)\ue001")


class SkipReason(StrEnum):
    """Why a conversation cannot be trained on; NO_PAIR holds for preference training alone."""

    NO_REPLY = "no_reply"
    TOO_LONG = "too_long"
    CONTROL_TOKEN = "control_token"
    TEMPLATE_REFUSED = "template_refused"
    NO_PAIR = "no_pair"


class Unencodable(InputError):
    """A conversation that cannot become tokens; callers count it by `reason`."""

    def __init__(self, reason: SkipReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Encoded:
    """Token ids and, of equal length, whether each is a token to train; `turns_cut` from the left."""

    ids: list[int] = field(repr=False)
    loss_mask: list[bool] = field(repr=False)
    turns_cut: int = 0

    @property
    def n_trained(self) -> int:
        """Tokens in the loss. The first token has no predecessor to be predicted from."""
        return sum(self.loss_mask[1:])


@dataclass(frozen=True)
class Example:
    """One conversation ready to be trained on or scored."""

    conversation_id: str
    stage: str
    encoded: Encoded

    def __len__(self) -> int:
        return len(self.encoded.ids)

    @property
    def n_trained(self) -> int:
        return self.encoded.n_trained

    @property
    def pairs(self) -> int:
        """Pairs of tokens, what attention costs."""
        return len(self) ** 2


@dataclass
class Intake:
    """Counts of what encoding did to the conversations of a split; fills as examples are drawn."""

    used: int = 0
    truncated: int = 0
    turns_cut: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def encode(
    messages: Messages, tokenizer: "PreTrainedTokenizerFast", max_length: int | None = None
) -> Encoded:
    """The conversation in the tokenizer's chat template, with the tokens that train.

    A conversation longer than `max_length` tokens loses its oldest turns, up to a user
    turn, so that every reply keeps what it answers; a leading system turn stays.
    Raises Unencodable where the text or the template does not allow it.
    """
    encoded = _encode_whole(messages, tokenizer)
    if max_length is None or len(encoded.ids) <= max_length:
        return encoded
    n_system = int(messages[0]["role"] == Role.SYSTEM)
    starts = [at for at in range(n_system + 1, len(messages)) if messages[at]["role"] == Role.USER]

    @cache
    def encoded_from(start: int) -> Encoded:
        return _encode_whole(messages[:n_system] + messages[start:], tokenizer)

    def fits(start: int) -> bool:
        return len(encoded_from(start).ids) <= max_length

    start = _first(starts, fits)
    if start is None:
        raise Unencodable(SkipReason.TOO_LONG, f"its last exchange alone is longer than {max_length} tokens")
    return Encoded(encoded_from(start).ids, encoded_from(start).loss_mask, turns_cut=start - n_system)


def _first(starts: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The first that fits, where all behind it do. Few are tried, as most conversations lose few turns."""
    step = 1
    while step <= len(starts) and not fits(starts[step - 1]):
        step *= 2
    place = bisect(starts, False, lo=step // 2, hi=min(step, len(starts)), key=fits)
    return starts[place] if place < len(starts) else None


def encode_all(
    conversations: Iterable[Conversation],
    tokenizer: "PreTrainedTokenizerFast",
    max_length: int,
    intake: Intake,
) -> Iterator[Example]:
    """Examples with at least one token to train, in order; the others are counted in `intake`."""
    require_chat_template(tokenizer)
    for conversation in conversations:
        try:
            encoded = encode(conversation.messages, tokenizer, max_length)
        except Unencodable as refusal:
            intake.skipped[refusal.reason] += 1
            continue
        if not encoded.n_trained:
            intake.skipped[SkipReason.NO_REPLY] += 1
            continue
        intake.used += 1
        intake.turns_cut += encoded.turns_cut
        intake.truncated += bool(encoded.turns_cut)
        yield Example(conversation.conversation_id, conversation.stage, encoded)


def require_chat_template(tokenizer: "PreTrainedTokenizerFast") -> None:
    if not tokenizer.chat_template:
        raise TrainingFailed(
            f"the tokenizer {tokenizer.name_or_path or '(unnamed)'} has no chat template, so turns cannot be "
            "told apart: choose an instruction-tuned model, or set tokenizer.chat_template"
        )
    if not tokenizer.is_fast:
        raise TrainingFailed("the tokenizer does not report where tokens lie in the text: use a fast one")


def control_tokens(tokenizer: "PreTrainedTokenizerFast") -> frozenset[str]:
    """Texts that the tokenizer reads as one special token wherever they stand."""
    added = tokenizer.added_tokens_decoder.values()
    return frozenset(tokenizer.all_special_tokens) | {token.content for token in added if token.special}


def _encode_whole(messages: Messages, tokenizer: "PreTrainedTokenizerFast") -> Encoded:
    control = control_tokens(tokenizer)
    if any(token in message["content"] for message in messages for token in control):
        raise Unencodable(
            SkipReason.CONTROL_TOKEN, "a turn spells a control token, which would let text pose as a turn"
        )
    text, spans = _render_with_spans(messages, tokenizer)
    trained = [
        (start, _end_of_turn(text, end, control))
        for message, (start, end) in zip(messages, spans, strict=True)
        if message["role"] == Role.ASSISTANT
    ]
    tokens = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return Encoded(tokens["input_ids"], _overlaps(tokens["offset_mapping"], trained, len(text)))


def _render_with_spans(messages: Messages, tokenizer: "PreTrainedTokenizerFast") -> tuple[str, list[Span]]:
    """The rendered conversation, and where in it each message's content lies (in characters)."""
    contents = [message["content"].strip() for message in messages]
    roles = [message["role"] for message in messages]
    skeleton = _render(roles, [f"\ue000{i}\ue001" for i in range(len(messages))], tokenizer)
    text, *slots = _PLACEHOLDER.split(skeleton)
    spans: dict[int, Span] = {}
    for slot, after in zip(slots[::2], slots[1::2], strict=True):
        content = contents[int(slot)]
        spans[int(slot)] = (len(text), len(text) + len(content))
        text += content + after
    if text != _render(roles, contents, tokenizer) or sorted(spans) != list(range(len(messages))):
        raise Unencodable(
            SkipReason.TEMPLATE_REFUSED, "the chat template changes or drops the text of a turn"
        )
    return text, [spans[i] for i in range(len(messages))]


def _render(roles: list[str], contents: list[str], tokenizer: "PreTrainedTokenizerFast") -> str:
    messages = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=True)]
    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False))
    except TemplateError as error:
        raise Unencodable(
            SkipReason.TEMPLATE_REFUSED, f"the chat template refuses these roles: {error.message}"
        ) from None


def _end_of_turn(text: str, end: int, control: frozenset[str]) -> int:
    """Where the control token that ends the turn stops; `end` itself in templates without one."""
    rest = text[end:]
    stripped = rest.lstrip()
    ending = max((token for token in control if stripped.startswith(token)), key=len, default="")
    return end + len(rest) - len(stripped) + len(ending) if ending else end


def _overlaps(offsets: list[Span], spans: list[Span], n_chars: int) -> list[bool]:
    """Whether each token shares a character with one of the spans."""
    inside = np.zeros(n_chars + 1, dtype=np.int64)
    for start, end in spans:
        inside[start + 1 : end + 1] = 1
    characters_before = inside.cumsum()
    return [bool(characters_before[end] > characters_before[start]) for start, end in offsets]
