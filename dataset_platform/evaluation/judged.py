"""Generated replies before the validators that judge releases: one row a reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from dataset_platform.evaluation.generation import Messages
from dataset_platform.quality.appropriateness import BEHAVIOURS, Appropriateness
from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.coherence import BIN_NAMES, Coherence, packaged_head
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.private_data import PrivateData
from dataset_platform.quality.red_lines import RedLines
from dataset_platform.quality.reply_quality import ReplyQuality
from dataset_platform.quality.statistics import Floats
from dataset_platform.quality.traits import TRAITS, Heads
from dataset_platform.schemas import MESSAGE, Role

MESSAGES = pa.list_(MESSAGE)


@dataclass(frozen=True)
class Judges:
    """The validators that say something about a single reply, with the heads that the project trained.

    `opinions` are the heads that give the rubric a second opinion, by criterion; none for none."""

    embedder: Embedder
    heads: Heads
    opinions: Heads = field(default_factory=dict)

    def findings(self, contexts: Sequence[Messages], replies: Sequence[str]) -> Mapping[str, Floats]:
        """Scores by name, one value a reply, NaN where there is nothing to judge.

        The context is laid before the validators as the client's, so that they judge the one reply alone.
        """
        if not replies:
            return {}
        chunk = self._chunk(contexts, replies)
        scores = {name: values for judge in self._all for name, values in judge.judge(chunk).items()}
        counts = {behaviour.name for behaviour in BEHAVIOURS} - {trait.name for trait in TRAITS} | set(
            BIN_NAMES
        )
        return {name: values for name, values in scores.items() if name not in counts}

    def coherence(self, contexts: Sequence[Messages], replies: Sequence[str]) -> Floats:
        """How likely each reply answers its context; 0 for one that says nothing."""
        found = Coherence(packaged_head()).judge(self._chunk(contexts, replies))["coherence"]
        return np.where([bool(reply.strip()) for reply in replies], found, 0.0)

    def _chunk(self, contexts: Sequence[Messages], replies: Sequence[str]) -> Chunk:
        rows = [
            [
                *(
                    {"role": Role.USER.value, "content": m["content"]}
                    for m in context
                    if m["role"] != Role.SYSTEM
                ),
                {"role": Role.ASSISTANT.value, "content": reply},
            ]
            for context, reply in zip(contexts, replies, strict=True)
        ]
        table = pa.table({"messages": pa.array(rows, MESSAGES), "is_edge_case": np.zeros(len(rows), bool)})
        return Chunk(table, self.embedder)

    @cached_property
    def _all(self) -> tuple[Coherence, Appropriateness, ReplyQuality, RedLines, PrivateData]:
        return (
            Coherence(packaged_head()),
            Appropriateness(),
            ReplyQuality(self.heads),
            RedLines(),
            PrivateData(),
        )
