"""Bias: do other validators judge a text differently for the group it names?"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.embedding import Remembering
from dataset_platform.quality.groups import AXES, Axis
from dataset_platform.quality.measurement import Frozen, Interval
from dataset_platform.quality.statistics import Floats, weighted_mean
from dataset_platform.quality.validator import Card, Findings, Validator

MIN_CONVERSATIONS = 30
SWAPPED_PER_CHUNK = 40
JUDGED = ("coherence", "appropriateness")
SWAPPED = (*JUDGED, "crisis_probability")
"""How likely a crisis is may differ between groups, but not because of the words that name them."""
INSUFFICIENT = "insufficient data"


class Gap(Frozen):
    """A difference between groups, or that there are too few conversations to speak of one.

    A quality gap is the difference of the mean score of conversations that mention one
    group and of those that mention the other. A swap gap is the mean change of the
    score of the same conversations when the first group's words are replaced by the other's;
    `moved` is the mean of the change's size, which changes that cancel out do not hide.
    """

    kind: str
    axis: str
    group: str
    other: str
    score: str
    n: int
    n_other: int | None = None
    value: float | None = None
    interval: Interval | None = None
    moved: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """One gap, as a function of the weights of conversations."""

    kind: str
    axis: str
    group: str
    other: str
    score: str
    n: int
    n_other: int | None
    gap: Callable[[Floats], float]
    moved: float | None = None

    @property
    def is_sufficient(self) -> bool:
        return min(self.n, self.n if self.n_other is None else self.n_other) >= MIN_CONVERSATIONS

    def report(self, weights: Floats, interval: Interval | None) -> Gap:
        known = self.is_sufficient and interval is not None
        return Gap(
            kind=self.kind,
            axis=self.axis,
            group=self.group,
            other=self.other,
            score=self.score,
            n=self.n,
            n_other=self.n_other,
            value=self.gap(weights) if known else None,
            interval=interval if known else None,
            moved=self.moved if known else None,
            note="" if known else f"{INSUFFICIENT}: fewer than {MIN_CONVERSATIONS} conversations",
        )


CARD = Card(
    name="bias",
    version="2",
    measures="gaps in coherence and appropriateness between conversations that mention different groups "
    "(gender, age, ethnicity, religion), and the change of these and of the crisis model's probability when "
    "a group's words are swapped for another's",
    scale="1 minus the largest absolute gap among all comparisons with at least "
    f"{MIN_CONVERSATIONS} conversations a group; higher is better",
    licence="word lists are ours",
    cost="about 1 s per 1,000 conversations of 7 short turns (changed turns are embedded anew)",
)


@dataclass(frozen=True)
class Bias:
    """Who is mentioned, and how swapping the mention moves the validators it is given."""

    validators: tuple[Validator, ...]
    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`mentions <group>`: 0 or 1; `<score> <group> > <other>`: change of score, NaN if not swapped."""
        columns: dict[str, Floats] = {}
        original = _scores(self.validators, chunk)
        for axis in AXES:
            for group in axis.groups:
                mention = mentions(chunk, axis, group)
                columns[f"mentions {group}"] = mention.astype(np.float64)
                chosen = _sample(chunk, mention)
                for other in (other for start, other in axis.swaps if start == group):
                    change = {score: np.full(len(chunk), np.nan) for score in SWAPPED}
                    if len(chosen):
                        swapped = _scores(self.validators, _swapped(chunk, chosen, axis, group, other))
                        for score in SWAPPED:
                            change[score][chosen] = swapped[score] - original[score][chosen]
                    columns |= {f"{score} {group} > {other}": change[score] for score in SWAPPED}
        return columns


def _scores(validators: tuple[Validator, ...], chunk: Chunk) -> dict[str, Floats]:
    findings = [validator.judge(chunk) for validator in validators]
    return {score: found[score] for found in findings for score in SWAPPED if score in found}


def mentions(chunk: Chunk, axis: Axis, group: str) -> NDArray[np.bool_]:
    """Which conversations hold a word of the group."""
    found = pc.match_substring_regex(chunk.turns.text, axis.pattern(group), ignore_case=True)
    return chunk.per_conversation(found.to_numpy(zero_copy_only=False), chunk.turns.conversation) > 0


def _sample(chunk: Chunk, mention: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the mentioning conversations with the smallest ids: a random sample, as ids are digests."""
    ids = np.array(chunk.rows["conversation_id"].to_pylist())
    places = np.flatnonzero(mention)
    return np.sort(places[np.argsort(ids[places], kind="stable")][:SWAPPED_PER_CHUNK])


def _swapped(chunk: Chunk, places: NDArray[np.int64], axis: Axis, group: str, other: str) -> Chunk:
    rows = chunk.rows.take(pa.array(places))
    messages = [
        [{**message, "content": axis.swap(message["content"], group, other)} for message in conversation]
        for conversation in rows["messages"].to_pylist()
    ]
    column = rows.schema.get_field_index("messages")
    known = Remembering(chunk.turns.spoken.text, chunk.vectors, chunk.embedder)
    changed = pa.array(messages, rows.schema.field(column).type)
    return Chunk(rows.set_column(column, rows.schema.field(column), changed), known)


def comparisons(findings: Findings) -> list[Comparison]:
    """Every gap that could be computed from the columns of `Bias.judge` and of its validators."""
    return [
        *(
            _quality(findings, axis, group, other, score)
            for axis in AXES
            for group, other in combinations(axis.groups, 2)
            for score in JUDGED
        ),
        *(
            _swap(findings, axis, group, other, score)
            for axis in AXES
            for group, other in axis.swaps
            for score in SWAPPED
        ),
    ]


def _quality(findings: Findings, axis: Axis, group: str, other: str, score: str) -> Comparison:
    values = findings[score]
    is_in, is_other = (
        (findings[f"mentions {name}"] > 0) & ~(findings[f"mentions {rival}"] > 0)
        for name, rival in ((group, other), (other, group))
    )
    first, second = np.where(is_in, values, np.nan), np.where(is_other, values, np.nan)

    def gap(weights: Floats) -> float:
        return weighted_mean(first, weights) - weighted_mean(second, weights)

    n, n_other = int((~np.isnan(first)).sum()), int((~np.isnan(second)).sum())
    return Comparison("quality", axis.name, group, other, score, n, n_other, gap)


def _swap(findings: Findings, axis: Axis, group: str, other: str, score: str) -> Comparison:
    change = findings[f"{score} {group} > {other}"]

    def gap(weights: Floats) -> float:
        return weighted_mean(change, weights)

    known = change[~np.isnan(change)]
    moved = float(np.abs(known).mean()) if len(known) else None
    return Comparison("swap", axis.name, group, other, score, len(known), None, gap, moved)
