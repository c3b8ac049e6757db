"""What a cleaning rule is: a name from a closed list, a sentence, and how it changes texts or turns."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns

Change = Callable[[StringColumn], StringColumn]


class Rule(StrEnum):
    """Names of the rules, as `edits` counts them; docs/curation.md has a sentence on each."""

    MOJIBAKE = "mojibake"
    COMPATIBILITY_CHARACTERS = "compatibility_characters"
    HTML_ENTITIES = "html_entities"
    HTML_TAGS = "html_tags"
    LINE_ENDS = "line_ends"
    CONTROL_CHARACTERS = "control_characters"
    INVISIBLE_CHARACTERS = "invisible_characters"
    UNICODE_COMPOSITION = "unicode_composition"
    MARKDOWN = "markdown"
    TRACKING_PARAMETERS = "tracking_parameters"
    LINKS = "links"
    SIGNATURES = "signatures"
    REPEATED_CLOSINGS = "repeated_closings"
    SPACES = "spaces"
    BLANK_LINES = "blank_lines"
    OUTER_SPACE = "outer_space"
    REASONING = "reasoning"
    SPEAKER_TURNS = "speaker_turns"
    SPEAKER_PREFIXES = "speaker_prefixes"
    EMPTY_TURNS = "empty_turns"
    REPEATED_TURNS = "repeated_turns"
    MERGED_TURNS = "merged_turns"


@dataclass(frozen=True)
class TextRule:
    """Changes texts one by one: what a text becomes depends on that text alone.

    `hint` is an RE2 pattern that every text which the rule may change contains, so that the
    others are not looked at. A text grows to no more than `lengthens` times its characters.
    """

    name: Rule
    says: str
    hint: str
    change: Change
    lengthens: int = 1

    def apply(self, column: StringColumn) -> StringColumn:
        """The column after the rule, which is repeated until it changes nothing more.

        The same object comes back where no text has the hint.
        """
        unsettled = pc.match_substring_regex(column, self.hint)
        while unsettled.true_count:
            before = column.filter(unsettled)
            after = self.change(before)
            column = pc.replace_with_mask(column, unsettled, after)
            again = pc.and_(pc.not_equal(before, after), pc.match_substring_regex(after, self.hint))
            unsettled = pc.replace_with_mask(unsettled, unsettled, again)
        return column


def text_rule(name: Rule, hint: str, lengthens: int = 1) -> Callable[[Change], TextRule]:
    """Makes a function from texts to texts a rule; the first line of its docstring says what it does."""

    def made(change: Change) -> TextRule:
        return TextRule(name, _sentence(change), hint, change, lengthens)

    return made


@dataclass(frozen=True)
class Taken:
    """What a rule took out of a turn: conversation in the batch, number of the turn as read, and text."""

    row: int
    turn: int
    text: str


@dataclass(frozen=True)
class Applied:
    """Turns after a rule, how many turns of each conversation it changed, and what it took out of them."""

    turns: Turns
    changed: np.ndarray
    taken: tuple[Taken, ...] = ()


class TurnRule(Protocol):
    """Changes the turns of conversations: what becomes of one depends on that conversation alone."""

    @property
    def name(self) -> Rule: ...

    @property
    def says(self) -> str: ...

    def apply(self, turns: Turns) -> Applied: ...


@dataclass(frozen=True)
class FunctionRule:
    """A turn rule that is one function."""

    name: Rule
    says: str
    apply: Callable[[Turns], Applied]


def turn_rule(name: Rule) -> Callable[[Callable[[Turns], Applied]], FunctionRule]:
    """Makes a function from turns to what it made of them a rule, as `text_rule` does."""

    def made(apply: Callable[[Turns], Applied]) -> FunctionRule:
        return FunctionRule(name, _sentence(apply), apply)

    return made


def _sentence(function: Callable[..., object]) -> str:
    return inspect.cleandoc(function.__doc__ or "").splitlines()[0]
