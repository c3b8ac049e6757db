"""Which turns a sample of records holds: proposals in the words of a description."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_platform.ingest.sniffing.fields import (
    MOSTLY,
    Field,
    Lists,
    Record,
    content_field,
    fields,
    labels,
    lists,
    number_field,
    speaker_field,
)
from dataset_platform.ingest.sniffing.labels import label_names
from dataset_platform.ingest.sniffing.speakers import BY_ORDER
from dataset_platform.ingest.sniffing.words import (
    ANSWER_FIELDS,
    BODY_FIELDS,
    LIST_FIELDS,
    QUESTION_FIELDS,
    REFUSED_FIELDS,
    SYSTEM_FIELDS,
    TITLE_FIELDS,
    query,
    speaks_of,
    words,
)
from dataset_platform.schemas import Role

SIDES = (Role.USER.value, Role.ASSISTANT.value)

ENOUGH = 0.5
"""Share of the texts, or lists, that must show turns for the field to be one of conversations."""


@dataclass(frozen=True)
class Shape:
    """One shape of turns, and the records of the sample that show it, by number.

    `speakers` are the names in each of these, where they are named; `doubts` what is unsure.
    """

    turns: dict[str, Any]
    covers: frozenset[int]
    speakers: tuple[tuple[str, ...], ...] = ()
    doubts: tuple[str, ...] = ()


def shapes(records: Sequence[Record]) -> Iterator[Shape]:
    """Shapes that some of the records show, the surest first."""
    yield from _turn_lists(records)
    yield from _labelled_texts(records)
    yield from _pairs(records)
    yield from _knowledge(records)


def _turn_lists(records: Sequence[Record]) -> Iterator[Shape]:
    for found in sorted(lists(records), key=lambda found: not _is_called_a_list_of_turns(found)):
        turns = [turn for conversation in found.values for turn in conversation]
        objects = [turn for turn in turns if isinstance(turn, dict)]
        strings = [turn for turn in turns if isinstance(turn, str)]
        shape = None
        if len(objects) >= MOSTLY * len(turns):
            shape = _turns_of_objects(found, objects)
        elif _is_called_a_list_of_turns(found) and len(strings) >= MOSTLY * len(turns):
            shape = _turns_of_strings(found)
        if shape is not None:
            yield shape


def _is_called_a_list_of_turns(found: Lists) -> bool:
    return not found.path or speaks_of(found.path[-1], LIST_FIELDS)


def _turns_of_objects(found: Lists, turns: Sequence[Record]) -> Shape | None:
    speaker = speaker_field(turns)
    number = None if speaker else number_field(turns)
    name = speaker.name if speaker else number
    content = content_field(turns, but=name)
    if name is None or content is None:
        return None
    kept = [query(*path) for path in labels(turns, but={name, content.name})]
    described = {
        "shape": "list",
        "at": query(*found.path),
        "role": query(name),
        "content": query(content.name),
        **({"speakers": list(SIDES)} if number else {}),
        **({"keep": kept} if kept else {}),
    }
    if number:
        return Shape(described, frozenset(found.places), doubts=(BY_ORDER,))
    names = tuple(
        tuple(turn[name] for turn in conversation if _names_speaker(turn, name))
        for conversation in found.values
    )
    return Shape(described, frozenset(found.places), names)


def _names_speaker(turn: object, name: str) -> bool:
    return isinstance(turn, dict) and isinstance(turn.get(name), str)


def _turns_of_strings(found: Lists) -> Shape | None:
    if sum(len(turns) > 1 for turns in found.values) < ENOUGH * len(found.values):
        return None
    at = query(*found.path)
    where = f"`{at}`" if found.path else "a record"
    doubt = f"the strings of {where} take turns, and the user begins, since nothing names who speaks"
    return Shape(
        {"shape": "list", "at": at, "speakers": list(SIDES)}, frozenset(found.places), doubts=(doubt,)
    )


def _labelled_texts(records: Sequence[Record]) -> Iterator[Shape]:
    for field in fields(records):
        if speaks_of(field.name, REFUSED_FIELDS):
            continue
        names = label_names(field.texts)
        told = [tuple(speakers) for speakers in names if len(speakers) > 1]
        if len(told) >= ENOUGH * len(names) and told:
            yield Shape({"shape": "text", "at": query(field.name)}, frozenset(field.places), tuple(told))


def _pairs(records: Sequence[Record]) -> Iterator[Shape]:
    present = [field for field in fields(records) if not speaks_of(field.name, REFUSED_FIELDS)]
    question = _best(present, QUESTION_FIELDS)
    answer = _best([field for field in present if field is not question], ANSWER_FIELDS)
    if question and answer:
        asked, answered = query(question.name), query(answer.name)
        doubt = f"`{asked}` is read as the user's and `{answered}` as the assistant's turn"
        turns = [(_asked(question, present), Role.USER), (answered, Role.ASSISTANT)]
        yield _fields(_instructed(present) + turns, [question, answer], doubt)
    numbered = _numbered(present)
    if len(numbered) > 1:
        sides = [(query(field.name), (Role.USER, Role.ASSISTANT)[n % 2]) for n, field in enumerate(numbered)]
        doubt = f"`{query(numbered[0].name)}` is read as the user's turn, and the sides take turns from there"
        yield _fields(sides, numbered, doubt)


def _instructed(present: Sequence[Field]) -> list[tuple[str, Role]]:
    """The turn of a field that instructs the assistant in every record."""
    everywhere = [f for f in present if len(f.places) == f.of and all(text.strip() for text in f.texts)]
    system = [f.name for f in everywhere if words(f.name) in SYSTEM_FIELDS]
    return [(query(system[0]), Role.SYSTEM)] if system else []


def _best(present: Sequence[Field], topic: frozenset[str]) -> Field | None:
    named = [field for field in present if field.rank(topic) > 0]
    return max(named, key=lambda field: (field.rank(topic), field.mean_length), default=None)


def _asked(question: Field, present: Sequence[Field]) -> str:
    """The question, with Alpaca's `input` after the `instruction` where a record has one."""
    if question.name == "instruction" and any(field.name == "input" for field in present):
        return 'input && join(`"\\n\\n"`, [instruction, input]) || instruction'
    return query(question.name)


def _numbered(present: Sequence[Field]) -> list[Field]:
    """Fields that are called alike but for their number, such as `turn_1` and `turn_2`, in order."""
    by_stem: dict[tuple[str, ...], dict[int, Field]] = {}
    for field in present:
        *stem, number = words(field.name)
        if number.isdecimal() and stem and field.is_wordy:
            by_stem.setdefault(tuple(stem), {})[int(number)] = field
    most = max(by_stem.values(), key=len, default={})
    return [most[number] for number in sorted(most)]


def _fields(turns: Sequence[tuple[str, Role]], needed: Sequence[Field], doubt: str) -> Shape:
    described = [{"content": content, "role": role.value} for content, role in turns]
    return Shape({"shape": "fields", "turns": described}, _in_all(needed), doubts=(doubt,))


def _in_all(needed: Sequence[Field]) -> frozenset[int]:
    return frozenset.intersection(*(frozenset(field.places) for field in needed))


def _knowledge(records: Sequence[Record]) -> Iterator[Shape]:
    present = fields(records)
    titles, bodies = (
        [field for field in present if field.name.lower() in topic] for topic in (TITLE_FIELDS, BODY_FIELDS)
    )
    if titles and bodies:
        turns = [
            {"text": "What does {title} mean?", "role": Role.USER.value},
            {"text": "{definition}", "role": Role.ASSISTANT.value},
        ]
        values = {"title": _either(titles), "definition": _either(bodies)}
        covers = _in_any(titles) & _in_any(bodies)
        doubt = "entries are read as knowledge: reword the question under `turns`"
        yield Shape({"shape": "template", "values": values, "turns": turns}, covers, doubts=(doubt,))


def _either(alternatives: Sequence[Field]) -> str:
    return " || ".join(
        query(field.name) for field in sorted(alternatives, key=lambda field: -len(field.places))
    )


def _in_any(alternatives: Sequence[Field]) -> frozenset[int]:
    return frozenset(place for field in alternatives for place in field.places)
