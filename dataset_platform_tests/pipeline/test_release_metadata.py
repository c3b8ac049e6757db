"""What Dagster shows of a release: accounts, mix, checksums, lineage and a picture, and no text."""

import base64

import dagster as dg
import pytest

from dataset_platform import release
from dataset_platform.schemas import CLEAN, CLUSTERS, DECISIONS, RELEASE


@pytest.fixture(scope="module")
def metadata(released_once):
    """Metadata of the newest export of 1.0.0."""
    with released_once.instance() as instance:
        key = dg.AssetKey("dataset_export")
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, asset_partitions=["1.0.0"]), limit=1
        ).records
        return records[0].asset_materialization.metadata


def rows(metadata, name):
    return [record.data for record in metadata[name].records]


def test_the_mix_asked_and_got_the_ledger_and_the_checksums_are_tables(released_once, metadata):
    manifest = release.read_manifest(released_once.release("1.0.0"))
    assert [row["asked"] for row in rows(metadata, "mix")] == [8, 5, 4, 3]
    assert sum(row["drawn"] for row in rows(metadata, "mix_by_source")) == 20
    assert {row["sha256"] for row in rows(metadata, "files")} == {file.sha256 for file in manifest.files}
    assert sum(row["exported"] for row in rows(metadata, "accounts")) == 20
    assert sum(row["rows"] for row in rows(metadata, "splits")) == 20


def test_card_and_report_are_linked(metadata):
    assert metadata["card"].path.endswith("exports/v1.0.0/README.md")
    assert metadata["report"].path.endswith("exports/v1.0.0/qa_report_v1.0.0.html")


def test_every_column_of_a_release_has_its_lineage(metadata):
    lineage = metadata["dagster/column_lineage"].value.deps_by_column
    assert set(lineage) == set(RELEASE.names)
    contracts = {contract.name: contract for contract in (CLEAN, CLUSTERS, DECISIONS)}
    deps = [dep for deps in lineage.values() for dep in deps]
    assert {dep.asset_key.to_user_string() for dep in deps} == set(contracts)
    assert all(dep.column_name in contracts[dep.asset_key.to_user_string()].names for dep in deps)


def test_the_picture_is_an_image_within_the_page(metadata):
    markdown = metadata["picture"].md_str
    content = base64.b64decode(markdown.split("base64,")[1].removesuffix(")"))
    assert content.startswith(b"\x89PNG")
    assert len(content) < 100_000
