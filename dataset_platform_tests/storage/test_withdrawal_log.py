"""The log of withdrawals on every backend: entries made at once all stand, and none is ever changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.withdrawals import FINGERPRINTS_FILE, Request, WithdrawalLog, read_log, record
from dataset_platform.schemas import FINGERPRINTS, WithdrawnBy
from dataset_platform_tests.rows import hexdigest

PREFIX = "withdrawals"
BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


def request_of(number: int) -> Request:
    return Request(
        by=WithdrawnBy.CONVERSATION,
        value=hexdigest(str(number)),
        reason="consent withdrawn",
        withdrawn_at=BEGIN + timedelta(days=number),
    )


def fingerprints_of(*numbers: int) -> pa.Table:
    rows = [
        {
            "conversation_id": hexdigest(str(n)),
            "text_sha256": None,
            "content_sha256": None,
            "likeness": "itself",
        }
        for n in numbers
    ]
    return pa.Table.from_pylist(rows, schema=FINGERPRINTS.arrow)


@pytest.fixture(params=["local", "s3", "gcs"])
def place(request, new_place):
    return new_place(request.param)


def test_withdrawals_made_at_once_on_many_machines_all_stand(place, tmp_path):
    stores = [place.open(tmp_path / f"machine {n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = [
            pool.submit(record, stores[n % 4], PREFIX, request_of(n), fingerprints_of(n, n + 1))
            for n in (2, 0, 3, 1)
        ]
    log = read_log(place.open(tmp_path / "another machine"), PREFIX)
    assert log.withdrawals == tuple(sorted((one.result() for one in made), key=lambda one: one.withdrawn_at))
    assert [entry.fingerprints for entry in log.entries] == [
        fingerprints_of(*sorted((n, n + 1), key=lambda n: hexdigest(str(n)))) for n in range(4)
    ]


def test_a_log_of_nothing_is_empty(place):
    assert read_log(place.open(), PREFIX) == WithdrawalLog()


@pytest.mark.parametrize("damage", ["changed", "renamed", "halved"])
def test_a_damaged_entry_is_refused(new_place, damage):
    store = new_place("local").open()
    withdrawal = record(store, PREFIX, request_of(1), fingerprints_of(1))
    folder = store.fetch(f"{PREFIX}/{withdrawal.id}")
    if damage == "changed":
        path = folder / "withdrawal.json"
        path.write_text(path.read_text().replace("consent", "content"))
    elif damage == "renamed":
        folder.rename(folder.with_name("0123456789abcdef"))
    else:
        (folder / FINGERPRINTS_FILE).unlink()
    with pytest.raises(VerificationFailed, match="is not the withdrawal that was recorded"):
        read_log(store, PREFIX)
