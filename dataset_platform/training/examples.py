"""What a run trains and validates on, encoded, with an account of what was left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset_platform.errors import TrainingFailed
from dataset_platform.schemas import Split
from dataset_platform.training.config import Objective, TrainingConfig
from dataset_platform.training.encode import Intake, SkipReason, encode_all
from dataset_platform.training.objectives import Item
from dataset_platform.training.packing import fill
from dataset_platform.training.preferences import encode_pairs
from dataset_platform.training.rows import Conversation, read_split

ENCODERS: Mapping[Objective, Callable[..., Iterator[Item]]] = {
    Objective.SFT: encode_all,
    Objective.DPO: encode_pairs,
}


@dataclass(frozen=True)
class Examples:
    """Items of the train and validation splits, and what became of the train split's conversations."""

    train: list[Item] = field(repr=False)
    validation: list[Item] = field(repr=False)
    intake: Intake

    @property
    def tokens(self) -> int:
        return sum(map(len, self.train))


def read_examples(rows: Path, tokenizer: Any, config: TrainingConfig) -> Examples:
    """The splits of a release as the configuration asks for them; raises TrainingFailed where none trains."""
    intake = Intake()
    encode = ENCODERS[config.objective]
    train: list[Item] = list(encode(read_split(rows, Split.TRAIN), tokenizer, config.max_length, intake))
    if not train:
        raise TrainingFailed(_nothing_to_train(rows, intake, config))
    validation = encode(read_split(rows, Split.VALIDATION), tokenizer, config.max_length, Intake())
    return Examples(train, list(_within(validation, config.validation_tokens)), intake)


def validation_groups(items: list[Item], config: TrainingConfig) -> list[list[Item]]:
    """Items of each validation row."""
    groups = fill([len(item) for item in items], config.tokens_per_forward)
    return [[items[i] for i in group] for group in groups]


def first_validation_conversations(rows: Path, count: int) -> list[Conversation]:
    """Some more than `count`, as not each has a reply."""
    found = read_split(rows, Split.VALIDATION)
    return [conversation for conversation, _ in zip(found, range(4 * count), strict=False)] if count else []


def _nothing_to_train(rows: Path, intake: Intake, config: TrainingConfig) -> str:
    skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(intake.skipped.items()))
    cure = "Export a release whose train split has assistant turns"
    if set(intake.skipped) == {SkipReason.TOO_LONG}:
        cure = f"Raise max_length, which is {config.max_length} tokens"
    elif config.objective is Objective.DPO:
        cure = "Export a release of a source that keeps `rejected` replies, see docs/sources.md"
    return (
        f"{rows}: the train split has no conversation to train on "
        f"({f'skipped: {skipped}' if skipped else 'it is empty'}). {cure}"
    )


def _within(items: Iterator[Any], n_tokens: int) -> Iterator[Any]:
    """The first items up to `n_tokens` together; ids are digests, so their order is as good as random."""
    for item in items:
        n_tokens -= len(item)
        if n_tokens < 0:
            return
        yield item
