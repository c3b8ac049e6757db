"""The worst conversations of a release with their text, masked once more, for the page that people read."""

from dataclasses import dataclass, replace

import daft
import numpy as np

from dataset_platform.quality.private_data import masked
from dataset_platform.quality.review.queue import Queue, queue_table

MOST, A_REASON = 12, 2
MOST_CHARS = 1_500


@dataclass(frozen=True)
class Example:
    """A conversation, why it is among the worst, and its first turns as role and text."""

    conversation_id: str
    source: str
    stage: str
    reasons: tuple[str, ...]
    findings: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]
    is_cut: bool


def worst_examples(queue: Queue, rows: daft.DataFrame) -> tuple[Example, ...]:
    """The most urgent conversations that wait, two of each reason, at most `MOST`, most urgent first.

    What the sweep for private data finds in their text is masked; of each, `MOST_CHARS` characters are shown.
    """
    places = np.array(_chosen(queue), np.int64)
    found = queue_table(replace(queue, listed=places), rows).to_pylist()
    return tuple(_example(entry) for entry in found)


def _chosen(queue: Queue) -> list[int]:
    chosen: dict[int, None] = {}
    for mask in queue.masks.values():
        fresh = [place for place in queue.listed.tolist() if mask[place] and place not in chosen]
        chosen |= dict.fromkeys(fresh[:A_REASON])
    return list(chosen)[:MOST]


def _example(entry: dict) -> Example:
    turns, left = [], MOST_CHARS
    for message in entry["messages"]:
        text = masked(message["content"])
        turns.append((message["role"], text[:left]))
        left -= len(text)
        if left <= 0:
            break
    return Example(
        entry["conversation_id"],
        entry["source"],
        entry["stage"],
        tuple(entry["reasons"]),
        tuple(entry["findings"]),
        tuple(turns),
        left < 0 or len(turns) < len(entry["messages"]),
    )
