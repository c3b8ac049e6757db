"""How far reviewers agree who decided on the same conversations."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from dataset_platform.curate.reviews import Decision, Reviews


@dataclass(frozen=True)
class Agreement:
    """Two reviewers: conversations that both decided on, those decided alike, and Cohen's kappa.

    Kappa is None where both said one and the same of every conversation: chance alone would have given that.
    """

    first: str
    second: str
    n: int
    alike: int
    kappa: float | None


def agreements(reviews: Reviews) -> tuple[Agreement, ...]:
    """Every two reviewers who share a conversation, in order of their names."""
    said: dict[str, dict[str, Decision]] = {}
    for review in reviews.reviews:
        said.setdefault(review.reviewer, {})[review.conversation_id] = review.decision
    return tuple(_of_pairs(said))


def _of_pairs(said: dict[str, dict[str, Decision]]) -> Iterator[Agreement]:
    for first, second in combinations(sorted(said), 2):
        shared = sorted(said[first].keys() & said[second].keys())
        if shared:
            ours, theirs = ([said[name][id_] for id_ in shared] for name in (first, second))
            alike = sum(a is b for a, b in zip(ours, theirs, strict=True))
            yield Agreement(first, second, len(shared), alike, _kappa(ours, theirs))


def _kappa(ours: list[Decision], theirs: list[Decision]) -> float | None:
    # Imported here: it takes a second, and only reviewed projects need it.
    from sklearn.metrics import cohen_kappa_score

    if len({*ours, *theirs}) < 2:
        return None
    return float(cohen_kappa_score([str(said) for said in ours], [str(said) for said in theirs]))
