"""A second opinion beside the rubric's rules: small heads over the vectors of a reply and of its cause.

The heads are fitted on the replies that the rules were tuned on (`opinion_fitting`), and find what rules have
no words for. What either of them finds is found.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.evaluation.generation import Messages
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.suite import Criterion
from dataset_platform.heads import Block, Floats, Head
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.sentence_model import chosen

FOLDER = Path(__file__).parent / "opinions"
FOUND_WHERE_MET = (Criterion.ACKNOWLEDGES, Criterion.POINTS_TO_HELP)
"""Of these a head finds what meets the criterion, of red lines what misses it.

The other criteria have none: on real replies of therapists their heads found far too much.
"""


@cache
def packaged() -> Mapping[str, Head]:
    """The heads by criterion; none where another sentence model was chosen than they were fitted on."""
    heads = {path.stem: Head.read(path) for path in sorted(FOLDER.glob("*.json"))}
    own = chosen().name
    return {name: head for name, head in heads.items() if head.card.vectors == own}


def found(
    contexts: Sequence[Messages], replies: Sequence[str], judges: Judges
) -> Mapping[Criterion, NDArray[np.bool_]]:
    """Which replies each criterion's head finds; none where there is no such head."""
    finds = {criterion: np.zeros(len(replies), bool) for criterion in Criterion}
    if not judges.opinions or not replies:
        return finds
    read = vectors([context[-1]["content"] for context in contexts], replies, judges.embedder)
    speaks = np.array([bool(reply.strip()) for reply in replies])
    for name, head in judges.opinions.items():
        probability = head.combined({Block.VECTOR: head.part(Block.VECTOR).logit(read)})
        finds[Criterion(name)] = (probability >= head.threshold) & speaks
    return finds


def vectors(told: Sequence[str], replies: Sequence[str], embedder: Embedder) -> Floats:
    """Of each reply its vector, that of what it replies to, and their product, side by side."""
    reply, before = (
        embedder.embed(pa.array(texts, pa.large_string())).astype(np.float64) for texts in (replies, told)
    )
    return np.hstack([reply, before, reply * before])
