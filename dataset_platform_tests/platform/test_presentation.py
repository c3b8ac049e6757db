"""Every asset says in the UI what it is, what to do when it is red, and where its columns come from."""

import dagster as dg
import pytest

from dataset_platform.assets.column_lineage import column_lineage
from dataset_platform.assets.presentation import Holds
from dataset_platform.definitions import defs
from dataset_platform.schemas import CONTRACTS, FILES, QUARANTINE, RAW

SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
TABLES = [name for name in CONTRACTS if name in SPECS]
READ_FROM_FILES = {RAW.name, QUARANTINE.name, FILES.name}


@pytest.mark.parametrize("asset", sorted(SPECS))
def test_every_asset_has_a_group_an_owner_kinds_and_tags(asset):
    spec = SPECS[asset]
    assert spec.group_name[0] in "123456"
    assert [*spec.owners] == ["team:data-platform"]
    assert spec.kinds
    assert spec.tags["holds"] in list(Holds)
    assert spec.tags["made"] in ("by-itself", "on-request")


@pytest.mark.parametrize("asset", sorted(SPECS))
def test_every_asset_says_what_to_do_when_it_is_red(asset):
    description = SPECS[asset].description
    assert "When it is red:" in description


def test_groups_stand_in_the_order_of_the_flow():
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        for parent in graph.get(key).parent_keys:
            assert graph.get(parent).group_name <= graph.get(key).group_name


@pytest.mark.parametrize("table", TABLES)
def test_every_table_explains_its_columns(table):
    columns = SPECS[table].metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == CONTRACTS[table].names
    assert all(column.description for column in columns)


@pytest.mark.parametrize("table", [table for table in TABLES if table not in READ_FROM_FILES])
def test_every_column_of_a_table_that_is_made_of_tables_tells_where_it_comes_from(table):
    origins = column_lineage(CONTRACTS[table]).deps_by_column
    untold = [name for name in CONTRACTS[table].names if name not in origins]
    assert untold in ([], ["reviewed_by"])  # of review files, which are no table
    upstream = ancestors(table)
    for dependencies in origins.values():
        for dependency in dependencies:
            assert dependency.asset_key in upstream
            assert dependency.column_name in CONTRACTS[dependency.asset_key.to_user_string()].names


def ancestors(table):
    graph = defs.resolve_asset_graph()
    return graph.get_ancestor_asset_keys(dg.AssetKey(table))


def test_turns_of_a_release_can_be_followed_back_to_what_was_read():
    column, table = "messages", "dataset_export"
    way = [table]
    while (origins := column_lineage(CONTRACTS[table]).deps_by_column) and column in origins:
        (origin,) = origins[column]
        table, column = origin.asset_key.to_user_string(), origin.column_name
        way.append(table)
    assert way == ["dataset_export", "clean_conversations", "raw_conversations"]


def test_a_materialisation_tells_its_lineage_rows_digests_and_places(cleaned_once):
    with cleaned_once.instance() as instance:
        record = instance.fetch_materializations(dg.AssetKey("clean_conversations"), limit=1).records[0]
    metadata = record.asset_materialization.metadata
    shown = {
        "dagster/row_count",
        "dagster/column_lineage",
        "sha256",
        "bytes",
        "path",
        "manifest",
        "statistics",
    }
    assert shown <= metadata.keys()
