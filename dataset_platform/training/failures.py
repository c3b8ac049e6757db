"""What stops a run: memory that runs out, and losses that are no numbers."""

import math
from collections.abc import Sequence

import torch

from dataset_platform.errors import TrainingFailed
from dataset_platform.training.packing import FlatRow

CPU_OUT_OF_MEMORY = "allocate memory"
MOST_NAMED = 20


def is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or CPU_OUT_OF_MEMORY in str(error)


def no_memory(step: int, tokens_per_forward: int) -> TrainingFailed:
    return TrainingFailed(
        f"out of memory in step {step} with {tokens_per_forward:,} tokens a forward. Set "
        "gradient_checkpointing to true, or lower tokens_per_forward and max_length; "
        "`train --plan` estimates what fits"
    )


def not_finite(
    step: int, total: float, rows: Sequence[FlatRow], losses: Sequence[torch.Tensor]
) -> TrainingFailed:
    """Names the conversations of the rows whose loss is not finite; all where the gradient alone is not."""
    broken = [row for row, loss in zip(rows, losses, strict=False) if not torch.isfinite(loss)]
    names = [name for row in broken or rows for name in dict.fromkeys(row.conversation_ids)]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    what = "gradient" if math.isfinite(total) else f"loss ({total})"
    return TrainingFailed(
        f"the {what} of step {step} is not finite, in the conversations "
        f"{', '.join(names[:MOST_NAMED])}{more}. Look at these rows, or lower learning_rate; the last good "
        "state is kept, and no checkpoint was written"
    )
