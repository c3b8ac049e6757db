"""The signatures of all rows in numbers: no strings, and the sketches on disk."""

from binascii import unhexlify
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft import DataFrame, col

from dataset_platform.curate.signatures import unpacked
from dataset_platform.curate.word_hashes import spread
from dataset_platform.errors import ContractError
from dataset_platform.schemas import SIGNATURES, Stage
from dataset_platform.streaming import streamed

PLACE = ("origin_file", "origin_position")
# A sketch with fewer hashes is filled up with a number that no hash is.
NO_HASH = np.uint64(2**64 - 1)
# A place is the number of its file and its position there: 2^23 files of 2^40 records.
_POSITION_BITS = 40
ROWS_AT_ONCE = 1 << 19
# Of a signed row: type, and how many numbers where it is not one.
_COLUMNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "ids": ("u8", (4,)),
    "texts": ("u8", (2,)),
    "sources": ("i4", ()),
    "sizes": ("i4", ()),
    "stages": ("i1", ()),
    "quality": ("f8", ()),
}


@dataclass(frozen=True)
class Files:
    """The source files by name; a place in one of them is a number, and places sort as numbers do."""

    names: pa.Array

    @classmethod
    def of(cls, frame: DataFrame) -> "Files":
        names = frame.select("origin_file").distinct().to_arrow()["origin_file"].combine_chunks()
        return cls(names.sort().cast(pa.large_string()))

    def places(self, rows: pa.RecordBatch | pa.Table) -> np.ndarray:
        """The number of each row's place; negative for files that are not among these."""
        files = pc.index_in(rows["origin_file"].cast(pa.large_string()), self.names)
        files = pc.fill_null(files, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return (files << _POSITION_BITS) + rows["origin_position"].to_numpy(zero_copy_only=False)

    def table(self, places: np.ndarray) -> pa.Table:
        """The places as they stand in tables."""
        files = self.names.take(pa.array(places >> _POSITION_BITS))
        return pa.table([files, pa.array(places & ((1 << _POSITION_BITS) - 1))], names=PLACE)


@dataclass(frozen=True)
class Sketches:
    """Sketches of a fixed width in a file: read in chunks, or some of them."""

    path: Path
    width: int

    def chunks(self) -> Iterator[tuple[int, np.ndarray]]:
        """All sketches in order, and the number of the first of each chunk."""
        first = 0
        with self.path.open("rb") as stream:
            while len(some := np.fromfile(stream, np.uint64, ROWS_AT_ONCE * self.width)):
                yield first, some.reshape(-1, self.width)
                first += len(some) // self.width

    def take(self, numbers: np.ndarray) -> np.ndarray:
        if not len(numbers):
            return np.empty((0, self.width), np.uint64)
        return np.asarray(np.memmap(self.path, np.uint64, "r").reshape(-1, self.width)[numbers])


@dataclass(frozen=True)
class SignedRows:
    """Rows in the order of preference: the one to keep comes first.

    `ids` and `texts` are SHA-256s as big-endian numbers of 64 bits, `texts` the first half of them. The
    sketch of row i is number `stored[i]`.
    """

    places: np.ndarray
    ids: np.ndarray
    texts: np.ndarray
    sources: np.ndarray
    sizes: np.ndarray
    stored: np.ndarray
    sketches: Sketches
    source_names: pa.Array

    def __len__(self) -> int:
        return len(self.places)


def load(signatures: DataFrame, fit: np.ndarray, files: Files, width: int, path: Path) -> SignedRows:
    """The signed rows whose place is among `fit`, which ascends; their sketches are written to `path`.

    Preferred is the later stage, then the higher quality, then the smaller conversation_id, then the place.
    Raises ContractError where two rows have one place, or a fit row has no signature.
    """
    source_names = signatures.select("source").distinct().sort("source").to_arrow()["source"]
    source_names = source_names.combine_chunks().cast(pa.large_string())
    wanted = [name for name in SIGNATURES.names if not name.startswith("answer")]
    # Filled in place and sorted a column at a time: of the largest tables memory has no room for two copies.
    columns: dict[str, np.ndarray] = {
        name: np.empty((len(fit), *shape), kind) for name, (kind, shape) in _COLUMNS.items()
    }
    stored, signed = np.full(len(fit), -1), 0
    with path.open("wb") as stream, streamed(signatures.select(*wanted)) as batches:
        for batch in batches:
            numbers, some, sketches = _columns(batch, fit, files, source_names)
            for name, column in columns.items():
                column[numbers] = some[name]
            stored[numbers] = np.arange(signed, signed + len(numbers))
            signed += len(numbers)
            _padded(*sketches, width).tofile(stream)
    _refuse_unsigned_and_shared(stored, signed)
    order = _by_preference(fit, columns["ids"], columns.pop("quality"), columns.pop("stages"))
    columns |= {"places": fit, "stored": stored}
    del stored
    ordered = {name: columns.pop(name)[order] for name in list(columns)}
    return SignedRows(**ordered, sketches=Sketches(path, width), source_names=source_names)


def _by_preference(
    places: np.ndarray, ids: np.ndarray, quality: np.ndarray, stages: np.ndarray
) -> np.ndarray:
    np.negative(quality, out=quality)
    np.negative(stages, out=stages)
    return np.lexsort((places, *ids.T[::-1], quality, stages))


def fit_places(decisions: DataFrame, files: Files) -> np.ndarray:
    """The places that no filter dropped, ascending."""
    fit = decisions.where(col("drop_reason").is_null()).select(*PLACE)
    with streamed(fit) as batches:
        places = np.concatenate([np.empty(0, np.int64), *map(files.places, batches)])
    places.sort()
    return places


def among(numbers: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Which of the numbers are among those that ascend."""
    if not len(ascending):
        return np.zeros(len(numbers), np.bool_)
    return ascending[np.minimum(np.searchsorted(ascending, numbers), len(ascending) - 1)] == numbers


def hex_digests(ids: np.ndarray) -> pa.Array:
    """The SHA-256s as 64 hex digits."""
    digests = np.ascontiguousarray(ids.astype(">u8")).view(np.uint8).reshape(len(ids), 32)
    nibbles = np.stack([digests >> 4, digests & 15], axis=-1)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles]
    offsets = np.arange(len(ids) + 1, dtype=np.int64) * 64
    return pa.Array.from_buffers(
        pa.large_string(), len(ids), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))]
    )


def _columns(
    batch: pa.RecordBatch | pa.Table, fit: np.ndarray, files: Files, source_names: pa.Array
) -> tuple[np.ndarray, dict[str, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The fit rows of the batch: their numbers in `fit`, what `_COLUMNS` names, and their sketches."""
    places = files.places(batch)
    chosen = among(places, fit)
    rows = batch.filter(pa.array(chosen))
    stages = pa.array([stage.value for stage in Stage], pa.large_string())
    columns = {
        "ids": _numbers(rows["conversation_id"], 4),
        "texts": _numbers(rows["text_sha256"], 2),
        "sources": pc.index_in(rows["source"].cast(pa.large_string()), source_names).to_numpy(),
        "sizes": rows["n_shingles"].to_numpy(),
        "stages": pc.index_in(rows["stage"].cast(pa.large_string()), stages).to_numpy(),
        "quality": rows["quality"].to_numpy(),
    }
    sketches = rows["sketch"]
    sketches = sketches.combine_chunks() if isinstance(sketches, pa.ChunkedArray) else sketches
    return np.searchsorted(fit, places[chosen]), columns, unpacked(sketches)


def _padded(hashes: np.ndarray, sizes: np.ndarray, width: int) -> np.ndarray:
    padded = np.full((len(sizes), width), NO_HASH)
    padded.reshape(-1)[spread(np.arange(len(sizes)) * width, sizes)] = hashes
    return padded


def _numbers(digests: pa.Array, count: int) -> np.ndarray:
    """The first `count` numbers of 64 bits of each digest."""
    digests = digests.combine_chunks() if isinstance(digests, pa.ChunkedArray) else digests
    digests = digests.cast(pa.large_string())
    offsets = np.frombuffer(digests.buffers()[1], np.int64)[
        digests.offset : digests.offset + len(digests) + 1
    ]
    octets = unhexlify(memoryview(digests.buffers()[2] or b"")[offsets[0] : offsets[-1]])
    return np.frombuffer(octets, ">u8").reshape(len(digests), 4)[:, :count].astype(np.uint64)


def _refuse_unsigned_and_shared(stored: np.ndarray, signed: int) -> None:
    """`stored` holds for each fit row the number of its signature, -1 where it has none."""
    unsigned = np.count_nonzero(stored < 0)
    shared = signed - (len(stored) - unsigned)
    if shared:
        raise ContractError(
            f"text_signatures: {shared} rows share their origin with another row. "
            "Every row needs an (origin_file, origin_position) of its own."
        )
    if unsigned:
        raise ContractError(
            f"text_signatures: {unsigned} rows that are fit have none; "
            "clean their sources again: `dataset-platform sources clean`"
        )
