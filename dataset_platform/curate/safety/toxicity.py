"""Toxicity: how likely a turn attacks a group of people, from a small head over published features."""

from functools import cache
from importlib import resources

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import only_where
from dataset_platform.curate.safety.plain import any_of, clauses, matches
from dataset_platform.curate.safety.toxicity_words import (
    AGAINST,
    ATTACK,
    CRUDE,
    CRUDES,
    FEATURES,
    GROUP,
    GROUPS,
    HOMONYMS,
    SLUR,
    SLURS,
)
from dataset_platform.heads import Head

SPOKEN_AGAINST = 0.2  # a rule, not fitted: who quotes an attack to reject it repeats its words
NAME = "toxicity"
PACKAGED = f"{NAME}.json"
_MARKED = rf"\b(?:(?:{GROUPS})(?:['’]?s)?|{SLURS}|{CRUDES})\b"  # noqa: RUF001
_SENTENCE_ENDS = r"[.!?\n\r]+"
_STANDS_FOR = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", r"\$": "s"}
_LEET = r"[A-Za-z][01345@$][A-Za-z]"
_LETTERS_APART = r"\b[a-z] [a-z] [a-z]\b"
_SUSPICIOUS = f"{_MARKED}|{_LETTERS_APART}"
_MOST_LETTERS = 9  # as many as RE2's replacement can name
_INSULTS = any_of(
    "stupid idiot moron pathetic worthless dumb loser useless disgusting crazy insane failure disappointment"
)
INSULTS = (
    rf"\b(?:youre|you are|you) (?:\w+ ){{0,2}}(?:a |an )?(?:\w+ )?{_INSULTS}\b"
    r"|\bshut up\b|\bnobody likes you\b"
)
_NOT_INSULTS = (
    r"\b(?:not|arent|never|feel|feeling|think|thinking|thought|say|says|said|saying|tell\w*|told|believe|believing|if|that"
    r"|like|as though|call\w*|make\w*)(?: \w+){0,2} (?:youre|you are|you)(?: \w+)*|\byou(?:re| are| were)?"
    r" (?:not|never)(?: \w+)*"
    r"|\b(?:do|did|are|were) you(?: \w+)*|\byou (?:feel|felt|think|thought|say|said|mention\w*|describe\w*"
    r"|worry)(?: \w+)*"
)


@cache
def packaged_head() -> Head:
    """The head that ships; its threshold is the probability from which on a turn is called toxic."""
    with resources.as_file(resources.files(__package__) / PACKAGED) as path:
        return Head.read(path)


def toxicity(turns: pa.Array, head: Head) -> np.ndarray:
    """Probability of an attack on a group for each turn: that of its worst sentence.

    0 where no sentence names both a group and anything like an attack, or a slur.
    """
    texts = only_where(
        pc.match_substring_regex(pc.fill_null(turns, ""), _LEET), pc.fill_null(turns, ""), _letters
    )
    suspects = np.flatnonzero(matches(texts, f"(?i){_SUSPICIOUS}"))
    owners, sentences = clauses(texts.take(pa.array(suspects)), _SUSPICIOUS, _SENTENCE_ENDS)
    scores = np.zeros(len(texts))
    np.maximum.at(scores, suspects[owners], of_sentences(sentences, head))
    return np.round(scores, 4)


def of_sentences(sentences: pa.Array, head: Head) -> np.ndarray:
    """The probability for each sentence, given in plain words."""
    said = marked(sentences)
    return head.of_features(features(said)) * attacking(said) * mildness(said)


def attacking(marked_texts: pa.Array) -> np.ndarray:
    """Where there is anything to score: a group with a word of attack, or a slur."""
    attacked = matches(marked_texts, GROUP) & matches(marked_texts, ATTACK)
    return attacked | matches(marked_texts, f"{SLUR}|{CRUDE}")


def mildness(marked_texts: pa.Array) -> np.ndarray:
    """What scores are multiplied by: less where the text speaks against an attack."""
    return np.where(matches(marked_texts, AGAINST), SPOKEN_AGAINST, 1.0)


def features(texts: pa.Array) -> np.ndarray:
    """One row a marked text, one column for each of `FEATURES`, 0 or 1."""
    return np.stack(
        [np.all([matches(texts, p) for p in patterns], axis=0) for patterns in FEATURES.values()], axis=1
    ).astype(np.float64)


def marked(sentences: pa.Array) -> pa.Array:
    """Sentences in plain words with groups, slurs and crude words replaced by one word each."""
    words = _joined_letters(sentences)
    meant = pc.replace_substring_regex(words, rf"\b{SLURS}\b", SLUR)
    meant = pc.replace_substring_regex(meant, rf"\b{CRUDES}\b", CRUDE)
    words = pc.if_else(pc.match_substring_regex(words, rf"\b{HOMONYMS}\b"), words, meant)
    return pc.replace_substring_regex(words, rf"\b(?:{GROUPS})s?\b", GROUP)


def _letters(texts: pa.Array) -> pa.Array:
    """Digits and signs that stand for a letter, beside another letter, become that letter."""
    texts = pc.utf8_lower(texts)
    for sign, letter in _STANDS_FOR.items():
        texts = pc.replace_substring_regex(texts, f"([a-z]){sign}", f"\\1{letter}")
        texts = pc.replace_substring_regex(texts, f"{sign}([a-z])", f"{letter}\\1")
    return texts


def _joined_letters(words: pa.Array) -> pa.Array:
    """The words with letters that stand apart joined: `s c u m` is `scum`."""
    return only_where(pc.match_substring_regex(words, _LETTERS_APART), words, _join_letters)


def _join_letters(words: pa.Array) -> pa.Array:
    for length in range(_MOST_LETTERS, 2, -1):
        apart = " ".join(["([a-z])"] * length)
        together = "".join(f"\\{place}" for place in range(1, length + 1))
        words = pc.replace_substring_regex(words, rf"\b{apart}\b", together)
    return words


def insults(turns: pa.Array) -> np.ndarray:
    """Whether each turn, said by a therapist, insults the one it speaks to."""
    owners, parts = clauses(turns, rf"{_INSULTS}|shut up|nobody likes you")
    found = np.zeros(len(turns), bool)
    found[owners[matches(pc.replace_substring_regex(parts, _NOT_INSULTS, " - "), INSULTS)]] = True
    return found
