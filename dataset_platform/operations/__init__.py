"""What people ask of the platform: most of it Dagster runs, with a progress line each."""

from dataset_platform.operations.checkpoints import Checkpoints, TrainingWish
from dataset_platform.operations.releases import Releases
from dataset_platform.operations.runs import Runs
from dataset_platform.operations.sources import Cleaned, Sources

__all__ = ["Checkpoints", "Cleaned", "Operations", "Releases", "Sources", "TrainingWish"]


class Operations(Runs):
    """Everything that can be done on one Dagster instance and one storage."""

    @property
    def sources(self) -> Sources:
        return Sources(self)

    @property
    def releases(self) -> Releases:
        return Releases(self)

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self)
