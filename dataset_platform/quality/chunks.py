"""A bounded piece of a release, with its turns laid flat for vectorised validators."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import daft
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.quality.embedding import Embedder
from dataset_platform.schemas import Role
from dataset_platform.storage.tables import pieces
from dataset_platform.streaming import streamed

COLUMNS = (
    "conversation_id",
    "split",
    "source",
    "stage",
    "messages",
    "is_edge_case",
    "flags",
    "unresolved",
    "redactions",
    "crisis_severity",
    "toxicity",
    "language",
    "n_turns",
    "n_chars",
)
CONVERSATIONS_PER_CHUNK = 2000


@dataclass(frozen=True)
class Turns:
    """Turns of many conversations in order, one array an attribute.

    `conversation` is the place of the turn's conversation in the chunk and never
    decreases; `role` holds the values of `schemas.Role`.
    """

    conversation: NDArray[np.int64]
    role: NDArray[np.object_]
    text: pa.Array

    @classmethod
    def of(cls, messages: pa.Array) -> "Turns":
        flat = pc.list_flatten(messages)
        return cls(
            pc.list_parent_indices(messages).to_numpy(zero_copy_only=False).astype(np.int64),
            pc.struct_field(flat, "role").to_numpy(zero_copy_only=False),
            pc.struct_field(flat, "content").cast(pa.large_string()),
        )

    def __len__(self) -> int:
        return len(self.conversation)

    def where(self, mask: NDArray[np.bool_]) -> "Turns":
        return Turns(self.conversation[mask], self.role[mask], self.text.filter(pa.array(mask)))

    @cached_property
    def spoken(self) -> "Turns":
        """The turns without system prompts."""
        return self.where(self.role != Role.SYSTEM.value)

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """Whether a turn comes after another of the same conversation."""
        return np.r_[False, self.conversation[1:] == self.conversation[:-1]][: len(self)]


@dataclass(frozen=True)
class Distinct:
    """Texts of turns, equal ones once, with their sentence vectors; one row a text.

    `place` is the text of each turn, and `conversation` the place of its conversation in the chunk.
    """

    texts: pa.Array
    vectors: NDArray[np.float32]
    place: NDArray[np.int64]
    conversation: NDArray[np.int64]


@dataclass(frozen=True)
class Chunk:
    """Up to `CONVERSATIONS_PER_CHUNK` rows of a release; one row a conversation."""

    rows: pa.Table
    embedder: Embedder
    turns: Turns = field(init=False)
    _parts: dict[tuple[int, ...], "Chunk"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns.of(self.rows["messages"].combine_chunks()))

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @cached_property
    def digests(self) -> list[bytes]:
        """SHA-256 of each conversation with all that validators see of it, which its split is not."""
        seen = self.rows.drop_columns(["split"]).to_pylist()
        return [hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest() for row in seen]

    def part(self, places: Sequence[int]) -> "Chunk":
        """The conversations at these places; the same places give the same chunk, which is embedded once."""
        key = tuple(places)
        if key not in self._parts:
            self._parts[key] = Chunk(self.rows.take(pa.array(key, pa.int64())), self.embedder)
        return self._parts[key]

    @cached_property
    def is_edge_case(self) -> NDArray[np.bool_]:
        return self.rows["is_edge_case"].to_numpy().astype(bool)

    @cached_property
    def replies(self) -> NDArray[np.int64]:
        """Places of the turns judged as replies: a therapist's, and in edge cases also the client's."""
        turns = self.turns.spoken
        judged = (turns.role == Role.ASSISTANT.value) | self.is_edge_case[turns.conversation]
        return np.flatnonzero(turns.follows & judged)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Sentence vectors of `turns.spoken`: the one embedding pass that all validators share."""
        return self.embedder.embed(self.turns.spoken.text)

    def distinct(self, wanted: NDArray[np.bool_]) -> Distinct:
        """What is said in the wanted ones of `turns.spoken`."""
        turns = self.turns.spoken.where(wanted)
        encoded = turns.text.dictionary_encode()
        place = encoded.indices.to_numpy(zero_copy_only=False)
        first = np.unique(place, return_index=True)[1]
        vectors = self.vectors[np.flatnonzero(wanted)[first]]
        return Distinct(encoded.dictionary, vectors, place, turns.conversation)

    def per_conversation(self, turn_values: NDArray, conversation: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sums of values of turns, one a conversation."""
        return np.bincount(conversation, weights=turn_values, minlength=len(self)).astype(np.float64)


def read_chunks(rows: daft.DataFrame | Path, embedder: Embedder) -> Iterator[Chunk]:
    """A release in chunks, in its own order; memory is bounded by one file and a few chunks."""
    frame = rows if isinstance(rows, daft.DataFrame) else daft.read_parquet(str(rows))
    for table in bounded_tables(frame.select(*COLUMNS)):
        yield Chunk(table, embedder)


def bounded_tables(frame: daft.DataFrame) -> Iterator[pa.Table]:
    """Tables of exactly `CONVERSATIONS_PER_CHUNK` rows but for the last, whatever the engine's batches."""
    with streamed(frame) as batches:
        yield from pieces(batches, CONVERSATIONS_PER_CHUNK)
