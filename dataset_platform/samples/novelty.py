"""Keeps what is composed different, so that the only duplicates are the planted ones."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable

from dataset_platform.errors import InputError
from dataset_platform.samples.conversation import Conversation
from dataset_platform.schemas import Role

MAX_SIMILARITY = 0.5
_MAX_DRAWS = 300
_WORD = re.compile(r"\w+(?:'\w+)?")


def shingles(text: str, size: int = 5) -> frozenset[tuple[str, ...]]:
    """The text's runs of five words, in lower case; the whole text where it is shorter."""
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1)))


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    return len(a & b) / len(a | b)


class Novelty:
    """Remembers what was composed, and draws again what is too close to it.

    Too close is a Jaccard similarity of word 5-grams of `MAX_SIMILARITY`, or a
    reply that was given before.
    """

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self._replies: set[str] = set()

    def draw(self, compose: Callable[[], Conversation]) -> Conversation:
        """The first composition that is new; InputError when the bank cannot give any."""
        for _ in range(_MAX_DRAWS):
            conversation = compose()
            if self._is_new(conversation):
                self._remember(conversation)
                return conversation
        raise InputError(f"sample bank `{conversation.topic}` has too few phrases for what is asked of it")

    def _is_new(self, conversation: Conversation) -> bool:
        if not self._replies.isdisjoint(_replies(conversation)):
            return False
        own = shingles(conversation.text)
        shared = Counter(holder for shingle in own for holder in self._holders.get(shingle, ()))
        return all(
            count / (len(own) + self._sizes[holder] - count) < MAX_SIMILARITY
            for holder, count in shared.items()
        )

    def _remember(self, conversation: Conversation) -> None:
        own = shingles(conversation.text)
        for shingle in own:
            self._holders[shingle].append(len(self._sizes))
        self._sizes.append(len(own))
        self._replies.update(_replies(conversation))


def _replies(conversation: Conversation) -> list[str]:
    return [turn.content for turn in conversation.turns if turn.role is Role.ASSISTANT]
