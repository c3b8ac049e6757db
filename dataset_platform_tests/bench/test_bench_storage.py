"""`bench storage`, small, on real servers. Nothing is timed."""

import json

import pytest

from dataset_platform_tests.bench.test_bench_sources import bench

SMALL = ("--bytes", "1000000", "--objects", "20", "--rounds", "1", "--json")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    only = [part for name in ("ours", "raw disk", "boto3", "google") for part in ("--only", name)]
    done = bench(folder, "bench", "storage", *SMALL, *only)
    assert done.returncode == 0, done.stderr
    assert list((folder / "bench/work").iterdir()) == [], "what the runs and the servers wrote is removed"
    return json.loads(done.stdout)


def test_every_file_comes_back_as_it_was(found):
    contestants = {"ours", "ours, added", "raw disk", "boto3", "google-cloud-storage"}
    assert {figures["contestant"] for figures in found["figures"]} == contestants
    for figures in found["figures"]:
        assert figures["failure"] == ""
        assert figures["facts"]["intact"] == figures["facts"]["files"]


def test_writing_and_reading_are_told_apart_on_every_backend(found):
    places = {(figures["workload"], figures["part"]) for figures in found["figures"]}
    folders = ("release", "20 objects of 10 KB")
    backends = ("local", "s3", "gcs")
    assert places == {(f"{b}, {f}", part) for b in backends for f in folders for part in ("write", "read")}


def test_requests_are_counted_where_there_is_a_server(found):
    for figures in found["figures"]:
        backend = figures["workload"].partition(",")[0]
        assert (figures["facts"].get("requests", 0) >= 2 * figures["facts"]["files"]) == (backend != "local")


def test_an_unknown_backend_is_bad_usage(tmp_path):
    done = bench(tmp_path, "bench", "storage", "--backend", "ftp")
    assert (done.returncode, done.stdout) == (2, "")
