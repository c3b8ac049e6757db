"""Composes the five seed sources, each in its real shape with its real traps."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dataset_platform.samples import banks, shapes
from dataset_platform.samples.banks import Concept
from dataset_platform.samples.conversation import Conversation, Planted, Quirk, Turn
from dataset_platform.samples.dialogue import counselling, difficult_moment, in_persona
from dataset_platform.samples.novelty import Novelty
from dataset_platform.samples.planting import Amounts, exact_copy, near_copy, plant
from dataset_platform.samples.sample import BrokenRecord, SourceSample
from dataset_platform.schemas import QuarantineReason, Role, Stage


@dataclass(frozen=True)
class Source:
    """A source's truth and the bytes of its files."""

    sample: SourceSample
    files: dict[str, bytes]


def compose(seed: int) -> list[Source]:
    """All sources in alphabetical order; the same seed gives the same bytes."""
    novelty = Novelty()
    therapeutic = _standard_therapeutic(_rng(seed, "standard_therapeutic"), novelty)
    plain = [one for one in therapeutic.sample.conversations if _is_plain(one)]
    return [
        _dual_persona(_rng(seed, "dual_persona"), novelty, plain),
        _edge_cases(_rng(seed, "edge_cases"), novelty),
        _pixel_voice(_rng(seed, "pixel_voice"), novelty, plain),
        _psychology_knowledge(_rng(seed, "psychology_knowledge")),
        therapeutic,
    ]


def _standard_therapeutic(rng: random.Random, novelty: Novelty) -> Source:
    composed = [
        *_by_topic(430, rng, novelty, lambda topic: counselling(topic, rng.choice((2, 3, 3, 4)), rng)),
        *_by_topic(60, rng, novelty, lambda topic: counselling(topic, 1, rng)),
    ]
    conversations = plant(composed, Amounts(exact=8, near=10, private=24, quirks=6), rng)
    conversations += [*_one_sided(Role.USER), *_one_sided(Role.ASSISTANT)]
    rng.shuffle(conversations)
    observed = [{"role": "observer", "content": "The client paused here for some time."}]
    torn = shapes.encoded({"conversation": [{"role": "client", "content": "I had a good week, and then I"}]})
    broken = (
        BrokenRecord(shapes.encoded({"conversation": observed}), QuarantineReason.UNKNOWN_ROLE),
        BrokenRecord(shapes.encoded("see the notes of last week"), QuarantineReason.WRONG_TYPE),
        BrokenRecord(shapes.encoded({"notes": "to follow"}), QuarantineReason.MISSING_FIELD),
        BrokenRecord(torn.rstrip(b'"}]'), QuarantineReason.TRUNCATED),
    )
    records = [shapes.encoded(shapes.therapeutic(one, rng)) for one in conversations]
    items = _mixed(records, [record.raw for record in broken[:-1]], rng)
    files = {"conversations.json": shapes.document("conversations", items, torn=broken[-1].raw)}
    return _source("standard_therapeutic", Stage.FOUNDATION, conversations, broken, files)


def _psychology_knowledge(rng: random.Random) -> Source:
    facets = [facet for concept in banks.concepts() for facet in _facets(concept)]
    definitions, rest = facets[::3], [facet for i, facet in enumerate(facets) if i % 3]
    entries = [*definitions, *rng.sample(rest, 188)]
    copies = [(exact_copy(conversation), fields) for conversation, fields in rng.sample(entries, 5)]
    entries += copies
    rng.shuffle(entries)
    strings = [concept.definition for concept in rng.sample(banks.concepts(), 8)]
    unfinished = {"title": "Sensory preference", "category": "development", "content": None}
    broken = (
        *(BrokenRecord(shapes.encoded(text), QuarantineReason.WRONG_TYPE) for text in strings),
        BrokenRecord(shapes.encoded(unfinished), QuarantineReason.MISSING_FIELD),
        BrokenRecord(shapes.encoded({"category": "emotion"}), QuarantineReason.MISSING_FIELD),
    )
    records = [shapes.encoded(fields) for _, fields in entries]
    items = _mixed(records, [record.raw for record in broken], rng)
    members = b",\n".join(b'"concept_%04d": %s' % (i, item) for i, item in enumerate(items))
    files = {"concepts.json": b'{"concepts": {\n' + members + b"\n}}\n"}
    return _source(
        "psychology_knowledge", Stage.EXPERTISE, [conversation for conversation, _ in entries], broken, files
    )


def _edge_cases(rng: random.Random, novelty: Novelty) -> Source:
    categories = {category.name: category for category in banks.edge_categories()}
    composed = [
        novelty.draw(partial(difficult_moment, category, level, rng))
        for category in categories.values()
        for level in (*category.level, *category.level, *category.level, "high")
    ]
    # A line has one prompt and one response, so no turn of it can be split.
    dirt = tuple(quirk for quirk in Quirk if quirk is not Quirk.SPLIT_TURN)
    conversations = plant(composed, Amounts(exact=4, private=10, quirks=3, quirk_kinds=dirt), rng)
    records = [
        shapes.encoded(shapes.difficult(one, categories[one.topic].challenges, rng)) for one in conversations
    ]
    spoilt = b'{"prompt": "You look tired, \xe9 \xff.", "response": "I am fine.", "category": "hostility"}'
    broken = (
        *(BrokenRecord(spoilt, QuarantineReason.BAD_ENCODING) for _ in range(3)),
        BrokenRecord(b'{"prompt": "What brings you here", "response": ', QuarantineReason.BAD_SYNTAX),
        BrokenRecord(b'{"prompt": "How was your week?"}', QuarantineReason.MISSING_FIELD),
    )
    items = _mixed(records, [*(record.raw for record in broken), b"", b"  "], rng)
    return _source(
        "edge_cases", Stage.EDGE_CASE, conversations, broken, {"edge_cases.jsonl": shapes.lines(items)}
    )


def _dual_persona(rng: random.Random, novelty: Novelty, foundation: Sequence[Conversation]) -> Source:
    composed = _by_topic(155, rng, novelty, lambda topic: in_persona(topic, rng.choice((2, 3, 4)), rng))
    long_ones = [one for one in foundation if len(one.text.split()) > 150]
    originals = rng.sample(long_ones, 7)
    copies = [*map(exact_copy, originals[:4]), *(near_copy(original, rng) for original in originals[4:])]
    conversations = plant(composed, Amounts(exact=2, near=3, private=8, quirks=3), rng) + copies
    rng.shuffle(conversations)
    narrated = shapes.dialogue(9000, composed[0], rng)
    narrated["conversation"] = [{"speaker": "Narrator", "content": "They meet in the garden."}]
    flattened = shapes.dialogue(9001, composed[1], rng) | {"conversation": "Therapist and client talk."}
    broken = (
        BrokenRecord(shapes.encoded(narrated), QuarantineReason.UNKNOWN_ROLE),
        BrokenRecord(shapes.encoded(flattened), QuarantineReason.WRONG_TYPE),
    )
    records = [shapes.encoded(shapes.dialogue(i, one, rng)) for i, one in enumerate(conversations)]
    items = _mixed(records, [*(record.raw for record in broken), b""], rng)
    files = {"dialogues.jsonl": shapes.UTF8_BOM + shapes.lines(items, newline=b"\r\n")}
    return _source("dual_persona", Stage.VOICE_PERSONA, conversations, broken, files)


def _pixel_voice(rng: random.Random, novelty: Novelty, foundation: Sequence[Conversation]) -> Source:
    composed = _by_topic(56, rng, novelty, lambda topic: counselling(topic, 1, rng))
    pairs = [one for one in foundation if len(one.turns) == 2]
    conversations = [*composed, *map(exact_copy, rng.sample(pairs, 3))]
    rng.shuffle(conversations)
    unanswered = shapes.voice(900, composed[0], rng) | {"turn_2": None}
    broken = (
        BrokenRecord(shapes.encoded(unanswered), QuarantineReason.MISSING_FIELD),
        BrokenRecord(b"", QuarantineReason.EMPTY_FILE),
    )
    records = [shapes.encoded(shapes.voice(i, one, rng)) for i, one in enumerate(conversations)]
    items = _mixed(records, [broken[0].raw], rng)
    files = {"pixel_voice.json": shapes.array(items), "pixel_voice_part_2.json": broken[1].raw}
    return _source("pixel_voice", Stage.VOICE_PERSONA, conversations, broken, files)


def _source(
    name: str,
    stage: Stage,
    conversations: Sequence[Conversation],
    broken: tuple[BrokenRecord, ...],
    files: dict[str, bytes],
) -> Source:
    return Source(SourceSample(name, stage, tuple(conversations), broken, tuple(files)), files)


def _by_topic(
    n: int, rng: random.Random, novelty: Novelty, talk: Callable[[banks.Topic], Conversation]
) -> list[Conversation]:
    """`n` new conversations, evenly over the topics."""
    topics = rng.sample(banks.topics(), len(banks.topics()))
    chosen = (topics[i % len(topics)] for i in range(n))
    return [novelty.draw(partial(talk, topic)) for topic in chosen]


def _facets(concept: Concept) -> list[tuple[Conversation, dict[str, object]]]:
    """The concept's three entries, as conversation and as record; field names differ, as in the wild."""
    entries: list[tuple[Conversation, dict[str, object]]] = []
    for title, text, names in (
        (concept.title, concept.definition, ("title", "content")),
        (f"{concept.title} in practice", concept.practice, ("name", "definition")),
        (f"{concept.title}, rightly understood", concept.misunderstanding, ("title", "definition")),
    ):
        question = Turn(Role.USER, f"What does {title} mean?")
        fields: dict[str, object] = {
            names[0]: title,
            names[1]: text,
            "category": concept.category,
            "subcategory": concept.subcategory,
            "related_concepts": list(concept.related),
            "therapeutic_approaches": list(concept.approaches),
        }
        entries.append((Conversation((question, Turn(Role.ASSISTANT, text)), concept.category), fields))
    return entries


def _one_sided(role: Role) -> list[Conversation]:
    common = banks.common()
    said = common.unanswered if role is Role.USER else common.unasked
    return [Conversation((Turn(role, content),), "one_sided") for content in said]


def _mixed(records: list[bytes], others: list[bytes], rng: random.Random) -> list[bytes]:
    """The records in their order, with the others at random places among them, never at an end."""
    items = list(records)
    for other in others:
        items.insert(rng.randrange(1, len(items)), other)
    return items


def _is_plain(conversation: Conversation) -> bool:
    return replace(conversation, planted=Planted.ORIGINAL, quirk=None, private=None) == conversation and (
        conversation.drop_reason is None
    )


def _rng(seed: int, source: str) -> random.Random:
    """A generator for one source; seeded with text, which Python hashes the same everywhere."""
    return random.Random(f"{seed}/{source}")
