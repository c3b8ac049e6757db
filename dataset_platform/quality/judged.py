"""A release as the validators see it: facts and findings, one row a conversation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset_platform.errors import InputError
from dataset_platform.quality import bias
from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.kept_findings import KeptFindings
from dataset_platform.quality.validator import Findings, Validator

_FACTS = ("conversation_id", "source", "stage", "language", "n_turns", "n_chars", "is_edge_case")


@dataclass(frozen=True)
class Judged:
    """Facts and findings of a release, one row a conversation, in order of their ids."""

    facts: Mapping[str, NDArray]
    findings: Findings

    def examples(self, mask: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(map(str, self.facts["conversation_id"][mask][:5]))


def judge(chunks: Iterable[Chunk], judges: tuple[Validator, ...], kept: KeptFindings | None = None) -> Judged:
    """What every validator finds, or found before and kept, in order of the conversations' ids."""
    facts: list[dict[str, NDArray]] = []
    findings: list[dict[str, NDArray]] = []
    for chunk in chunks:
        facts.append({name: chunk.rows[name].to_numpy() for name in _FACTS})
        findings.append(
            {name: values for judge in judges for name, values in _found(judge, chunk, kept).items()}
        )
    if not facts:
        raise InputError("the release has no rows to judge. Export it with more samples.")
    order = np.argsort(np.concatenate([part["conversation_id"] for part in facts]), kind="stable")
    return Judged(_joined(facts, order), _joined(findings, order))


def _found(judge: Validator, chunk: Chunk, kept: KeptFindings | None) -> Findings:
    if kept is None or judge.card.name == bias.CARD.name:  # which draws a sample of its chunk
        return judge.judge(chunk)
    return kept.judge(judge, chunk)


def _joined(parts: list[dict[str, NDArray]], order: NDArray[np.int64]) -> dict[str, NDArray]:
    return {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
