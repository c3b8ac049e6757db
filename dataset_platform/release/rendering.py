"""Conversations in the shapes that trainers read: rows of a release as JSON lines.

messages         `messages`: [{"role": "user", "content": …}, …], as OpenAI, TRL and chat templates take it
sharegpt         `conversations`: [{"from": "human", "value": …}, …]
alpaca           `instruction`: the turn before the answer; `input`: all turns before that; `output`
prompt_response  `prompt`: all turns before the answer; `response`

The answer, `output` or `response`, is the last turn of the assistant; turns behind it stand in the first two
only. Turns that are
joined into one text are lines such as `user: …`, with an empty line between them.
"""

from io import BytesIO

import polars as pl
import pyarrow as pa

from dataset_platform.release.spec import Rendering
from dataset_platform.schemas import Role

SPEAKERS = {Role.USER: "human", Role.ASSISTANT: "gpt", Role.SYSTEM: "system"}
BETWEEN_TURNS = "\n\n"


def json_lines(rows: pa.Table, rendering: Rendering, lines: BytesIO) -> memoryview:
    """One JSON object a row, keys in the order of the columns, UTF-8; the rendering stands for `messages`.

    The lines lie in `lines` until it is given again: new memory for each frame took a quarter of the time.
    """
    lines.seek(0)
    if rows.num_rows:
        rendered(pl.DataFrame(rows), rendering).write_ndjson(lines)
    return lines.getbuffer()[: lines.tell()]


def rendered(rows: pl.DataFrame, rendering: Rendering) -> pl.DataFrame:
    """The rows with the columns of the rendering in the place of `messages`."""
    if rendering is Rendering.MESSAGES:
        return rows
    columns = _COLUMNS[rendering]()
    place = rows.columns.index("messages")
    return rows.select(*rows.columns[:place], *columns, *rows.columns[place + 1 :])


def _sharegpt() -> list[pl.Expr]:
    turn = pl.element().struct
    speaker = turn.field("role").replace_strict(dict(SPEAKERS), return_dtype=pl.String).alias("from")
    said = pl.struct(speaker, turn.field("content").alias("value"))
    return [pl.col("messages").list.eval(said).alias("conversations")]


def _alpaca() -> list[pl.Expr]:
    before, answer = _parted()
    instruction = before.list.last().struct.field("content").fill_null("")
    context = before.list.head((before.list.len().cast(pl.Int64) - 1).clip(0))
    return [instruction.alias("instruction"), _joined(context).alias("input"), answer.alias("output")]


def _prompt_response() -> list[pl.Expr]:
    before, answer = _parted()
    return [_joined(before).alias("prompt"), answer.alias("response")]


def _parted() -> tuple[pl.Expr, pl.Expr]:
    """The turns before the answer, and what the answer says."""
    turns = pl.col("messages")
    is_answer = pl.element().struct.field("role") == Role.ASSISTANT.value
    place = turns.list.eval(pl.arg_where(is_answer)).list.last().cast(pl.Int64)
    answer = turns.list.get(place, null_on_oob=True).struct.field("content")
    return turns.list.head(place.fill_null(turns.list.len().cast(pl.Int64))), answer.fill_null("")


def _joined(turns: pl.Expr) -> pl.Expr:
    turn = pl.element().struct
    lines = pl.concat_str(turn.field("role"), pl.lit(": "), turn.field("content"))
    return turns.list.eval(lines).list.join(BETWEEN_TURNS)


_COLUMNS = {
    Rendering.SHAREGPT: _sharegpt,
    Rendering.ALPACA: _alpaca,
    Rendering.PROMPT_RESPONSE: _prompt_response,
}
