"""Which rows the log of withdrawals holds for: by what was named, and by content wherever it is delivered.

A row is withdrawn when its file or its source was named, when its id, its cleaned text or its letters are
those of a withdrawn row, or when it holds a withdrawn stretch of letters. Texts stream past; digests are
looked up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft import DataFrame, col

from dataset_platform.curate.fingerprints import content_digests, letters_said
from dataset_platform.release.withdrawals import WithdrawalLog
from dataset_platform.schemas import FINGERPRINTS, WITHDRAWN, WithdrawnBy

BATCH_ROWS = 512  # some MB of letters, which are searched as 64-bit numbers
PLACE = ("origin_file", "origin_position")
CARRIED = ("source", "conversation_id", *PLACE)
NUMBER = "number"  # of a withdrawal in the log


def withdrawn_rows(raw: DataFrame, clean: DataFrame, log: WithdrawalLog) -> pa.Table:
    """The rows (schemas.WITHDRAWN) that may stand in no release, by place.

    raw, clean: schemas.RAW and CLEAN of the same sources. Of several withdrawals the oldest is named.
    """
    matched = Matcher(log)
    found = pa.concat_tables([matched.as_delivered(raw), matched.as_cleaned(clean)])
    first = found.group_by([*CARRIED], use_threads=False).aggregate([(NUMBER, "min")])
    first = first.sort_by([(name, "ascending") for name in PLACE])
    numbers = first[f"{NUMBER}_min"].to_numpy()
    named = [log.withdrawals[number] for number in numbers]
    columns = {
        "withdrawal": pa.array([one.id for one in named], pa.string()),
        "withdrawn_by": pa.array([one.by.value for one in named], pa.string()),
    }
    for name, column in columns.items():
        first = first.append_column(name, column)
    return first.select(WITHDRAWN.names).cast(WITHDRAWN.arrow)


def without(frame: DataFrame, withdrawn: DataFrame) -> DataFrame:
    """The rows of a frame at none of the withdrawn places."""
    return frame.join(withdrawn.select(*PLACE), on=[*PLACE], how="anti")


@dataclass(frozen=True)
class _Lookup:
    """The first withdrawal, by number, of each value of one column."""

    values: pa.Array
    numbers: np.ndarray

    @classmethod
    def of(cls, pairs: Iterable[tuple[str | None, int]]) -> "_Lookup":
        first: dict[str, int] = {}
        for value, number in pairs:
            if value is not None:
                first.setdefault(value, number)
        return cls(pa.array(list(first), pa.large_string()), np.array(list(first.values()), np.int32))

    def numbers_of(self, column: pa.Array, nothing: int) -> np.ndarray:
        """For each value the number of its withdrawal, or `nothing`."""
        if not len(self.values):
            return np.full(len(column), nothing, np.int32)
        places = pc.index_in(column.cast(pa.large_string()), value_set=self.values)
        found = places.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.full(len(column), nothing, np.int32)
        numbers[found] = self.numbers[places.drop_null().to_numpy()]
        return numbers


class Matcher:
    """A log, ready to be held against rows."""

    def __init__(self, log: WithdrawalLog) -> None:
        self._nothing = len(log.entries)
        self._ids = _Lookup.of(
            [*_named(log, WithdrawnBy.CONVERSATION), *_fingerprints(log, "conversation_id")]
        )
        self._files = _Lookup.of(_named(log, WithdrawnBy.FILE))
        self._sources = _Lookup.of(_named(log, WithdrawnBy.SOURCE))
        self._texts = _Lookup.of(_fingerprints(log, "text_sha256"))
        self._contents = _Lookup.of(_fingerprints(log, "content_sha256"))
        self._snippets = [(n, one.snippet) for n, one in enumerate(log.withdrawals) if one.snippet]

    def as_delivered(self, frame: DataFrame) -> pa.Table:
        """Rows that match by id, origin or words, with the number of the withdrawal."""
        if not self._nothing:
            return _NO_MATCH

        @daft.func.batch(return_dtype=daft.DataType.int32(), batch_size=BATCH_ROWS)
        def number(
            messages: daft.Series, ids: daft.Series, files: daft.Series, sources: daft.Series
        ) -> pa.Array:
            return self._number(*(series.to_arrow() for series in (messages, ids, files, sources)))

        numbers = number(col("messages"), col("conversation_id"), col("origin_sha256"), col("source"))
        return _matches(frame, numbers)

    def as_cleaned(self, frame: DataFrame) -> pa.Table:
        """Rows that match by their cleaned text, with the number of the withdrawal."""
        if not len(self._texts.values):
            return _NO_MATCH

        @daft.func.batch(return_dtype=daft.DataType.int32(), batch_size=BATCH_ROWS)
        def number(texts: daft.Series) -> pa.Array:
            return self._or_null(self._texts.numbers_of(texts.to_arrow(), self._nothing))

        return _matches(frame, number(col("text_sha256")))

    def _number(self, messages: pa.Array, ids: pa.Array, files: pa.Array, sources: pa.Array) -> pa.Array:
        looked_up = ((self._ids, ids), (self._files, files), (self._sources, sources))
        numbers = [lookup.numbers_of(column, self._nothing) for lookup, column in looked_up]
        if len(self._contents.values) or self._snippets:
            said = letters_said(messages)
            numbers.append(self._contents.numbers_of(content_digests(said), self._nothing))
            numbers += [np.where(one.found_in(said), n, self._nothing) for n, one in self._snippets]
        return self._or_null(np.minimum.reduce(numbers))

    def _or_null(self, numbers: np.ndarray) -> pa.Array:
        return pa.array(numbers, pa.int32(), mask=numbers == self._nothing)


_NO_MATCH = pa.schema(
    [*(WITHDRAWN.arrow.field(name).with_nullable(True) for name in CARRIED), pa.field(NUMBER, pa.int32())]
).empty_table()


def _matches(frame: DataFrame, numbers: daft.Expression) -> pa.Table:
    found = frame.select(*CARRIED, numbers.alias(NUMBER)).where(col(NUMBER).not_null()).to_arrow()
    return found.cast(_NO_MATCH.schema)


def _named(log: WithdrawalLog, by: WithdrawnBy) -> list[tuple[str | None, int]]:
    return [(one.value, number) for number, one in enumerate(log.withdrawals) if one.by is by]


def _fingerprints(log: WithdrawalLog, column: str) -> list[tuple[str | None, int]]:
    return [
        (value, number)
        for number, entry in enumerate(log.entries)
        for value in entry.fingerprints[column].to_pylist()
    ]


def fingerprints_at(places: pa.Table, raw: DataFrame, clean: DataFrame) -> pa.Table:
    """Fingerprints (schemas.FINGERPRINTS) of the rows at these places; `places` has their `likeness`, too."""

    @daft.func.batch(return_dtype=daft.DataType.string(), batch_size=BATCH_ROWS)
    def content(messages: daft.Series) -> pa.Array:
        return content_digests(letters_said(messages.to_arrow()))

    wanted = daft.from_arrow(places.select([*PLACE, "likeness"]))
    delivered = raw.select(*PLACE, "conversation_id", "messages").join(
        wanted.select(*PLACE), on=[*PLACE], how="semi"
    )
    known = delivered.select(*PLACE, "conversation_id", content(col("messages")).alias("content_sha256"))
    texts = clean.select(*PLACE, "text_sha256").join(wanted.select(*PLACE), on=[*PLACE], how="semi")
    rows = known.join(texts, on=[*PLACE], how="left").join(wanted, on=[*PLACE])
    found = rows.select(*FINGERPRINTS.names).to_arrow().cast(FINGERPRINTS.arrow)
    # Where nothing is said the digest of the cleaned text is that of silence, which others keep, too.
    silent = pc.is_null(found["content_sha256"])
    texts_of_words = pc.if_else(silent, None, found["text_sha256"])
    return found.set_column(1, FINGERPRINTS.arrow.field(1), texts_of_words.cast(pa.string()))
