"""What the report says of the review loop: who decided what, how far they agree, and who still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dataset_platform.quality.measurement import Frozen
from dataset_platform.quality.review.queue import MOST_QUEUED, Queue

if TYPE_CHECKING:  # at run time it would pull in the language models of curation
    from dataset_platform.curate import Reviews


class Reviewer(Frozen):
    """Decisions of one reviewer on conversations of the release, and their first and last day, if known."""

    name: str
    keep: int
    drop: int
    first_day: str | None
    last_day: str | None


class ReviewerAgreement(Frozen):
    """Two reviewers on the conversations of the release that both decided on."""

    first: str
    second: str
    n: int
    alike: int
    kappa: float | None = Field(description="Cohen's; None where both said the same of every conversation.")


class Reviewing(Frozen):
    """Decisions on conversations of the release up to when it was judged, and what waits for one."""

    reviewers: tuple[Reviewer, ...]
    agreements: tuple[ReviewerAgreement, ...]
    decided: int = Field(description="Conversations that reviewers have settled.")
    to_drop: int = Field(description="Of these, the ones that the next release will lack.")
    conflicts: int = Field(description="Conversations on which as many say keep as drop.")
    waiting: int
    listed: int = Field(description="Those in the queue files, the most urgent.")
    left_out: int = Field(description="Those that the queue's cap left out.")
    most: int = Field(description="The cap.")
    reasons: dict[str, int] = Field(description="Conversations that wait for each reason, listed or not.")


def reviewing(queue: Queue, reviews: Reviews) -> Reviewing:
    """The summary of a queue and of the decisions on the same release."""
    from dataset_platform.curate import Decision, agreements

    outcomes = [settled.outcome.value for settled in reviews.settled]
    return Reviewing(
        reviewers=tuple(
            _reviewer(name, reviews) for name in sorted({review.reviewer for review in reviews.reviews})
        ),
        agreements=tuple(ReviewerAgreement(**vars(agreement)) for agreement in agreements(reviews)),
        decided=len(outcomes) - len(reviews.conflicts),
        to_drop=outcomes.count(Decision.DROP.value),
        conflicts=len(reviews.conflicts),
        waiting=queue.waiting,
        listed=len(queue.listed),
        left_out=queue.waiting - len(queue.listed),
        most=MOST_QUEUED,
        reasons=queue.counts,
    )


def _reviewer(name: str, reviews: Reviews) -> Reviewer:
    said = {r.conversation_id: r.decision.value for r in reviews.reviews if r.reviewer == name}
    days = sorted(r.day.isoformat() for r in reviews.reviews if r.reviewer == name and r.day)
    decisions = list(said.values())
    return Reviewer(
        name=name,
        keep=decisions.count("keep"),
        drop=decisions.count("drop"),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
    )
