"""Sources in buckets: the landing sensor on real servers, and origins that are bucket prefixes."""

import json

import pytest

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.ingest.origins.arriving import Outcome, arrive
from dataset_platform.ingest.origins.description import BucketOrigin, HubOrigin
from dataset_platform.ingest.origins.fetching import fetch_origin, pin_origin
from dataset_platform.ingest.origins.means import Fetched, Means
from dataset_platform.sensors import landing_sensor
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import landed_files
from dataset_platform_tests.platform.ticking import Ticker
from dataset_platform_tests.storage.conftest import gcs_server, new_place, s3_server  # noqa: F401
from dataset_platform_tests.storage.servers import settings_of

pytestmark = pytest.mark.slow
SCHEMES = {"s3": "s3", "gcs": "gs"}


@pytest.fixture(params=["s3", "gcs"])
def place(request, new_place, tmp_path, monkeypatch):  # noqa: F811
    """An empty bucket, which this process finds by its settings."""
    place = new_place(request.param)
    place.store = place.open()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "sources").mkdir()
    for source in ("alpha", "beta"):
        (tmp_path / f"sources/{source}.yaml").write_text(f"name: {source}")
    return place


def land(place, source, content, name="file.jsonl"):
    place.store.replace(f"raw/{source}/{name}", content)


def test_a_bucket_is_watched_like_a_disk(place):
    ticker = Ticker(landing_sensor)
    land(place, "alpha", b"1")
    assert ticker.settle() == ["alpha"]
    assert ticker.settle() == []
    land(place, "beta", b"1")
    land(place, "alpha", b"2")
    assert ticker.settle() == ["alpha", "beta"]
    land(place, "alpha", b"1")  # the state of the beginning comes back
    assert ticker.settle() == ["alpha"]
    place.store.delete(["raw/alpha/file.jsonl"])
    assert ticker.settle() == []
    assert ticker.sources == {"beta"}


def test_a_file_that_grows_in_a_bucket_is_left_alone(place):
    ticker = Ticker(landing_sensor)
    for length in range(1, 4):
        land(place, "alpha", b"x" * length)
        assert ticker.tick() == []
    assert ticker.tick() == ["alpha"]


def test_an_upload_in_parts_that_is_not_complete_is_not_seen(place, request):
    if place.backend != "s3":
        pytest.skip("only S3 uploads are begun, continued and completed by calls of their own")
    client = request.getfixturevalue("s3_server").client
    bucket = place.environment["DATASET_S3_BUCKET"]
    ticker = Ticker(landing_sensor)
    land(place, "beta", b"1")
    upload = {"Bucket": bucket, "Key": "raw/alpha/large.jsonl"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    part = client.upload_part(**upload, PartNumber=1, Body=b"x" * (5 << 20))
    assert ticker.settle() == ["beta"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert ticker.settle() == ["alpha"]


def test_digests_of_landed_objects_are_remembered(place, monkeypatch):
    for number in range(5):
        land(place, "alpha", b"%d" % number, f"{number}.jsonl")
    storage = Storage()
    fetched = []
    whole = type(place.store).fetch
    monkeypatch.setattr(
        type(place.store), "fetch", lambda store, key, *rest: fetched.append(key) or whole(store, key, *rest)
    )

    def landed():
        fetched.clear()
        return landed_files(storage.store, "raw", "alpha", storage.landing_index_key("alpha"))

    before = landed()
    assert len(fetched) == 5
    assert landed().digest == before.digest
    assert fetched == []
    land(place, "alpha", b"new", "3.jsonl")
    assert landed().digest != before.digest
    assert fetched == ["raw/alpha/3.jsonl"]


@pytest.fixture
def delivery(place):
    """Files below a prefix of the bucket, and the origin that names them."""
    for name in ("a.jsonl", "deep/b.jsonl", "README.md"):
        place.store.replace(f"delivered/here/{name}", name.encode())
    bucket = place.environment.get("DATASET_S3_BUCKET") or place.environment["DATASET_GCS_BUCKET"]
    return BucketOrigin(prefix=f"{SCHEMES[place.backend]}://{bucket}/delivered/here", files=["**/*.jsonl"])


def test_a_prefix_is_pinned_fetched_verified_and_cached(place, delivery, tmp_path, monkeypatch):
    # The platform itself stores on a local disk; only the origin is a bucket.
    remote = {k: v for k, v in place.environment.items() if "BUCKET" not in k and "BACKEND" not in k}
    means = Means(settings_of(remote, tmp_path / "cache"))
    with pytest.raises(InputError, match="not pinned"):
        fetch_origin(delivery, "alpha", means)
    pinned = pin_origin(delivery, "alpha", means)

    def fetched():
        return {file.name: file.path.read_bytes() for file in fetch_origin(pinned, "alpha", means)}

    assert fetched() == {"a.jsonl": b"a.jsonl", "deep/b.jsonl": b"deep/b.jsonl"}
    with monkeypatch.context() as patch:
        patch.setattr("dataset_platform.storage.transfer._download_small", lambda *_: pytest.fail("cached"))
        assert len(fetched()) == 2
    place.store.replace("delivered/here/a.jsonl", b"other")
    with pytest.raises(VerificationFailed, match="delivered/here: names and contents have SHA-256"):
        fetched()
    assert json.loads(pin_origin(pinned, "alpha", means).model_dump_json()) != json.loads(
        pinned.model_dump_json()
    )


def test_fetched_files_arrive_in_a_bucket(place, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * (9 << 20))
    file = Fetched("deep/large", path, sha256_of(path))
    origin = HubOrigin(hub="owner/talks", revision="1" * 40)

    def bring(landed):
        told = []
        arrivals = arrive(
            origin, [file], landed, place.store, "raw/alpha", "r.json", lambda *args: told.append(args)
        )
        return [arrival.outcome for arrival in arrivals], told

    outcomes, told = bring({})
    assert (outcomes, told[-1]) == ([Outcome.ADDED], ("deep/large", 9 << 20, 9 << 20))
    (landed,) = landed_files(place.store, "raw", "alpha", "index.json").files
    assert (landed.name, landed.sha256) == ("alpha/deep/large", file.sha256)
    assert bring({"deep/large": file.sha256}) == ([Outcome.THERE], [])


def test_a_prefix_that_is_too_large_or_empty_is_refused(delivery, place, tmp_path):
    means = Means(settings_of(place.environment, tmp_path / "cache", fetch_max_gb=1e-9))
    with pytest.raises(InputError, match="more than 1e-09 GB"):
        pin_origin(delivery, "alpha", means)
    nothing = delivery.model_copy(update={"files": ("*.csv",)})
    with pytest.raises(InputError, match="none of 3 files matches"):
        pin_origin(nothing, "alpha", means)
