"""How assets present themselves in the UI: owner, group, column schema, tables."""

from collections.abc import Mapping, Sequence

import dagster as dg

from dataset_platform.schemas import Contract

OWNERS = ("team:data-platform",)


def column_schema(contract: Contract) -> dg.TableSchema:
    """The contract's columns with types, nullability and meanings, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.type),
                description=column.meaning,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, other=[rule.error for rule in column.rules if rule.error]
                ),
            )
            for column in contract.columns
        ]
    )


def table(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """Rows of plain values as a table of the UI; all rows have the first row's keys."""
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    if not plain:
        return dg.MetadataValue.text("none")
    columns = [dg.TableColumn(name=name, type=_type(value)) for name, value in plain[0].items()]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(row) for row in plain], schema=dg.TableSchema(columns=columns)
    )


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else "" if value is None else str(value)


def _type(value: object) -> str:
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")


def table_asset(contract: Contract, group: str, code_version: str, description: str) -> dg.AssetOut:
    """An output that is a table of the given contract."""
    return dg.AssetOut(
        io_manager_key="tables",
        group_name=group,
        code_version=code_version,
        description=description,
        owners=OWNERS,
        kinds={"parquet", "daft"},
        metadata={"dagster/column_schema": column_schema(contract)},
    )
