"""The table of measured accuracies that every report quotes."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from dataset_platform.errors import InputError
from dataset_platform.quality.measurement import Accuracy, Frozen, Interval
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.statistics import wilson

FILE = "accuracy.json"


class AccuracyTable(Frozen):
    """All measured accuracies, in the order they were measured."""

    entries: tuple[Accuracy, ...]

    def of(self, validator: str, version: str) -> tuple[Accuracy, ...]:
        """Entries of one validator at one version; an older version's figures do not count."""
        return tuple(e for e in self.entries if (e.validator, e.validator_version) == (validator, version))

    def headline(self, validator: str, version: str) -> tuple[Accuracy, ...]:
        """The entries that are printed beside the validator's figures."""
        return tuple(entry for entry in self.of(validator, version) if entry.headline)

    def write(self, path: Path) -> Path:
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> "AccuracyTable":
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise InputError(
                f"{path}: not a table of accuracies ({type(error).__name__}). "
                "Write it anew with `dataset-platform qa calibrate`."
            ) from None


def packaged() -> AccuracyTable:
    """The table of the chosen sentence model, which ships with the packaged one."""
    return _table_in(chosen().calibrated(FILE))


@cache
def _table_in(path: Path) -> AccuracyTable:
    return AccuracyTable.read(path)


def packaged_digest() -> str:
    """SHA-256 of the accuracies and coefficients in use: reports made with others are out of date."""
    digest = hashlib.sha256()
    fitted = (chosen().calibrated("coherence.json"), Path(__file__).parent / "speakers.json")
    for path in (chosen().calibrated(FILE), *fitted):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Measured:
    """A data set under measurement by one validator: turns figures into accuracies."""

    validator: str
    version: str
    dataset: str
    sha256: str

    def says(
        self,
        metric: str,
        target: str,
        value: float,
        interval: Interval,
        n: int,
        split: str,
        headline: bool = False,
    ) -> Accuracy:
        return Accuracy(
            validator=self.validator,
            validator_version=self.version,
            metric=metric,
            target=target,
            value=round(value, 4),
            interval=(round(interval[0], 4), round(interval[1], 4)),
            n=n,
            dataset=self.dataset,
            dataset_sha256=self.sha256,
            split=split,
            headline=headline,
        )

    def share(
        self, metric: str, target: str, hit: int, n: int, split: str, headline: bool = False
    ) -> Accuracy:
        return self.says(metric, target, hit / n, wilson(hit, n), n, split, headline)
