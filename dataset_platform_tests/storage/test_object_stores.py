"""What only stores behind a network can do to us: refuse, break off, give other bytes."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from dataset_platform.errors import StorageError, UsageError, VerificationFailed
from dataset_platform.storage import gcs, gcs_session, s3_parts
from dataset_platform.storage.cache import Cache
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.objects import ObjectStore
from dataset_platform.storage.s3 import S3Bucket
from dataset_platform_tests.storage.conftest import Place
from dataset_platform_tests.storage.gateway import Gateway
from dataset_platform_tests.storage.proxy import Proxy, http
from dataset_platform_tests.storage.servers import ADMIN, READER
from dataset_platform_tests.storage.test_store import MEGABYTE, add, contents, publish

FILES = {"a": b"first", "deep/b": b"second", "manifest": b"{}"}
WITH_PARTS = {**FILES, "a": b"1" * 9 * MEGABYTE, "manifest": b"2" * 9 * MEGABYTE}
BACKENDS = ("s3", "gcs")
DROPPED = b""  # an answer of no bytes: the connection ends
REPOSITORY = Path(__file__).resolve().parents[2]


class Stopped(BaseException):
    """Stands for the death of a process: nobody catches it."""


class StoppingBucket:
    """A bucket whose user dies at the given call, counted over all verbs, before or after it is done."""

    def __init__(self, bucket, call, done):
        self._bucket, self._fatal, self._done = bucket, call, done
        self._calls = count(1)

    def __getattr__(self, name):
        verb = getattr(self._bucket, name)
        if not callable(verb) or name == "url":
            return verb

        def counted(*arguments):
            fatal = next(self._calls) == self._fatal
            if fatal and not self._done:
                raise Stopped
            try:
                return verb(*arguments)
            finally:
                if fatal:
                    raise Stopped

        return counted


@pytest.fixture(params=BACKENDS)
def place(request, new_place):
    return new_place(request.param)


@pytest.fixture
def store(place):
    return place.open()


@pytest.fixture
def proxied(place, request):
    """The place as it is seen through a proxy."""
    server = request.getfixturevalue(f"{place.backend}_server")
    with Proxy(server.port).running() as proxy:
        address = {"s3": "DATASET_S3_ENDPOINT_URL", "gcs": "STORAGE_EMULATOR_HOST"}[place.backend]
        through = Place({**place.environment, address: proxy.url}, place.cache / "proxied", place.patch)
        yield proxy, through


@pytest.fixture
def large(tmp_path):
    """A file that goes in parts, or in a session of its own."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(12 * MEGABYTE))
    return path


@pytest.fixture
def no_waits(monkeypatch):
    """The clients ask again at once."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(gcs, "DEFAULT_RETRY", gcs.DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.01))
    monkeypatch.setattr(gcs_session, "LONGEST_WAIT_S", 0.01)


def put(bucket, key, content):
    """As other people's programs do; obstore would change or refuse some names."""
    if isinstance(bucket, S3Bucket):
        bucket._client.put_object(Bucket=bucket.name, Key=key, Body=content)
    else:
        bucket.write(key, content, {})


def overwrite(store, key, content):
    """Puts other bytes into an object, under the labels of the old ones: what decay on a disk would leave."""
    labels = store.bucket.head(key).labels
    store.bucket.write(key, content, labels)


# Publishing


@pytest.mark.parametrize(
    ("place", "done", "files"),
    [
        pytest.param("s3", False, FILES, id="s3, before a call is sent", marks=pytest.mark.slow),
        pytest.param("gcs", False, FILES, id="gcs, before a call is sent", marks=pytest.mark.slow),
        pytest.param("s3", True, FILES, id="s3, after it is answered"),
        pytest.param("gcs", True, FILES, id="gcs, after it is answered"),
        pytest.param("s3", True, WITH_PARTS, id="s3, in parts", marks=pytest.mark.slow),
    ],
    indirect=["place"],
)
def test_a_publication_that_stops_anywhere_is_seen_whole_or_not_at_all(place, tmp_path, done, files):
    store, another_machine = place.open(), Cache(tmp_path / "another machine", 10**9)
    for call in range(1, 40):
        prefix = f"exports/v{call}"
        stopped = False
        try:
            publish(ObjectStore(StoppingBucket(store.bucket, call, done), store.cache), prefix, files)
        except Stopped:
            stopped = True
        other = ObjectStore(store.bucket, another_machine)
        if not other.exists(prefix):
            assert list(other.list(prefix)) == []
            publish(other, prefix, files)
        assert contents(other.fetch(prefix)) == files
        if not stopped:
            break
    assert not stopped
    assert call > 10


def test_the_labels_of_a_published_file_are_stored_with_it(store):
    publish(store, "exports/v1", FILES)
    head = store.bucket.head("exports/v1/deep/b")
    assert head.labels["run-id"] == "run-1"
    assert head.labels["version"] == "1.0.0"
    assert len(head.labels["sha256"]) == 64


def test_what_is_staged_and_claimed_is_not_listed(store):
    publish(store, "exports/v1", FILES)
    assert [o.key for o in store.list("exports")] == [f"exports/v1/{name}" for name in sorted(FILES)]
    assert [o.key for o in store.list("exports/.claims")] == ["exports/.claims/v1.json"]
    assert list(store.list("exports/.staging")) == []


def test_an_upload_that_was_cut_short_goes_on_where_it_stopped(store):
    files = {name: os.urandom(1_000) for name in ("a", "b", "c")}
    add(store, "processed/x/abc", {"b": files["b"]})
    (before,) = store.list("processed/x/abc")
    add(store, "processed/x/abc", files)
    after = {stored.key: stored for stored in store.list("processed/x/abc")}
    assert len(after) == 3
    assert after[before.key] == before


# What others put into the bucket


def test_a_folder_that_a_console_made_is_no_object(store):
    store.replace("raw/alpha/a.jsonl", b"1")
    put(store.bucket, "raw/alpha/deep/", b"")
    assert [stored.key for stored in store.list("raw")] == ["raw/alpha/a.jsonl"]
    assert contents(store.fetch("raw/alpha")) == {"a.jsonl": b"1"}


def test_what_has_a_name_that_no_path_may_have_is_listed_as_it_is_called_and_not_fetched(store):
    store.replace("raw/alpha/a.jsonl", b"1")
    put(store.bucket, "raw/alpha/b\nc", b"2")
    assert [stored.key for stored in store.list("raw")] == ["raw/alpha/a.jsonl", "raw/alpha/b\nc"]
    with pytest.raises(UsageError, match="is not a plain relative path"):
        store.fetch("raw/alpha")


# Bytes that are not what was written


@pytest.mark.parametrize(
    "damage",
    [lambda content: bytes([content[0] ^ 1]) + content[1:], lambda content: content[:-1]],
    ids=["one bit flipped", "cut short"],
)
@pytest.mark.parametrize(
    "size",
    [pytest.param(100, id="small"), pytest.param(9 * MEGABYTE, id="in parts", marks=pytest.mark.slow)],
)
def test_damaged_bytes_are_refused_by_name_with_both_digests(place, tmp_path, damage, size):
    store, content = place.open(), os.urandom(size)
    add(store, "processed/x/abc", {"part-00000": content})
    overwrite(store, "processed/x/abc/part-00000", damage(content))
    other = place.open(cache=tmp_path / "another machine")
    with pytest.raises(VerificationFailed) as caught:
        other.fetch("processed/x/abc")
    assert re.search(r"part-00000: .* SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} was written", str(caught.value))


def test_a_damaged_small_object_is_refused_when_it_is_read(store):
    store.replace("processed/x/manifest.json", b"{}")
    overwrite(store, "processed/x/manifest.json", b"[]")
    with pytest.raises(VerificationFailed, match=r"x/manifest\.json: the stored bytes have SHA-256"):
        store.read("processed/x/manifest.json")


# Networks


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    "answer",
    [http("503 Slow Down"), http("429 Too Many Requests"), http("500 Internal Server Error"), DROPPED],
    ids=["busy", "throttling", "broken", "dropped"],
)
def test_a_store_that_has_a_bad_moment_is_asked_again(proxied, large, answer):
    proxy, through = proxied
    store = through.open()
    for use in (
        lambda: store.replace("raw/a", b"after"),
        lambda: store.put("raw/large", large, sha256_of(large)),
        lambda: list(store.list("raw")),
        lambda: store.read("raw/a"),
        lambda: store.delete(["raw/a"]),
    ):
        proxy.answers = [answer]
        use()
        assert proxy.answers == []
    assert sha256_of(store.fetch("raw/large")) == sha256_of(large)
    assert not store.exists("raw/a")


@pytest.mark.usefixtures("no_waits")
def test_a_large_file_is_sent_for_as_long_as_the_settings_say_and_not_so_many_times(proxied, large):
    proxy, through = proxied
    store = through.open()
    proxy.answers = [DROPPED] * 12
    store.put("raw/large", large, sha256_of(large))
    assert sha256_of(store.fetch("raw/large")) == sha256_of(large)
    store = through.open(storage_retry_s=0.2)
    proxy.answers = [DROPPED] * 100_000
    with pytest.raises(StorageError, match=r"raw/large: cannot write, as .* breaks off"):
        store.put("raw/large", large, sha256_of(large))


def test_a_refusal_is_not_tried_again(proxied):
    proxy, through = proxied
    store = through.open()
    proxy.answers = [http("403 Forbidden")] * 5
    with pytest.raises(StorageError, match="cannot list: the credentials lack"):
        list(store.list("raw"))
    assert len([request for request in proxy.requests if "prefix=raw" in request]) == 1


def test_what_is_not_there_is_asked_for_once(proxied):
    proxy, through = proxied
    store = through.open()
    for look in (store.read, store.exists):
        before = len(proxy.requests)
        with contextlib.suppress(FileNotFoundError):
            assert not look("nothing.json")
        asked = [request.splitlines()[0] for request in proxy.requests[before:]]
        assert len(asked) == len(set(asked)) > 0


@pytest.mark.slow
def test_transfers_get_through_a_network_that_cuts_connections(place, proxied):
    proxy, through = proxied
    files = {"large": os.urandom(20 * MEGABYTE), "small": b"x" * 1_000}
    add(place.open(), "processed/x/abc", files)
    store = through.open()
    proxy.cut_after, proxy.cuts = 3 * MEGABYTE, 4
    assert contents(store.fetch("processed/x/abc")) == files
    assert proxy.cuts == 0


@pytest.mark.slow
def test_transfers_get_through_a_slow_network(proxied, tmp_path):
    proxy, through = proxied
    files = {"large": os.urandom(9 * MEGABYTE), "small": b"x" * 1_000}
    store = through.open()
    proxy.bytes_per_s = 4 * MEGABYTE
    told = []
    add(store, "processed/x/abc", files)
    other = through.open(cache=tmp_path / "another machine")
    fetched = other.fetch("processed/x/abc", lambda done, total: told.append((done, total)))
    assert contents(fetched) == files
    assert told[-1] == (9 * MEGABYTE + 1_000, 9 * MEGABYTE + 1_000)


@pytest.fixture
def broken_off(place, proxied, monkeypatch):
    """Proxy, store and files of a download that was cut after its first part."""
    proxy, through = proxied
    files = {"large": os.urandom(20 * MEGABYTE)}
    add(place.open(), "processed/x/abc", files)
    store = through.open(storage_retry_s=1)
    monkeypatch.setattr(store.bucket, "parts_at_once", 1)

    def cut_all(*_):
        proxy.cuts = 1_000_000

    with pytest.raises(StorageError, match="breaks off"):
        store.fetch("processed/x/abc", cut_all)
    return proxy, store, files


def test_a_download_that_broke_off_goes_on_where_it_stopped(broken_off):
    proxy, store, files = broken_off
    proxy.cuts, proxy.received = 0, 0
    assert contents(store.fetch("processed/x/abc")) == files
    assert 11 * MEGABYTE < proxy.received < 13 * MEGABYTE
    assert list((store.cache.root / "partial").iterdir()) == []


@pytest.mark.slow
def test_parts_that_were_harmed_on_this_machine_are_fetched_again(broken_off):
    proxy, store, files = broken_off
    (partial,) = (path for path in (store.cache.root / "partial").iterdir() if not path.suffix)
    with partial.open("r+b") as stream:
        stream.write(b"harmed")
    proxy.cuts = 0
    assert contents(store.fetch("processed/x/abc")) == files


def test_a_shard_is_fetched_once(place, proxied):
    proxy, through = proxied
    files = {"large": os.urandom(9 * MEGABYTE), "small": b"x" * 1_000}
    add(place.open(), "processed/x/abc", files)
    through.open().fetch("processed/x/abc")
    proxy.received = 0
    assert contents(through.open().fetch("processed/x/abc")) == files
    assert proxy.received < 100_000


def test_a_store_that_is_down_is_one_clear_line(proxied):
    proxy, through = proxied
    store = through.open(storage_retry_s=0.5)
    proxy.cuts = 1_000_000
    for use in (lambda: store.read("raw/a"), lambda: store.replace("raw/a", b""), lambda: store.exists("a")):
        with pytest.raises(
            StorageError, match=r"a: cannot (read|write), as http://\S+ gives no answer"
        ) as caught:
            use()
        assert "\n" not in str(caught.value)


# Refusals


def test_a_bucket_that_is_not_there_is_named(place):
    name = {"s3": "DATASET_S3_BUCKET", "gcs": "DATASET_GCS_BUCKET"}[place.backend]
    missing = Place({**place.environment, name: "no-such-bucket"}, place.cache, place.patch)
    with pytest.raises(UsageError, match=rf"no-such-bucket: there is no such bucket \({name}\)"):
        missing.open()


class TestS3:
    @pytest.fixture
    def bucket(self, s3_server):
        return s3_server.new_bucket()

    @pytest.fixture
    def opened(self, s3_server, bucket, tmp_path, monkeypatch):
        def open_with(keys=ADMIN, url=None, **environment):
            given = s3_server.environment(bucket, keys, url) | environment
            return Place(given, tmp_path / "cache", monkeypatch).open()

        return open_with

    @pytest.mark.parametrize(
        ("keys", "reason"),
        [
            ((ADMIN[0], "another-secret-77"), "the secret access key is wrong"),
            (("another-key-42", ADMIN[1]), "the store does not know the access key id"),
        ],
    )
    def test_wrong_credentials_are_named_and_not_shown(self, opened, keys, reason):
        with pytest.raises(StorageError, match=f"cannot list: {reason}") as caught:
            opened(keys)
        assert not {*keys} & {*re.split(r"[\s:,]+", str(caught.value))}

    def test_no_credentials_at_all_are_a_usage_error(self, s3_server, bucket, tmp_path, monkeypatch):
        environment = s3_server.environment(bucket)
        del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        with pytest.raises(UsageError, match="no AWS credentials: set AWS_PROFILE"):
            Place(environment, tmp_path / "cache", monkeypatch).open()

    def test_a_profile_that_is_not_there_is_a_usage_error(self, s3_server, bucket, tmp_path, monkeypatch):
        environment = s3_server.environment(bucket) | {"AWS_PROFILE": "nobody"}
        with pytest.raises(UsageError, match=r"the AWS settings cannot be used: .*\(nobody\)"):
            Place(environment, tmp_path / "cache", monkeypatch).open()

    def test_who_may_only_read_reads_and_is_told_what_is_missing(self, opened):
        publish(opened(), "exports/v1", FILES)
        reader = opened(READER)
        assert contents(reader.fetch("exports/v1")) == FILES
        with pytest.raises(StorageError, match=r"raw/a: cannot write: the credentials lack s3:PutObject"):
            reader.replace("raw/a", b"1")
        with pytest.raises(StorageError, match=r"cannot delete: the credentials lack s3:DeleteObject"):
            reader.delete(["exports/v1/a"])
        with pytest.raises(StorageError, match="cannot write: the credentials lack s3:PutObject"):
            publish(reader, "exports/v2", FILES)
        assert contents(reader.fetch("exports/v1")) == FILES

    @pytest.mark.parametrize("status", ["301 Moved Permanently", "400 Bad Request"])
    def test_a_bucket_of_another_region_is_named_with_its_region(self, s3_server, opened, status):
        with Proxy(s3_server.port).running() as proxy:
            proxy.answers = [http(status, x_amz_bucket_region="eu-west-1")] * 4
            with pytest.raises(UsageError, match=r"lies in eu-west-1, not in us-east-1; set"):
                opened(url=proxy.url)

    @pytest.mark.parametrize(
        "write",
        [
            lambda bucket, _: bucket.write("raw/a", b"1", {}),
            lambda bucket, _: bucket.create("raw/a", b"1", {}),
            lambda bucket, _: bucket.copy("raw/a", "raw/b"),
            lambda bucket, large: bucket.upload("raw/a", large, {}, lambda _: None),
            lambda bucket, _: bucket.try_parts("raw/a"),
        ],
        ids=["write", "create", "copy", "upload", "doctor's parts"],
    )
    def test_encryption_is_asked_for_in_every_write(self, s3_server, opened, large, write):
        with Proxy(s3_server.port).running() as proxy:
            store = opened(
                url=proxy.url, DATASET_S3_SSE="aws:kms", DATASET_S3_SSE_KMS_KEY_ID="alias/datasets"
            )
            proxy.answers = [http("403 Forbidden")]
            with pytest.raises(StorageError, match="the credentials lack s3:PutObject"):
                write(store.bucket, large)
            request = proxy.requests[-1].lower()
            assert "x-amz-server-side-encryption: aws:kms" in request
            assert "x-amz-server-side-encryption-aws-kms-key-id: alias/datasets" in request

    def test_the_store_checks_the_sha256_of_what_it_receives(self, s3_server, opened, bucket):
        store = opened()
        store.replace("raw/a", b"content")
        head = s3_server.client.head_object(Bucket=bucket, Key="raw/a", ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == "7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M="

    def test_an_upload_that_is_removed_while_it_is_sent_is_one_line(self, opened, tmp_path, monkeypatch):
        store, path = opened(), tmp_path / "large"
        path.write_bytes(b"1" * 9 * MEGABYTE)

        def remove(_):
            for upload in store.unfinished("processed"):
                store.give_up(upload)

        monkeypatch.setattr(s3_parts, "SENT_AT_ONCE", 1)
        with pytest.raises(StorageError, match="processed/large: the upload was removed while it was sent"):
            store.bucket.prepare("processed/large", path, {}, remove)

    def test_the_store_checks_the_crc32_of_each_part(self, opened, monkeypatch):
        monkeypatch.setattr(s3_parts, "zlib", SimpleNamespace(crc32=lambda _: 7))
        with pytest.raises(StorageError, match="cannot write: what arrived there is not what was sent"):
            add(opened(), "processed/x/abc", {"large": b"1" * 9 * MEGABYTE})

    @pytest.mark.slow
    def test_a_wrong_clock_is_named(self, s3_server, bucket, tmp_path):
        compiler = shutil.which("cc")
        if not compiler:
            pytest.skip("needs a C compiler, to set the clock of one process")
        (tmp_path / "skew.c").write_text(SKEW)
        library = tmp_path / "skew.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "skew.c"], check=True)
        environment = {**os.environ, **s3_server.environment(bucket), "LD_PRELOAD": str(library)}
        environment |= {"PYTHONPATH": str(REPOSITORY), "DATASET_CACHE_DIR": str(tmp_path / "cache")}
        outcome = subprocess.run(
            [sys.executable, "-c", OPEN],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "this machine's clock differs too much from the store's; set it right" in outcome.stdout


class TestGCS:
    @pytest.fixture
    def environment(self, gcs_server):
        return gcs_server.environment(gcs_server.new_bucket())

    def test_no_credentials_at_all_are_a_usage_error(self, environment, tmp_path, monkeypatch):
        del environment["STORAGE_EMULATOR_HOST"]
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
        with pytest.raises(UsageError, match="no Google Cloud credentials or project: set GOOGLE"):
            Place(environment, tmp_path / "cache", monkeypatch).open()

    def test_the_key_is_asked_for_in_every_write(self, gcs_server, environment, large, tmp_path, monkeypatch):
        key = "projects/p/locations/eu/keyRings/r/cryptoKeys/k"
        with Proxy(gcs_server.port).running() as proxy:
            environment |= {"DATASET_GCS_KMS_KEY_NAME": key, "STORAGE_EMULATOR_HOST": proxy.url}
            bucket = Place(environment, tmp_path / "cache", monkeypatch).open().bucket
            bucket.write("raw/a", b"1", {})
            bucket.create("raw/b", b"1", {})
            bucket.upload("raw/large", large, {}, lambda _: None)
            bucket.copy("raw/a", "raw/c")
            begun = [request.splitlines()[0] for request in proxy.requests if request.startswith("POST")]
            assert len(begun) == 4
            assert [line for line in begun if f"KeyName={quote(key, safe='')}" not in line] == []

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            ("403 Forbidden", r"raw/a: cannot write: the credentials lack storage\.objects\.create"),
            ("401 Unauthorized", "raw/a: the credentials give no access token; log in again"),
        ],
    )
    def test_credentials_that_may_not_write_are_told_what_they_lack(
        self, gcs_server, environment, tmp_path, monkeypatch, status, said
    ):
        with Proxy(gcs_server.port).running() as proxy:
            environment["STORAGE_EMULATOR_HOST"] = proxy.url
            place = Place(environment, tmp_path / "cache", monkeypatch)
            store = place.open()
            proxy.answers = [http(status)] * 5  # a client still sending its body may try again
            with pytest.raises(StorageError, match=said):
                store.replace("raw/a", b"1")

    @pytest.mark.usefixtures("no_waits")
    def test_an_upload_that_broke_off_goes_on_where_the_store_stopped(
        self, gcs_server, environment, large, tmp_path, monkeypatch
    ):
        told = []
        with Gateway(gcs_server.url, [5 * MEGABYTE, 0, 3 * MEGABYTE]).running() as gateway:
            gateway.busy = 2
            environment["STORAGE_EMULATOR_HOST"] = gateway.url
            store = Place(environment, tmp_path / "cache", monkeypatch).open()
            store.bucket.upload("raw/large", large, {"sha256": sha256_of(large)}, told.append)
            (begun,) = gateway.begun
            assert begun["crc32c"] == store.bucket._bucket.get_blob("raw/large").crc32c
            assert gateway.received == 12 * MEGABYTE
        assert sum(told) == 12 * MEGABYTE
        assert sha256_of(store.fetch("raw/large")) == sha256_of(large)

    @pytest.mark.usefixtures("no_waits")
    def test_an_upload_that_the_store_has_forgotten_begins_anew(
        self, gcs_server, environment, large, tmp_path, monkeypatch
    ):
        """fake-gcs-server does, and even ends an upload that it is asked about."""
        told = []
        with Gateway(gcs_server.url, [5 * MEGABYTE], keeps=False).running() as gateway:
            environment["STORAGE_EMULATOR_HOST"] = gateway.url
            store = Place(environment, tmp_path / "cache", monkeypatch).open()
            store.bucket.upload("raw/large", large, {"sha256": sha256_of(large)}, told.append)
            assert len(gateway.begun) == 2
        assert sum(told) == 12 * MEGABYTE
        assert sha256_of(store.fetch("raw/large")) == sha256_of(large)

    def test_a_file_that_did_not_arrive_as_it_was_sent_is_no_object(
        self, environment, large, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(gcs, "crc32c_of", lambda _: "AAAAAA==")
        store = Place(environment, tmp_path / "cache", monkeypatch).open()
        with pytest.raises(VerificationFailed, match="raw/large: the CRC32C of what arrived is wrong"):
            store.bucket.upload("raw/large", large, {}, lambda _: None)
        assert not store.exists("raw/large")

    def test_a_refusal_for_its_crc32c_is_told_as_such(self, gcs_server, environment, tmp_path, monkeypatch):
        said = b'{"error": {"message": "Provided CRC32C \\"x\\" doesn\'t match calculated CRC32C \\"y\\"."}}'
        with Proxy(gcs_server.port).running() as proxy:
            environment["STORAGE_EMULATOR_HOST"] = proxy.url
            store = Place(environment, tmp_path / "cache", monkeypatch).open()
            proxy.answers = [http("400 Bad Request", said, Content_Type="application/json")] * 2
            with pytest.raises(VerificationFailed, match="raw/a: the CRC32C of what arrived is wrong"):
                store.replace("raw/a", b"1")

    def test_a_slow_network_is_no_broken_one(self, gcs_server, environment, large, tmp_path, monkeypatch):
        monkeypatch.setattr(gcs_session, "SENDING_TIMEOUT_S", (0.5, 60))
        with Proxy(gcs_server.port).running() as proxy:
            environment["STORAGE_EMULATOR_HOST"] = proxy.url
            store = Place(environment, tmp_path / "cache", monkeypatch).open()
            proxy.bytes_per_s = 8 * MEGABYTE
            store.bucket.upload("raw/large", large, {}, lambda _: None)
            assert sum("PUT" in request for request in proxy.requests) == 1


SKEW = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += 3600;
    return result;
}
"""
OPEN = """
from dataset_platform.errors import PlatformError
from dataset_platform.settings import load_settings
from dataset_platform.storage.opening import open_store
try:
    open_store(load_settings())
except PlatformError as error:
    print(type(error).__name__, error)
"""
