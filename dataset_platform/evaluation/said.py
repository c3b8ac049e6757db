"""What models were asked and what they said: conversations that grow, and the table that keeps all of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dataset_platform.evaluation.generation import Generator, Messages, Reply
from dataset_platform.evaluation.vocabulary import Model
from dataset_platform.quality.statistics import Floats
from dataset_platform.schemas import EVAL_REPLIES, Role


@dataclass(frozen=True)
class Asked:
    """Questions to a model: what was said before, and the user's turns, asked one after the other.

    `suite` is the part of the evaluation, `item` the probe, pair or place, `label` its stage or category.
    """

    suite: str
    item: str
    label: str
    before: tuple[Mapping[str, str], ...]
    turns: tuple[str, ...]

    def context(self, replies: Sequence[Reply], turn: int) -> list[Mapping[str, str]]:
        """The conversation up to the user's turn of this number."""
        messages = list(self.before)
        for number, text in enumerate(self.turns[: turn + 1]):
            messages.append({"role": Role.USER.value, "content": text})
            if number < turn:
                messages.append({"role": Role.ASSISTANT.value, "content": replies[number].text})
        return messages


@dataclass(frozen=True)
class Said:
    """The replies of one model to each of the questions, a reply a turn."""

    asked: tuple[Asked, ...]
    replies: tuple[tuple[Reply, ...], ...]

    @property
    def last(self) -> list[str]:
        return [replies[-1].text for replies in self.replies]

    @property
    def every(self) -> list[tuple[int, int]]:
        """Places of all replies: question and turn."""
        return [(place, turn) for place, replies in enumerate(self.replies) for turn in range(len(replies))]

    def contexts(self, places: Sequence[tuple[int, int]]) -> list[Messages]:
        return [self.asked[place].context(self.replies[place], turn) for place, turn in places]

    def texts(self, places: Sequence[tuple[int, int]]) -> list[str]:
        return [self.replies[place][turn].text for place, turn in places]

    def are_of(self, suite: str) -> NDArray[np.bool_]:
        """Which of `every` reply belong to one suite."""
        return np.array([self.asked[place].suite == suite for place, _ in self.every], bool)

    def of(self, suite: str) -> "Said":
        """The part of one suite, in order."""
        chosen = [place for place, asked in enumerate(self.asked) if asked.suite == suite]
        return Said(tuple(self.asked[i] for i in chosen), tuple(self.replies[i] for i in chosen))


def ask(generator: Generator, asked: Sequence[Asked]) -> Said:
    """Asks all first turns, then all second turns after the replies to the first, and so on."""
    replies: list[list[Reply]] = [[] for _ in asked]
    for turn in range(max((len(one.turns) for one in asked), default=0)):
        places = [place for place, one in enumerate(asked) if turn < len(one.turns)]
        contexts = [asked[place].context(replies[place], turn) for place in places]
        for place, reply in zip(places, generator.replies(contexts), strict=True):
            replies[place].append(reply)
    return Said(tuple(asked), tuple(map(tuple, replies)))


def write_replies(
    said: Mapping[Model, Said], scores: Mapping[Model, Mapping[str, Floats]], path: Path
) -> None:
    """Every prompt and reply of every model with its scores (`schemas.EVAL_REPLIES`), as they were asked.

    `scores` has one value for each of `Said.every`; what was not scored is left out.
    """
    rows = [
        _row(model, one, place, turn, scores[model], number)
        for model, one in said.items()
        for number, (place, turn) in enumerate(one.every)
    ]
    table = pa.Table.from_pylist(rows, schema=EVAL_REPLIES.arrow)
    pq.write_table(table, path, compression="zstd")


def _row(
    model: Model, said: Said, place: int, turn: int, scores: Mapping[str, Floats], number: int
) -> dict[str, object]:
    asked, reply = said.asked[place], said.replies[place][turn]
    known = [(name, float(values[number])) for name, values in scores.items() if not np.isnan(values[number])]
    return {
        "model": model.value,
        "suite": asked.suite,
        "item": asked.item,
        "label": asked.label,
        "turn": turn,
        "prompt": json.dumps(asked.context(said.replies[place], turn), ensure_ascii=False),
        "reply": reply.text,
        "tokens": reply.n_tokens,
        "whole": reply.whole,
        "scores": known,
    }
