"""Which turns a sample of records holds: proposals in the words of a description."""

from collections.abc import Iterator, Sequence

from dataset_platform.ingest.sniffing.fields import Field, Record, fields
from dataset_platform.ingest.sniffing.labels import have_headings, label_names
from dataset_platform.ingest.sniffing.shape import ENOUGH, Shape
from dataset_platform.ingest.sniffing.turn_lists import turn_lists
from dataset_platform.ingest.sniffing.words import (
    ANSWER_FIELDS,
    BODY_FIELDS,
    QUESTION_FIELDS,
    REFUSED_FIELDS,
    SYSTEM_FIELDS,
    TITLE_FIELDS,
    is_number,
    query,
    speaks_of,
    words,
)
from dataset_platform.schemas import Role

HEADED = "what stands before the first turn becomes the attribute `heading`: see that nobody speaks there"


def shapes(records: Sequence[Record], least: float) -> Iterator[Shape]:
    """Shapes that some of the records show, the surest first; not all that `least` records or fewer show."""
    yield from turn_lists(records, least)
    yield from _labelled_texts(records)
    yield from _pairs(records)
    yield from _knowledge(records)


def _labelled_texts(records: Sequence[Record]) -> Iterator[Shape]:
    for field in fields(records):
        if speaks_of(field.name, REFUSED_FIELDS):
            continue
        names = label_names(field.texts)
        told = [tuple(speakers) for speakers in names if len(speakers) > 1]
        if len(told) >= ENOUGH * len(names) and told:
            speakers = {name for names_in_text in told for name in names_in_text}
            headed = have_headings(field.texts, speakers)
            text = {"shape": "text", "at": query(field.name), **({"heading": "heading"} if headed else {})}
            doubts = (HEADED,) if headed else ()
            yield Shape(text, frozenset(field.places), tuple(told), doubts)


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
    """The question, with Alpaca's `input`, or Dolly's `context`, after the `instruction` where it has one."""
    beside = [field.name for field in present if field.name in ("input", "context")]
    if question.name == "instruction" and beside:
        return f'{beside[0]} && join(`"\\n\\n"`, [instruction, {beside[0]}]) || instruction'
    return query(question.name)


def _numbered(present: Sequence[Field]) -> list[Field]:
    """Fields that are called alike but for their number, such as `turn_1` and `turn_2`, in order."""
    by_stem: dict[tuple[str, ...], dict[int, Field]] = {}
    for field in present:
        *stem, number = words(field.name)
        if is_number(number) and stem and field.is_wordy:
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
