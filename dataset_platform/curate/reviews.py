"""What reviewers decided on conversations, and what their decisions come to."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

import pyarrow as pa


class Decision(StrEnum):
    """What a reviewer decides: `keep` resolves the flags of a row, `drop` takes it out of every release."""

    KEEP = "keep"
    DROP = "drop"


class Outcome(StrEnum):
    """What all reviewers of a conversation say together."""

    KEEP = "keep"
    DROP = "drop"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Review:
    """One reviewer's decision on one conversation, its file and line, and its day, where that is known."""

    conversation_id: str
    decision: Decision
    reviewer: str
    file: str
    line: int
    day: date | None = None


@dataclass(frozen=True)
class Settled:
    """What was decided on a conversation, and by whom; nobody where it is a conflict."""

    conversation_id: str
    outcome: Outcome
    reviewed_by: str | None


_TABLE = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reviewed_by", pa.string()),
    ]
)


@dataclass(frozen=True)
class Reviews:
    """All decisions in a folder; `sha256s` holds the digest of each file by its name."""

    reviews: tuple[Review, ...] = ()
    sha256s: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def settled(self) -> tuple[Settled, ...]:
        """One line a conversation, in order of ids, whatever the order of rows and files."""
        by_id: dict[str, list[Review]] = {}
        for review in self.reviews:
            by_id.setdefault(review.conversation_id, []).append(review)
        return tuple(_settle(id_, by_id[id_]) for id_ in sorted(by_id))

    @property
    def ids(self) -> list[str]:
        return [settled.conversation_id for settled in self.settled]

    @property
    def conflicts(self) -> list[str]:
        """Ids of the conversations on which reviewers disagree, as many one way as the other."""
        return [settled.conversation_id for settled in self.settled if settled.outcome is Outcome.CONFLICT]

    @property
    def kept(self) -> list[str]:
        """Ids of the conversations that reviewers decided to keep."""
        return [settled.conversation_id for settled in self.settled if settled.outcome is Outcome.KEEP]

    def on(self, ids: Collection[str]) -> "Reviews":
        """The decisions on these conversations, and the files that they stand in."""
        reviews = tuple(review for review in self.reviews if review.conversation_id in ids)
        files = {review.file for review in reviews}
        return Reviews(reviews, {name: digest for name, digest in self.sha256s.items() if name in files})

    @property
    def digest(self) -> str:
        """SHA-256 of what is decided: not of notes, dates, files or order."""
        lines = (f"{s.conversation_id},{s.outcome},{s.reviewed_by or ''}\n" for s in self.settled)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def record(self) -> str:
        """SHA-256 of who decided what and when: not of notes, files or order."""
        said = {
            (r.conversation_id, r.decision, r.reviewer, r.day and r.day.isoformat()) for r in self.reviews
        }
        lines = sorted(",".join(str(part or "") for part in one) for one in said)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def table(self) -> pa.Table:
        """conversation_id, outcome and reviewed_by of every decided conversation."""
        return pa.Table.from_pylist([vars(settled) for settled in self.settled], schema=_TABLE)


def _settle(id_: str, reviews: list[Review]) -> Settled:
    """The decision of the majority; two against one settle, and a tie is a conflict."""
    by = {review.reviewer: review.decision for review in reviews}
    (decision, most), *others = Counter(by.values()).most_common()
    if others and others[0][1] == most:
        return Settled(id_, Outcome.CONFLICT, None)
    return Settled(
        id_, Outcome(decision), ", ".join(sorted(name for name, said in by.items() if said is decision))
    )
