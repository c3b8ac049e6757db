"""The accounts close when every record is in one place, and say which record is not."""

import pytest

from dataset_platform.curate.accounts import SourceAccount, account
from dataset_platform.schemas import CLEAN, CLUSTERS, DECISIONS, QUARANTINE, RAW
from dataset_platform_tests import rows


@pytest.fixture
def tables():
    """Five records: one quarantined, one filtered, one a duplicate, two available."""
    return {
        RAW: [rows.raw(p) for p in (0, 1, 3, 4)],
        QUARANTINE: [rows.quarantine(2)],
        CLEAN: [rows.clean(p) for p in (0, 1, 3, 4)],
        DECISIONS: [rows.decision(p, "no_user_turn" if p == 4 else None) for p in (0, 1, 3, 4)],
        CLUSTERS: [rows.cluster(0, match="kept", duplicate_of=None), rows.cluster(3)],
    }


def accounts_of(tables, folder):
    return account(*(rows.frame(contract, tables[contract], folder) for contract in tables))


def test_accounts_of_a_sound_pipeline_close(tables, tmp_path):
    accounts = accounts_of(tables, tmp_path)
    assert accounts.findings == ()
    assert accounts.sources == (SourceAccount("alpha", 5, 1, 1, 1, 2),)


def test_a_source_of_only_broken_records_has_an_account(tables, tmp_path):
    tables[QUARANTINE].append(rows.quarantine(0, source="beta", origin_file="beta/b.jsonl"))
    accounts = accounts_of(tables, tmp_path)
    assert accounts.sources[1] == SourceAccount("beta", 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (lambda t: t[RAW].pop(1), "alpha/a.jsonl: 4 rows at 4 positions from 0 to 4"),
        (lambda t: t[QUARANTINE].append(rows.quarantine(3)), "6 rows at 5 positions"),
        (lambda t: t[CLEAN].pop(1), "1 records read but not cleaned: alpha/a.jsonl#1"),
        (lambda t: t[CLEAN].append(rows.clean(9)), "1 records cleaned but never read: alpha/a.jsonl#9"),
        (lambda t: t[DECISIONS].pop(1), "1 records cleaned but not decided on: alpha/a.jsonl#1"),
        (lambda t: t[DECISIONS].append(rows.decision(9)), "1 records decided on but never cleaned: alpha/a"),
        (lambda t: t[CLUSTERS].append(rows.cluster(4)), "1 records in a duplicate cluster but not fit"),
        (lambda t: t[CLUSTERS].pop(0), "1 duplicate clusters without exactly one kept member"),
    ],
)
def test_each_kind_of_loss_is_found(tables, damage, finding, tmp_path):
    damage(tables)
    assert any(finding in found for found in accounts_of(tables, tmp_path).findings)
