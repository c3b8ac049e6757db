"""What was planted where: the ground truth for tests and the demo."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from dataset_platform.samples.conversation import Conversation, Planted, PrivateDatum, Quirk
from dataset_platform.schemas import DropReason, QuarantineReason, Stage


@dataclass(frozen=True)
class BrokenRecord:
    """A record that cannot be read, as it stands in its file, and the reason to expect."""

    raw: bytes
    reason: QuarantineReason


@dataclass(frozen=True)
class SourceSample:
    """One source: its whole records in the order of its file, and the broken ones."""

    name: str
    stage: Stage
    conversations: tuple[Conversation, ...]
    broken: tuple[BrokenRecord, ...]
    files: tuple[str, ...]

    @property
    def whole(self) -> int:
        """Records that reading keeps, copies and one-sided conversations included."""
        return len(self.conversations)

    @property
    def exact_duplicates(self) -> int:
        """Copies; the conversation they were copied from is not counted and may be in another source."""
        return sum(conversation.planted is Planted.EXACT for conversation in self.conversations)

    @property
    def near_duplicates(self) -> int:
        return sum(conversation.planted is Planted.NEAR for conversation in self.conversations)

    @property
    def quarantined(self) -> Mapping[QuarantineReason, int]:
        return Counter(record.reason for record in self.broken)

    @property
    def dropped(self) -> Mapping[DropReason, int]:
        """Whole records without a user or without an assistant turn."""
        reasons = (conversation.drop_reason for conversation in self.conversations)
        return Counter(reason for reason in reasons if reason is not None)

    @property
    def private(self) -> tuple[PrivateDatum, ...]:
        data = (conversation.private for conversation in self.conversations)
        return tuple(datum for datum in data if datum is not None)

    @property
    def private_by_kind(self) -> Mapping[str, int]:
        return Counter(datum.kind for datum in self.private)

    @property
    def quirks(self) -> Mapping[Quirk, int]:
        found = (conversation.quirk for conversation in self.conversations)
        return Counter(quirk for quirk in found if quirk is not None)


@dataclass(frozen=True)
class Sample:
    """All sources, by name."""

    seed: int
    sources: Mapping[str, SourceSample]

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        return tuple(
            conversation for source in self.sources.values() for conversation in source.conversations
        )
