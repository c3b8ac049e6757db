"""What the generator plans: conversations, and what is planted in them."""

from dataclasses import dataclass
from enum import StrEnum

from dataset_platform.schemas import DropReason, Role


class Planted(StrEnum):
    """What a conversation is, seen from the others."""

    ORIGINAL = "original"
    EXACT = "exact"
    NEAR = "near"


class Quirk(StrEnum):
    """Dirt that cleaning should take away without losing the record."""

    HTML = "html"
    MOJIBAKE = "mojibake"
    ZERO_WIDTH = "zero_width"
    CRLF = "crlf"
    SPLIT_TURN = "split_turn"


@dataclass(frozen=True)
class PrivateDatum:
    """A piece of made-up private data as it stands in the text; `kind` is that of the mask to expect."""

    kind: str
    value: str


@dataclass(frozen=True)
class Turn:
    role: Role
    content: str
    persona: str | None = None


@dataclass(frozen=True)
class Conversation:
    """One record to be; at most one of `planted`, `quirk` and `private` is out of the ordinary."""

    turns: tuple[Turn, ...]
    topic: str
    level: str | None = None
    planted: Planted = Planted.ORIGINAL
    quirk: Quirk | None = None
    private: PrivateDatum | None = None

    @property
    def text(self) -> str:
        return "\n".join(turn.content for turn in self.turns)

    @property
    def drop_reason(self) -> DropReason | None:
        roles = {turn.role for turn in self.turns}
        if Role.USER not in roles:
            return DropReason.NO_USER_TURN
        return None if Role.ASSISTANT in roles else DropReason.NO_ASSISTANT_TURN
