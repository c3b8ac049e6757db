"""The five source shapes: conversations to the records and files that teams receive."""

import json
import random
from collections.abc import Iterable, Sequence
from typing import Any

from dataset_platform.samples import banks
from dataset_platform.samples.conversation import Conversation
from dataset_platform.schemas import Role

UTF8_BOM = b"\xef\xbb\xbf"
_THERAPEUTIC_NAMES = {Role.USER: "client", Role.ASSISTANT: "therapist"}
_LABELS = {Role.USER: "Client", Role.ASSISTANT: "Therapist"}
_EMOTIONS = ("calm", "sadness", "fear", "warmth", "relief")
_TRAITS = ("openness", "warmth", "patience")


def encoded(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def therapeutic(conversation: Conversation, rng: random.Random) -> dict[str, Any]:
    """One of the item shapes of `standard_therapeutic`; the flat ones only where they lose nothing."""
    roles = [turn.role for turn in conversation.turns]
    if roles == [Role.USER, Role.ASSISTANT]:
        prompt, response = conversation.turns
        return {"prompt": prompt.content, "response": response.content, "topic": conversation.topic}
    shape = rng.choice(("conversation", "messages", "text"))
    if shape == "text" and conversation.quirk is None and conversation.drop_reason is None:
        lines = (f"{_LABELS[turn.role]}: {turn.content}" for turn in conversation.turns)
        return {"text": "\n".join(lines), "topic": conversation.topic}
    if shape == "messages":
        messages = [{"role": turn.role.value, "content": turn.content} for turn in conversation.turns]
        return {"messages": messages, "topic": conversation.topic}
    turns = [{"role": _THERAPEUTIC_NAMES[turn.role], "content": turn.content} for turn in conversation.turns]
    return {"conversation": turns, "topic": conversation.topic}


def dialogue(number: int, conversation: Conversation, rng: random.Random) -> dict[str, Any]:
    """A `dual_persona` line; `persona` is missing where nobody set one."""
    personas = sorted({turn.persona for turn in conversation.turns if turn.persona})
    return {
        "dialogue_id": f"dlg_{number:04}",
        "persona_1": personas[0] if personas else None,
        "persona_2": personas[1] if len(personas) > 1 else None,
        "scenario": f"{rng.choice(banks.personas().scenarios)}: {conversation.topic.replace('_', ' ')}",
        "consistency_score": round(rng.uniform(0.7, 1.0), 3),
        "conversation": [
            {
                "speaker": _LABELS[turn.role],
                **({"persona": turn.persona} if turn.persona else {}),
                "content": turn.content,
            }
            for turn in conversation.turns
        ],
    }


def difficult(conversation: Conversation, challenges: Sequence[str], rng: random.Random) -> dict[str, Any]:
    """An `edge_cases` line: the prompt is the therapist's, the response the client's."""
    prompt = next(turn for turn in conversation.turns if turn.role is Role.ASSISTANT)
    response = next(turn for turn in conversation.turns if turn.role is Role.USER)
    return {
        "prompt": prompt.content,
        "response": response.content,
        "category": conversation.topic,
        "difficulty_level": conversation.level,
        "expected_challenges": list(challenges),
        "purpose": "difficult_client_training",
        "source": "sample_generator",
        "generated_at": f"2025-0{rng.randrange(1, 10)}-{rng.randrange(1, 29):02}T09:30:00Z",
    }


def voice(number: int, conversation: Conversation, rng: random.Random) -> dict[str, Any]:
    """A `pixel_voice` item; some of its nested validation scores are missing."""
    said, answered = conversation.turns
    validation = {
        f"{measure}_{turn}": [{"score": round(rng.uniform(*limits), 3)}]
        for measure, limits in (("empathy", (0.6, 0.98)), ("toxicity", (0.0, 0.05)))
        for turn in ("turn_1", "turn_2")
        if rng.random() < 0.8
    }
    return {
        "turn_1": said.content,
        "turn_2": answered.content,
        "personality": {trait: round(rng.random(), 2) for trait in _TRAITS},
        "emotions": {emotion: round(rng.random(), 2) for emotion in rng.sample(_EMOTIONS, 2)},
        "validation": validation,
        "transcription_quality": round(rng.uniform(0.8, 1.0), 2),
        "naturalness_score": round(rng.uniform(0.7, 1.0), 2) if rng.random() < 0.9 else None,
        "source_url": f"https://example.org/voice/{number:03}",
    }


def document(key: str, items: Iterable[bytes], torn: bytes = b"") -> bytes:
    """`{"key": [items]}`; with `torn`, a start of an item, the file breaks off after it."""
    whole = b'{"' + key.encode() + b'": [\n' + b",\n".join(items)
    return whole + b",\n" + torn if torn else whole + b"\n]}\n"


def array(items: Iterable[bytes]) -> bytes:
    return b"[\n" + b",\n".join(items) + b"\n]\n"


def lines(items: Iterable[bytes], newline: bytes = b"\n") -> bytes:
    return b"".join(item + newline for item in items)
