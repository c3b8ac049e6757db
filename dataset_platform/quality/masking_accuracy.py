"""How well masking finds private data: labelled sentences, and flags on real conversations.

The tagger that is measured on a sentence was fitted without any sentence of the same template. The
flags on conversations are those of the tagger that ships; each was judged by a reader, and
what is kept of that are digests (`judged_flags.json`).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from dataset_platform.curate import naming
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.naming import Label, Tagger
from dataset_platform.curate.naming.fitting import Example, cross_fitted, fit
from dataset_platform.curate.naming.gathering import towns
from dataset_platform.curate.naming.gazetteer import PACKAGED as TOWNS
from dataset_platform.curate.naming.tagger import PACKAGED
from dataset_platform.curate.private_spans import private_spans
from dataset_platform.curate.vocabulary import PUBLIC_PLACES
from dataset_platform.errors import InputError
from dataset_platform.quality import census_names, labelled
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.dialogue_sets import PERMITTED, REAL, chats_of, turns_of
from dataset_platform.quality.labelled import Sentence
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import wilson

VALIDATOR, VERSION = "private_data_masking", "3"
JUDGED = "judged_flags.json"
SPLIT = "tagger: 5-fold cross-validation by template; rules were written while looking at the set"

STRUCTURED = frozenset(
    {"EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "US_DRIVER_LICENSE"}
)
ADDRESSES = frozenset({"STREET_ADDRESS", "ZIP_CODE"})
NAMES = frozenset({"PERSON"})
DIRECT = STRUCTURED | ADDRESSES | NAMES
IDENTIFYING = DIRECT | {"GPE", "ORGANIZATION", "DOMAIN_NAME"}
_GROUPS = {
    "all direct identifiers": DIRECT,
    "structured kinds": STRUCTURED,
    "names": NAMES,
    "street addresses and postal codes": ADDRESSES,
    "places below the level of states": frozenset({"GPE"}),
}
_RIGHT = {
    PrivateKind.NAME: NAMES,
    PrivateKind.LOCATION: frozenset({"GPE", *ADDRESSES}),
    PrivateKind.ADDRESS: frozenset({"GPE", *ADDRESSES}),
    PrivateKind.ORGANISATION: frozenset({"ORGANIZATION"}),
    PrivateKind.URL: frozenset({"DOMAIN_NAME"}),
    PrivateKind.DATE_OF_BIRTH: frozenset({"DATE_TIME"}),
}
_LABELS = {
    "PERSON": Label.NAME,
    "GPE": Label.PLACE,
    "STREET_ADDRESS": Label.STREET,
    "ORGANIZATION": Label.ORGANISATION,
}
Found = Sequence[Sequence[Span]]


def fitted(labels: Path, conversations: Path) -> Tagger:
    """The tagger, fitted anew; InputError when data or packages for fitting are missing."""
    with _fitting_packages():
        return fit(_examples(_sentences(labels)[1]), turns_of(conversations, PERMITTED))


def fit_names(labels: Path, conversations: Path) -> Path:
    """Fits the tagger anew and writes it, and the gazetteer of towns, where masking reads them.

    Beside the validators it writes the names that the sweep for private data knows.
    """
    home = Path(naming.__file__).parent
    tagger = fitted(labels, conversations)
    with _fitting_packages():
        census_names.gathered().write(Path(__file__).parent / census_names.PACKAGED)
    towns().write(home / TOWNS)
    return tagger.write(home / PACKAGED)


def measure(labels: Path, conversations: Path) -> tuple[Accuracy, ...]:
    """Recall and precision on labelled sentences, and flags per 1,000 turns of real conversations."""
    files, sentences, found = of_unseen(labels, conversations)
    measured = Measured(VALIDATOR, VERSION, "presidio", labelled.digest(files))
    return (*on_sentences(measured, sentences, found), *_on_chats(conversations))


@cache
def of_unseen(labels: Path, conversations: Path) -> tuple[list[Path], list[Sentence], list[list[Span]]]:
    """The labelled files and sentences, and what is found in each by a tagger that has not seen its like."""
    files, sentences = _sentences(labels)
    with _fitting_packages():
        return files, sentences, cross_found(sentences, turns_of(conversations, PERMITTED))


def cross_found(sentences: Sequence[Sentence], chats: Sequence[str]) -> list[list[Span]]:
    """What is found in each sentence by taggers that have not seen its template."""
    found: list[list[Span]] = [[] for _ in sentences]
    for tagger, places in cross_fitted(_examples(sentences), chats):
        texts = [sentences[place].text for place in places]
        for place, spans in zip(places, private_spans(texts, frozenset(PrivateKind), tagger), strict=True):
            found[place] = spans
    return found


def on_sentences(measured: Measured, sentences: Sequence[Sentence], found: Found) -> Iterator[Accuracy]:
    """Recall by group of kinds, and precision: of everything that identifies, and of the right kind."""
    labels = [
        (span, spans, sentence.text[span.start : span.end])
        for sentence, spans in zip(sentences, found, strict=True)
        for span in sentence.spans
    ]
    for group, kinds in _GROUPS.items():
        wanted = [(span, spans) for span, spans, said in labels if span.kind in kinds and _is_private(said)]
        hit = sum(any(span.meets(start, end) for start, end, _ in spans) for span, spans in wanted)
        yield measured.share(
            "recall", f"labelled spans, {group}", hit, len(wanted), SPLIT, "places" not in group
        )
    right = {"anything that identifies": 0, "the right kind": 0}
    for sentence, spans in zip(sentences, found, strict=True):
        for start, end, kind in spans:
            met = {span.kind for span in sentence.spans if span.meets(start, end)}
            of_kind = bool(met & _RIGHT.get(kind, STRUCTURED))
            right["the right kind"] += of_kind
            right["anything that identifies"] += of_kind or bool(met & IDENTIFYING)
    n_found = sum(map(len, found))
    for what, hit in right.items():
        yield measured.share(
            "precision", f"masked spans that meet a labelled span, {what}", hit, n_found, SPLIT, True
        )


def _is_private(said: str) -> bool:
    """Whether it is no country and no state, which stay."""
    return said.lower().removeprefix("the ") not in PUBLIC_PLACES


def flags_of(turn: str, spans: Sequence[Span]) -> list[str]:
    """Digests by which a reader's judgement of each flag is found; they tell nothing of the text."""
    return [
        hashlib.sha256(f"{turn}\x1f{start}\x1f{end}\x1f{kind}".encode()).hexdigest()[:16]
        for start, end, kind in spans
    ]


def _on_chats(conversations: Path) -> Iterator[Accuracy]:
    judged = json.loads((resources.files(__package__) / JUDGED).read_text("utf-8"))
    right = frozenset(judged["right"])
    files, counts = [], {"flags": 0, "false flags": 0}
    n_turns = 0
    for name in REAL:
        of_set, dialogues = chats_of(conversations, name)
        files += of_set
        turns = [text for dialogue in dialogues for _, text in dialogue.messages]
        n_turns += len(turns)
        for turn, spans in zip(turns, private_spans(turns, frozenset(PrivateKind)), strict=True):
            flags = flags_of(turn, spans)
            counts["flags"] += len(flags)
            counts["false flags"] += sum(flag not in right for flag in flags)
    measured = Measured(VALIDATOR, VERSION, "+".join(REAL), labelled.digest(files))
    for what, count in counts.items():
        low, high = wilson(min(count, n_turns), n_turns)
        yield measured.says(
            f"{what} per 1,000 turns",
            "real turns, each flag judged by a reader; a flag that nobody judged counts as false",
            1000 * count / n_turns,
            (1000 * low, 1000 * high),
            n_turns,
            f"fitted on words of {' and '.join(PERMITTED)} that no list knows as a name",
            True,
        )


def _sentences(labels: Path) -> tuple[list[Path], list[Sentence]]:
    files = labelled.of_set(labels / "presidio", "*.json")
    return files, labelled.private_sentences(files[0])


def _examples(sentences: Sequence[Sentence]) -> list[Example]:
    return [
        Example(
            sentence.text,
            [(s.start, s.end, _LABELS[s.kind]) for s in sentence.spans if s.kind in _LABELS],
            sentence.template,
        )
        for sentence in sentences
    ]


@contextmanager
def _fitting_packages() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        raise InputError(
            f"{missing.name} is missing: fitting needs pip install 'dataset-platform[fitting]'"
        ) from None
