"""What settled since the last look: each state that two looks in a row find equal is handed out once."""

from collections.abc import Mapping
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Watch(BaseModel):
    """What was seen so far: one state a key, either acted on already or seen once and awaited.

    `changes` counts the looks that found anything new. A sensor names its runs by it: the same look
    repeated after a crash gives the same names, and a state that comes back after another one gives new
    ones, which matters because Dagster drops a run key that it has ever seen. `since` tells the names
    of a watch that begins anew from those of the one before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str = Field(default_factory=lambda: uuid4().hex[:8])
    changes: int = 0
    settled: dict[str, str] = Field(default_factory=dict)
    awaited: dict[str, str] = Field(default_factory=dict)
    complaints: str = Field("", description="Digest of what was last complained of.")

    @classmethod
    def resumed(cls, cursor: str | None) -> "Watch":
        """The watch that a cursor holds; a new one when there is none, or one of another version."""
        if cursor is None:
            return cls()
        try:
            return cls.model_validate_json(cursor)
        except ValidationError:
            return cls()

    def look(self, states: Mapping[str, str]) -> tuple["Watch", dict[str, str]]:
        """The watch after this look, and the states that settled with it.

        A key that was seen in any other state since it settled has to settle again.
        """
        still = {key: state for key, state in states.items() if self.settled.get(key) == state}
        new = {key: state for key, state in states.items() if self.awaited.get(key) == state}
        awaited = {key: state for key, state in states.items() if key not in still and key not in new}
        settled = still | new
        if (settled, awaited) == (self.settled, self.awaited):
            return self, {}
        seen = {"changes": self.changes + 1, "settled": settled, "awaited": awaited}
        return self.model_copy(update=seen), new

    def run_key(self, key: str, state: str) -> str:
        """Names what is started for a state that settled with the next look."""
        return f"{self.since}:{self.changes}:{key}:{state}"
