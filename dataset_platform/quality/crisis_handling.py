"""Crisis handling: do the replies to a crisis turn acknowledge it, assess the danger and point to help."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.crisis_triage import severities
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

ASPECTS = ("acknowledges", "assesses", "points_to_help")
CARD = Card(
    name="crisis_handling",
    version="1",
    measures="whether the replies right after a crisis turn acknowledge it, assess the danger and point to "
    "help; a reply that makes light of it undoes all",
    scale="0 to 1 a conversation with a crisis: the share of the three aspects that its replies show",
    licence="rules are ours",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class CrisisHandling:
    """How the replies of each conversation with a crisis, as the rules see one, handle it."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`handling <aspect>`: 0 or 1, NaN without a crisis; `crisis_handling`: their mean."""
        # Imported here: curate pulls in its language models.
        from dataset_platform.curate.columns import Turns
        from dataset_platform.curate.safety.replies import responses

        turns = Turns.of(chunk.rows["messages"].combine_chunks())
        client = turns.roles.to_numpy(zero_copy_only=False) == Role.USER.value
        is_crisis = np.zeros(len(client), bool)
        said = turns.contents.filter(client)
        is_crisis[client] = severities(said).max(axis=1, initial=0) > 0
        shown = responses(turns, is_crisis)
        has_crisis = np.bincount(turns.rows[is_crisis], minlength=len(chunk)) > 0
        rows = pc.list_parent_indices(shown).to_numpy(zero_copy_only=False)
        names = pc.list_flatten(shown).to_numpy(zero_copy_only=False)
        found = {}
        for aspect in ASPECTS:
            does = np.bincount(rows[names == aspect], minlength=len(chunk)) > 0
            found[f"handling {aspect}"] = np.where(has_crisis, does.astype(float), np.nan)
        return found | {"crisis_handling": np.mean(list(found.values()), axis=0)}
