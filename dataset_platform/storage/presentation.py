"""Plain rows as tables of Dagster's UI, and images."""

import base64
from collections.abc import Mapping, Sequence

import dagster as dg

COLUMN_LINEAGE = "dagster/column_lineage"


def table(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """Rows of plain values as a table of the UI; all rows have the first row's keys."""
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    if not plain:
        return dg.MetadataValue.text("none")
    columns = [dg.TableColumn(name=name, type=_type(value)) for name, value in plain[0].items()]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(row) for row in plain], schema=dg.TableSchema(columns=columns)
    )


def picture(image: bytes, kind: str, shows: str) -> dg.MetadataValue:
    """An image of MIME type `image/<kind>` within the page; `shows` is for who cannot see it."""
    return dg.MetadataValue.md(f"![{shows}](data:image/{kind};base64,{base64.b64encode(image).decode()})")


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else "" if value is None else str(value)


def _type(value: object) -> str:
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")
