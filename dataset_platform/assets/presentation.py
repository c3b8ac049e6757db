"""How assets present themselves in the UI: owner, group, column schema, tables."""

import dagster as dg
import pyarrow as pa

from dataset_platform.schemas import Contract

OWNERS = ("team:data-platform",)


def column_schema(contract: Contract) -> dg.TableSchema:
    """The contract's columns with types, nullability and meanings, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=_short_type(column.type),
                description=column.meaning,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, other=[rule.error for rule in column.rules if rule.error]
                ),
            )
            for column in contract.columns
        ]
    )


def _short_type(type_: pa.DataType) -> str:
    """The type as people say it: `list<struct<role, content>>`."""
    if pa.types.is_list(type_):
        return f"list<{_short_type(type_.value_type)}>"
    if pa.types.is_struct(type_):
        return f"struct<{', '.join(field.name for field in type_)}>"
    return str(type_)


def table_asset(contract: Contract, group: str, code_version: str, description: str) -> dg.AssetOut:
    """An output that is a table of the given contract."""
    return dg.AssetOut(
        group_name=group,
        code_version=code_version,
        description=description,
        owners=OWNERS,
        kinds={"parquet", "daft"},
        metadata={"dagster/column_schema": column_schema(contract)},
    )
