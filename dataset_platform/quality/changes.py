"""What a report says about the version before."""

from pydantic import Field

from dataset_platform.quality.measurement import Frozen, Interval


class Move(Frozen):
    """A figure in both reports. There is a difference only where the two can be compared."""

    title: str
    before: float | None
    after: float | None
    verdict_before: str = Field("", description="Of a gate; empty for a figure beside the gates.")
    verdict_after: str = ""
    difference: float | None = Field(None, description="After minus before.")
    interval: Interval | None = Field(None, description="95 % of the difference.")
    reason: str | None = Field(None, description="Why there is no difference.")

    @property
    def moved(self) -> bool:
        """Whether the verdict is another one, or the difference is more than chance in the samples."""
        clear = self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]
        return self.verdict_before != self.verdict_after or clear


class RowsMove(Frozen):
    """Conversations of one source or stage in both releases."""

    by: str
    name: str
    before: int
    after: int


class ValidatorMove(Frozen):
    """A validator that is another one than before, or was not there; its figures cannot be compared."""

    name: str
    before: str | None = Field(description="Its version; None where it was not there.")
    after: str | None


class Changes(Frozen):
    """Since the greatest lower version that was judged; without one, the reason why nothing is compared."""

    version: str | None = None
    reason: str | None = Field(None, description="Why nothing is compared.")
    gates: tuple[Move, ...] = ()
    figures: tuple[Move, ...] = ()
    rows: tuple[RowsMove, ...] = ()
    validators: tuple[ValidatorMove, ...] = ()
