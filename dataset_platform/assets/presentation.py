"""How assets present themselves in the UI: owner, group, tags, columns and where those come from."""

from enum import StrEnum
from typing import Any

import dagster as dg
import pyarrow as pa

from dataset_platform.assets.column_lineage import column_lineage
from dataset_platform.schemas import Contract
from dataset_platform.storage.presentation import COLUMN_LINEAGE

OWNERS = ("team:data-platform",)


class Holds(StrEnum):
    """How much care the files of an asset need."""

    RAW_TEXT = "raw-text"
    MASKED_TEXT = "masked-text"
    FIGURES = "figures"
    WEIGHTS = "weights"


def tags(holds: Holds, alone: bool) -> dict[str, str]:
    """What the UI can filter by: what lies in the files, and whether sensors make the asset by themselves."""
    return {"holds": holds.value, "made": "by-itself" if alone else "on-request"}


def table_metadata(contract: Contract) -> dict[str, Any]:
    """Columns with their meanings, and the columns of other tables that each comes from."""
    return {
        "dagster/column_schema": column_schema(contract),
        COLUMN_LINEAGE: column_lineage(contract),
    }


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


def table_asset(
    contract: Contract, group: str, code_version: str, holds: Holds, description: str
) -> dg.AssetOut:
    """An output that is a table of the given contract."""
    return dg.AssetOut(
        group_name=group,
        code_version=code_version,
        description=description,
        owners=OWNERS,
        kinds={"parquet", "daft"},
        tags=tags(holds, alone=True),
        metadata=table_metadata(contract),
    )
