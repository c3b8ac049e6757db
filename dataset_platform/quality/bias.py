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
JUDGED = ("coherence", "appropriateness", "emotional_reactions")
"""Quality, and as sentiment how warmly replies react, which is measured on EPITOME's labels."""
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
    version="3",
    measures="gaps in coherence, appropriateness and warmth (emotional reactions) between conversations that "
    "mention different groups (gender, age, ethnicity, religion), and the change of these and of the crisis "
    "model's probability when a group's words are swapped for another's",
    scale="1 minus the largest absolute gap among all comparisons with at least "
    f"{MIN_CONVERSATIONS} conversations a group; higher is better",
    licence="word lists are ours",
    cost="about 1 s per 1,000 conversations of 7 short turns (changed turns are embedded anew)",
)


@dataclass(frozen=True)
class Swap:
    """Conversations, by their places in a chunk, in which one group's words are to be another's."""

    axis: Axis
    group: str
    other: str
    places: NDArray[np.int64]

    def applied(self, rows: pa.Table) -> pa.Table:
        """The rows at `places` with the other group's words."""
        taken = rows.take(pa.array(self.places))
        messages = [
            [
                {**one, "content": self.axis.swap(one["content"], self.group, self.other)}
                for one in conversation
            ]
            for conversation in taken["messages"].to_pylist()
        ]
        column = taken.schema.get_field_index("messages")
        kind = taken.schema.field(column)
        return taken.set_column(column, kind, pa.array(messages, kind.type))


@dataclass(frozen=True)
class Bias:
    """Who is mentioned, and how swapping the mention moves the validators it is given."""

    validators: tuple[Validator, ...]
    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`mentions <group>`: 0 or 1; `<score> <group> > <other>`: change of score, NaN if not swapped."""
        mention = {group: mentions(chunk, axis, group) for axis in AXES for group in axis.groups}
        swaps = [
            Swap(axis, group, other, _sample(chunk, mention[group]))
            for axis in AXES
            for group, other in axis.swaps
        ]
        columns = {f"mentions {group}": found.astype(np.float64) for group, found in mention.items()}
        changes = self._changes(chunk, swaps)
        for swap, change in zip(swaps, changes, strict=True):
            for score, value in change.items():
                columns[f"{score} {swap.group} > {swap.other}"] = np.full(len(chunk), np.nan)
                columns[f"{score} {swap.group} > {swap.other}"][swap.places] = value
        return columns

    def _changes(self, chunk: Chunk, swaps: list[Swap]) -> list[dict[str, Floats]]:
        """What each swap does to each score; all are judged together, which costs less than one by one."""
        places = np.concatenate([swap.places for swap in swaps])
        if not len(places):
            return [dict.fromkeys(SWAPPED, np.empty(0)) for _ in swaps]
        taken, back = np.unique(places, return_inverse=True)
        known = Remembering(chunk.turns.spoken.text, chunk.vectors, chunk.embedder)
        before = self._scores(Chunk(chunk.rows.take(pa.array(taken)), known))
        after = self._scores(Chunk(pa.concat_tables([swap.applied(chunk.rows) for swap in swaps]), known))
        ends = np.cumsum([len(swap.places) for swap in swaps])[:-1]
        by_score = {score: np.split(after[score] - before[score][back], ends) for score in SWAPPED}
        return [{score: by_score[score][place] for score in SWAPPED} for place in range(len(swaps))]

    def _scores(self, chunk: Chunk) -> dict[str, Floats]:
        findings = [validator.judge(chunk) for validator in self.validators]
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
