"""Messages of many records, from columns of who speaks and of what is said."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.columns.canonical_columns import bounds_of, canonical_lists
from dataset_platform.ingest.columns.found_rows import flags
from dataset_platform.ingest.columns.plain_shapes import PlainFields, PlainList
from dataset_platform.ingest.describing.queries import FieldPath
from dataset_platform.ingest.interpreting.turns import RoleNames
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import MESSAGE, RAW

_MESSAGES = RAW.arrow.field("messages").type
_NAME_OR_NUMBER = r'^(?:"|-?[0-9]+$)'


class Entries(Protocol):
    """The entries of many lists, one after the other."""

    @property
    def lengths(self) -> np.ndarray:
        """How many entries each list has."""

    @property
    def are_odd(self) -> np.ndarray:
        """Which entries are not what they seem."""

    def text(self, path: FieldPath) -> pa.StringArray:
        """What each entry has there, null where that is no text."""

    def value(self, path: FieldPath) -> pa.StringArray:
        """The canonical JSON of what each entry has there, null where it has nothing."""


class Turns(NamedTuple):
    """Messages of records, lists of what is kept of each turn as JSON, and which records are sound: the rest
    has other messages, or none."""

    messages: pa.Array
    kept: Mapping[str, pa.StringArray]
    are_sound: np.ndarray


def turns_in_fields(shape: PlainFields, texts: Sequence[pa.Array]) -> Turns:
    """Turns that are a column each."""
    sound = np.logical_and.reduce([flags(each.is_valid()) for each in texts])
    return Turns(_side_by_side(texts, shape.roles), {}, sound)


def turns_in_lists(shape: PlainList, names: RoleNames, entries: Entries) -> Turns:
    """Turns that are entries of lists."""
    lengths, contents = entries.lengths, entries.text(shape.content)
    if shape.speakers:
        roles = _roles_by_order(entries.value(shape.role), lengths, shape.speakers)
    else:
        roles = _roles_by_name(entries.text(shape.role), names)
    odd = entries.are_odd | flags(roles.is_null()) | flags(contents.is_null())
    sound = lengths > 0
    sound[np.repeat(np.arange(len(lengths)), lengths)[odd]] = False
    kept = {query: canonical_lists(lengths, entries.value(path)) for query, path in shape.kept.items()}
    return Turns(_in_lists(lengths, roles, contents), kept, sound)


def _side_by_side(contents: Sequence[pa.StringArray], roles: Sequence[str]) -> pa.Array:
    """Messages of records that have one turn in each of these columns."""
    n_turns, rows = len(contents), len(contents[0])
    order = np.arange(n_turns * rows).reshape(n_turns, rows).T.ravel()
    names = pa.array(list(roles) * rows, pa.string())
    return _in_lists(np.full(rows, n_turns), names, pa.concat_arrays(contents).take(order))


def _in_lists(lengths: np.ndarray, roles: pa.StringArray, contents: pa.StringArray) -> pa.Array:
    """Messages of records that have so many of these turns each."""
    turns = pa.StructArray.from_arrays([roles, contents], fields=list(MESSAGE))
    return pa.ListArray.from_arrays(bounds_of(lengths), turns, type=_MESSAGES)


def _roles_by_name(speakers: pa.StringArray, names: RoleNames) -> pa.StringArray:
    """Null for a speaker whom the description does not map."""
    encoded = speakers.dictionary_encode()
    roles = [_role(name, names) for name in encoded.dictionary.to_pylist()]
    return pa.array(roles, pa.string()).take(encoded.indices)


def _roles_by_order(speakers: pa.StringArray, lengths: np.ndarray, roles: Sequence[str]) -> pa.StringArray:
    """Roles of speakers, spelled as JSON, in the order in which they first speak in their list.

    Null for one speaker too many, and for what is neither a string nor a whole number.
    """
    encoded = speakers.dictionary_encode()
    are_names = pc.match_substring_regex(encoded.dictionary, _NAME_OR_NUMBER)
    named = are_names.take(encoded.indices).fill_null(False).to_numpy(zero_copy_only=False)
    talks = np.repeat(np.arange(len(lengths)), lengths)
    codes = encoded.indices.fill_null(0).to_numpy().astype(np.int64)
    speaking = talks * (len(encoded.dictionary) + 1) + codes
    _, first, who = np.unique(speaking, return_index=True, return_inverse=True)
    by_entry = np.argsort(first)
    in_talk = talks[first[by_entry]]
    rank = np.empty(len(first), np.int64)
    rank[by_entry] = np.arange(len(first)) - np.searchsorted(in_talk, in_talk)
    place = rank[who]
    return pa.array(roles, pa.string()).take(pa.array(place, mask=~named | (place >= len(roles))))


def _role(name: str, names: RoleNames) -> str | None:
    try:
        return names.role(name)
    except Rejection:
        return None
