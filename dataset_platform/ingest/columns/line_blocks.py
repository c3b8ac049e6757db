"""A block of bytes as a column of lines, without a copy of them."""

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa

from dataset_platform.ingest.formats.json_values import long_numbers

_NEWLINE = ord("\n")
# Few, as all lines of a batch are parsed once more, one by one, where one is no JSON.
_BATCH_LINES = 48
# Control characters, whose escapes have two spellings, and what is counted: quotation mark, comma, colon.
_ESCAPES = re.compile(rb"\\u00(?:[01]|2[2cC]|3[aA]|7[fF])")


class LineBlock:
    """Lines that follow each other; only the last may lack its newline."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == _NEWLINE) + 1
        if not raw.endswith(b"\n"):
            ends = np.append(ends, len(raw))
        self.bounds = np.concatenate([[0], ends]).astype(np.int32)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def line(self, number: int) -> bytes:
        return self.raw[self.bounds[number] : self.bounds[number + 1]]

    def sample(self, lines: int) -> Iterator[bytes]:
        """So many lines, from all over the block."""
        for number in range(0, len(self), max(len(self) // lines, 1)):
            yield self.line(number)

    @cached_property
    def unfit(self) -> np.ndarray:
        """Which lines no column may hold: those that are no UTF-8, those with a number that may be beyond
        64 bits, and those with escapes that `line_query` cannot check."""
        unfit = self._undecodable()
        places = list(long_numbers(self.raw))
        if b"\\" in self.raw:
            places += [found.start() for found in _ESCAPES.finditer(self.raw)]
        unfit[np.searchsorted(self.bounds, places, "right") - 1] = True
        return unfit

    def table(self) -> pa.Table:
        """The lines as the column `line`; null where one is unfit."""
        return pa.Table.from_batches(self._batches(pa.py_buffer(np.packbits(~self.unfit, bitorder="little"))))

    def _undecodable(self) -> np.ndarray:
        unfit = np.zeros(len(self), bool)
        if _is_utf8(self._lines(None)):
            return unfit
        for start, batch in zip(range(0, len(self), _BATCH_LINES), self._batches(None), strict=True):
            if not _is_utf8(batch):
                lines = range(batch.num_rows)
                unfit[start : start + batch.num_rows] = [not _is_utf8(batch.slice(at, 1)) for at in lines]
        return unfit

    def _lines(self, validity: pa.Buffer | None) -> pa.StringArray:
        buffers = [validity, pa.py_buffer(self.bounds), pa.py_buffer(self.raw)]
        return pa.Array.from_buffers(pa.string(), len(self), buffers)

    def _batches(self, validity: pa.Buffer | None) -> list[pa.RecordBatch]:
        lines = pa.record_batch([self._lines(validity)], ["line"])
        return [lines.slice(start, _BATCH_LINES) for start in range(0, len(self), _BATCH_LINES)]


def counted(raw: np.ndarray, bounds: np.ndarray, sign: int) -> np.ndarray:
    """How often each text between the bounds has the sign."""
    places = np.flatnonzero(raw[bounds[0] : bounds[-1]] == sign)
    return np.diff(np.searchsorted(places, bounds - bounds[0]))


def _is_utf8(lines: pa.RecordBatch | pa.Array) -> bool:
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
