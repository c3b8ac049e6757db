"""Holds a lazy frame against its contract, batch by batch."""

from collections.abc import Iterable, Iterator

import daft
import numpy as np
import polars as pl
import pyarrow as pa

from dataset_platform.schemas import EXAMPLES, Contract, Violation
from dataset_platform.streaming import streamed


def broken_rules(frame: daft.DataFrame, contract: Contract) -> list[Violation]:
    """Every rule of the contract that rows of the frame break; empty when it holds.

    Beside the columns' own rules, the contract's key occurs once in the whole
    frame, and the turns of every conversation keep the contract's contract of turns.
    """
    keys = _KeyHashes(contract.key)
    with streamed(frame) as batches:
        found = contract.violations(keys.noted(batches))
    suspects = keys.repeated()
    return found + _repeated_keys(frame, contract, suspects) if len(suspects) else found


class _KeyHashes:
    """64 bits of each row's key: equal keys are among equal hashes, and a row takes 8 bytes to tell."""

    def __init__(self, key: tuple[str, ...]) -> None:
        self._key = key
        self._hashes = [np.empty(0, np.uint64)]

    def noted(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if self._key and set(self._key) <= set(batch.schema.names):
                self._hashes.append(_hashes(batch, self._key))
            yield batch

    def repeated(self) -> np.ndarray:
        hashes = np.concatenate(self._hashes)
        hashes.sort()
        return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def _hashes(batch: pa.RecordBatch, key: tuple[str, ...]) -> np.ndarray:
    return pl.DataFrame(batch.select(key)).hash_rows().to_numpy()


def _repeated_keys(frame: daft.DataFrame, contract: Contract, suspects: np.ndarray) -> list[Violation]:
    """Of the rows with these hashes, those that have their key in common with another."""
    with streamed(frame.select(*contract.key)) as batches:
        chosen = [
            pl.DataFrame(batch).filter(np.isin(_hashes(batch, contract.key), suspects)) for batch in batches
        ]
    repeated = pl.concat(chosen).group_by(contract.key).len().filter(pl.col("len") > 1).sort(contract.key)
    examples = tuple("#".join(map(str, row[:-1])) for row in repeated.head(EXAMPLES).iter_rows())
    rule = f"{' + '.join(contract.key)} occurs once"
    return [Violation(contract.key[0], rule, len(repeated), examples)] if len(repeated) else []
