"""Preference pairs: rows whose attributes kept the ending that was rejected.

Ingestion makes what was chosen the conversation and keeps what was rejected in the source's own fields,
as text, as one message, or as a list of messages; a release carries them in `attributes`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dataset_platform.schemas import Role
from dataset_platform.training.encode import (
    Encoded,
    Intake,
    Messages,
    SkipReason,
    Unencodable,
    encode,
    require_chat_template,
)
from dataset_platform.training.objectives import Pair
from dataset_platform.training.rows import Conversation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

REJECTED = "rejected"


def encode_pairs(
    conversations: Iterable[Conversation],
    tokenizer: "PreTrainedTokenizerFast",
    max_length: int,
    intake: Intake,
) -> Iterator[Pair]:
    """Pairs whose two endings differ and fit, in order; the others are counted in `intake`.

    Turns are never cut from a pair, as the two endings would lose different ones.
    """
    require_chat_template(tokenizer)
    for conversation in conversations:
        other = rejected_ending(conversation)
        try:
            if other is None:
                raise Unencodable(SkipReason.NO_PAIR, "it has no rejected ending")
            chosen = _encode_whole(conversation.messages, tokenizer, max_length)
            rejected = _encode_whole(other, tokenizer, max_length)
        except Unencodable as refusal:
            intake.skipped[refusal.reason] += 1
            continue
        intake.used += 1
        yield Pair(conversation.conversation_id, conversation.stage, chosen, rejected)


def rejected_ending(conversation: Conversation) -> Messages | None:
    """The conversation with the reply that was rejected; None where there is none, or no other."""
    messages = conversation.messages
    kept = json.loads(conversation.attributes or "{}").get(REJECTED)
    if not messages or messages[-1]["role"] != Role.ASSISTANT:
        return None
    ending = _messages_of(kept, messages)
    return ending if ending and ending[-1]["content"] != messages[-1]["content"] else None


def _messages_of(kept: Any, chosen: Messages) -> Messages | None:
    """The messages that stand for what was kept, in any of the shapes that ingestion keeps."""
    if isinstance(kept, str) and kept.strip():
        return [*chosen[:-1], {"role": Role.ASSISTANT.value, "content": kept}]
    if isinstance(kept, dict):
        return _messages_of(kept.get("content"), chosen)
    if not isinstance(kept, list) or not kept or not all(_is_message(message) for message in kept):
        return None
    if len(kept) == 1:
        return _messages_of(kept[0], chosen)
    lead = chosen[:1] if chosen[0]["role"] == Role.SYSTEM and kept[0]["role"] != Role.SYSTEM else []
    ending = [*lead, *({"role": str(m["role"]), "content": str(m["content"])} for m in kept)]
    return ending if ending[-1]["role"] == Role.ASSISTANT else None


def _is_message(message: Any) -> bool:
    return isinstance(message, dict) and {"role", "content"} <= message.keys()


def _encode_whole(messages: Messages, tokenizer: "PreTrainedTokenizerFast", max_length: int) -> Encoded:
    encoded = encode(messages, tokenizer)
    if len(encoded.ids) > max_length:
        raise Unencodable(SkipReason.TOO_LONG, f"an ending is longer than {max_length} tokens")
    return encoded
