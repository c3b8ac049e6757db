"""A diagnosis of storage tells each fault by its name, needs no luck, and leaves nothing behind."""

import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from dataset_platform.bench.servers.server import free_ports
from dataset_platform.diagnosis import Health, diagnose_storage
from dataset_platform.diagnosis.clock import clock_skew
from dataset_platform.diagnosis.machine import cache_write
from dataset_platform.diagnosis.storage import examine
from dataset_platform.errors import StorageError
from dataset_platform_tests.storage.servers import ADMIN, READER, settings_of

CHECKS = ["storage", "storage list", "storage write", "storage read", "storage create once", "storage delete"]


def diagnosed(place, **settings):
    """Findings by check, as `doctor` has them for this place."""
    for name, value in place.environment.items():
        place.patch.setenv(name, value)
    found = list(diagnose_storage(settings_of(place.environment, place.cache, **settings)))
    return {finding.check: finding for finding in found}


def failed(findings):
    return {check for check, finding in findings.items() if finding.health is Health.FAILED}


def known_as(place, key, secret):
    """The place as another identity sees it, in a process that opened nothing yet."""
    keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    return replace(place, environment={**place.environment, **keys}, cache=place.cache / key)


class Diagnosis:
    def test_all_is_well_and_nothing_is_left(self, place, store):
        findings = diagnosed(place)
        parts = ["storage parts"] if hasattr(store, "bucket") else []
        assert [check for check in findings if check != "clock"] == [*CHECKS[:-1], *parts, CHECKS[-1]]
        assert ("clock" in findings) == hasattr(store, "bucket")
        assert failed(findings) == set()
        assert all(f.detail.endswith(" ms)") for check, f in findings.items() if check.startswith("storage"))
        assert everything_in(store) == []

    def test_a_store_whose_second_create_is_not_refused_cannot_hold_releases(self, store, monkeypatch):
        monkeypatch.setattr(store, "publish", lambda *_: None)
        if hasattr(store, "bucket"):
            monkeypatch.setattr(store.bucket, "create", lambda *_: True)
        findings = {finding.check: finding for finding in examine(store, "exports", "")}
        assert failed(findings) == {"storage create once"}
        assert "has to be refused" in findings["storage create once"].detail

    def test_other_bytes_than_were_written_are_found(self, store, monkeypatch):
        monkeypatch.setattr(store, "read", lambda _: b"other")
        findings = {finding.check: finding for finding in examine(store, "exports", "")}
        assert failed(findings) == {"storage read"}


class TestLocal(Diagnosis):
    backend = "local"

    def test_a_full_disk_is_told(self, store):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
        try:
            findings = {finding.check: finding for finding in examine(store, "exports", "")}
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "storage write" in failed(findings)
        assert "the disk is full" in findings["storage write"].detail
        assert everything_in(store) == []

    def test_a_place_that_is_no_folder_is_told(self, place, tmp_path):
        (tmp_path / "root").mkdir()
        (tmp_path / "root/exports").write_text("a file")
        findings = diagnosed(place)
        assert {"storage write", "storage create once"} & failed(findings)


class TestS3(Diagnosis):
    backend = "s3"

    def test_who_may_only_read_lacks_two_permissions_by_name(self, place):
        findings = diagnosed(known_as(place, *READER))
        assert failed(findings) == {"storage write", "storage delete"}
        assert "lack s3:PutObject" in findings["storage write"].detail
        assert "lack s3:DeleteObject" in findings["storage delete"].detail

    def test_uploads_that_are_not_listed_are_told(self, store, monkeypatch):
        monkeypatch.setattr(store.bucket, "unfinished", lambda _: iter(()))
        findings = {finding.check: finding for finding in examine(store, "exports", "")}
        assert failed(findings) == {"storage parts"}

    @pytest.mark.parametrize(
        ("operation", "permission"),
        [("ListParts", "s3:ListMultipartUploadParts"), ("AbortMultipartUpload", "s3:AbortMultipartUpload")],
    )
    def test_each_permission_of_uploads_in_parts_is_named(self, store, operation, permission):
        refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        with pytest.raises(StorageError, match=permission), store.bucket._explained("list uploads", "key"):
            raise ClientError(refusal, operation)

    def test_a_bucket_that_is_not_there_is_named(self, place):
        findings = diagnosed(place, s3_bucket="bucket-of-nobody")
        assert failed(findings) == {"storage"}
        assert "s3://bucket-of-nobody: there is no such bucket" in findings["storage"].detail

    def test_no_finding_shows_credentials(self, place):
        identities = [ADMIN, READER, (ADMIN[0], "not-the-secret")]
        found = [diagnosed(known_as(place, *keys)) for keys in identities[:2]]
        found.append(diagnosed(known_as(replace(place, cache=place.cache / "wrong"), *identities[2])))
        assert failed(found[-1]) == {"storage"}
        assert "the secret access key is wrong" in found[-1]["storage"].detail
        assert not any(secret in repr(found) for secret in (*ADMIN, *READER, "not-the-secret"))

    @pytest.mark.parametrize(
        ("hours", "health"), [(0, Health.OK), (0.1, Health.WARNING), (2, Health.FAILED), (-2, Health.FAILED)]
    )
    def test_a_clock_is_held_against_the_server_without_credentials(self, s3_server, hours, health):
        finding = clock_skew(s3_server.url, lambda: datetime.now(UTC) + timedelta(hours=hours))
        assert finding.health is health
        if hours:
            assert ("ahead of" if hours > 0 else "behind") in finding.detail

    @pytest.mark.slow
    def test_an_endpoint_where_nobody_answers_is_told(self, place):
        findings = diagnosed(place, s3_endpoint_url=f"http://127.0.0.1:{free_ports(1)[0]}")
        assert findings["clock"].health is Health.WARNING
        assert failed(findings) == {"storage"}
        assert "no answer" in findings["storage"].detail


class TestGCS(Diagnosis):
    backend = "gcs"

    def test_a_bucket_that_is_not_there_is_named(self, place):
        findings = diagnosed(place, gcs_bucket="bucket-of-nobody")
        assert failed(findings) == {"storage"}
        assert "gs://bucket-of-nobody: there is no such bucket" in findings["storage"].detail


def test_a_cache_that_cannot_be_written_is_told_with_its_setting(tmp_path):
    (tmp_path / "file").write_text("no folder")
    finding = cache_write(tmp_path / "file/cache")
    assert finding.health is Health.FAILED
    assert "DATASET_CACHE_DIR" in finding.remedy
    assert cache_write(tmp_path / "cache/not/yet").health is Health.OK
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def everything_in(store):
    """Every key, hidden ones too."""
    if hasattr(store, "bucket"):
        return [stored.key for stored in store.bucket.list("")]
    return [path for path in store.root.rglob("*") if path.is_file()]
