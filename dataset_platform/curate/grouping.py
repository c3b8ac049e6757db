"""Which conversations of a source belong together in one split, as its description says."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import daft
import orjson
import pyarrow as pa
from daft import Expression, col, lit

from dataset_platform.ingest import Query, Rejection


def split_group(queries: Sequence[str]) -> Expression:
    """A digest of what each row's attributes and source give for the queries; empty where they give nothing.

    Rows of one source with equal digests agree in all the queries. A query that finds nothing, or does not
    fit the types it meets, gives null, which is a value like others; a row with nothing but nulls is in no
    group. Reads source and attributes, the latter only if there are queries.
    """
    if not queries:
        return lit("")
    asked = [Query(query).ask for query in queries]

    def value(ask: Callable[[Any], Any], attributes: Any) -> Any:
        try:
            return ask(attributes)
        except Rejection:
            return None

    @daft.func.batch(return_dtype=daft.DataType.string())
    def digests(sources: daft.Series, attributes: daft.Series) -> pa.Array:
        found = []
        for source, text in zip(sources.to_pylist(), attributes.to_pylist(), strict=True):
            record = orjson.loads(text)
            values = [value(ask, record) for ask in asked]
            named = any(one is not None for one in values)
            key = orjson.dumps([source, *values], option=orjson.OPT_SORT_KEYS)
            found.append(hashlib.sha256(key).hexdigest() if named else "")
        return pa.array(found, pa.large_string())

    return digests(col("source"), col("attributes"))
