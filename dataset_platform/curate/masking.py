"""Texts of conversations in which private data is hidden behind masks, and what each mask hides."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.private_names import repeated_names
from dataset_platform.curate.private_spans import MASK, TAGGED, Kinds, private_spans, without_overlap

# Readings of a text; those of real conversations and of lists of names settle in fewer than twenty.
_PATIENCE = 32

Hidden = tuple[PrivateKind, str]


@dataclass
class Masked:
    """A text with plain masks, and for each mask in order what it hides.

    None is a mask that stood in the text before.
    """

    text: str
    hidden: list[Hidden | None]

    @classmethod
    def of(cls, text: str) -> "Masked":
        return cls(text, [None] * len(MASK.findall(text)) if "[" in text else [])

    def hide(self, spans: Sequence[Span]) -> None:
        """Puts masks for the spans, which are in order and meet neither each other nor a mask."""
        before = [match.start() for match in MASK.finditer(self.text)] if self.hidden else []
        hidden = [*zip(before, self.hidden, strict=True)]
        hidden += [(start, (kind, self.text[start:end])) for start, end, kind in spans]
        self.hidden = [what for _, what in sorted(hidden, key=lambda found: found[0])]
        parts, position = [], 0
        for start, end, kind in spans:
            parts += [self.text[position:start], kind.mask]
            position = end
        self.text = "".join([*parts, self.text[position:]])

    def shown(self, replacements: Iterable[str]) -> str:
        """The text with the replacements in place of the masks that hide something."""
        values = iter(replacements)
        places = iter(self.hidden)
        return MASK.sub(lambda mask: mask[0] if next(places) is None else next(values), self.text)


def masked_texts(
    texts: Sequence[str], owners: Sequence[int], tagged: Sequence[bool], kinds: Kinds
) -> list[Masked]:
    """The texts with private data masked.

    `owners` says which conversation each text belongs to: a name found in one of its texts is masked
    in all. `tagged` says whether the tagger reads a text. Masked texts are read again until
    nothing more is found, because a mask changes what the tagger sees around it: masking twice
    equals once. After many readings all that was found is masked wherever it stands.
    """
    masked = [Masked.of(text) for text in texts]
    passes = 0
    found: dict[tuple[str, bool], list[Span]] = {}
    unsettled = list(range(len(texts)))
    while unsettled:
        for reads in (True, False):
            unread = dict.fromkeys(
                masked[place].text
                for place in unsettled
                if tagged[place] is reads and (masked[place].text, reads) not in found
            )
            spans = private_spans([*unread], kinds if reads else kinds - TAGGED)
            found |= {(text, reads): spans_of for text, spans_of in zip(unread, spans, strict=True)}
        changed = set()
        for place in unsettled:
            spans_of = found[masked[place].text, tagged[place]]
            if spans_of:
                masked[place].hide(spans_of)
                changed.add(place)
        passes += 1
        changed |= _hide_repeated(masked, owners, changed, everything=passes > _PATIENCE)
        unsettled = sorted(changed)
    return masked


def _hide_repeated(
    masked: list[Masked], owners: Sequence[int], changed: set[int], everything: bool
) -> set[int]:
    """Masks what was just found wherever its conversation repeats it; which texts changed.

    Names, and each of their words that has no other meaning; or `everything`, for a model that said one
    thing again and again, where the mask of each lets the next be seen.
    """
    said: dict[int, dict[str, PrivateKind]] = defaultdict(dict)
    for place in changed:
        for kind, value in filter(None, masked[place].hidden):
            if everything or kind is PrivateKind.NAME:
                said[owners[place]][value] = kind
    of_owner: dict[int, list[int]] = {owner: [] for owner in said}
    for place, owner in enumerate(owners):
        if owner in of_owner:
            of_owner[owner].append(place)
    again = set()
    for owner, places in of_owner.items():
        texts = [masked[place].text for place in places]
        pattern = _any_of(said[owner]) if everything else repeated_names(said[owner], texts)
        if not pattern:
            continue
        for place, text in zip(places, texts, strict=True):
            found = [
                (*match.span(), said[owner].get(match[0], PrivateKind.NAME))
                for match in pattern.finditer(text)
            ]
            if spans := without_overlap(text, found):
                masked[place].hide(spans)
                again.add(place)
    return again


def _any_of(values: Iterable[str]) -> re.Pattern[str]:
    """Finds these values, of two that begin together the longer one."""
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    return re.compile("|".join(map(_by_itself, longest_first)))


def _by_itself(value: str) -> str:
    """A pattern for the value that is no part of a word, or of a longer number."""
    before, behind = (r"\d" if edge.isdigit() else r"\w" for edge in (value[0], value[-1]))
    return rf"(?<!{before}){re.escape(value)}(?!{behind})"


def numbers_in_use(texts: Iterable[str]) -> dict[str, int]:
    """The largest number of each kind among masks that stood in the texts before."""
    largest: dict[str, int] = {}
    for text in texts:
        for kind, number in re.findall(MASK, text):
            largest[kind] = max(largest.get(kind, 0), int(number or 0))
    return largest
