"""`bench storage`, small, on real servers. Nothing is timed."""

import json

import pytest

from dataset_platform_tests.bench.test_bench_sources import bench

SMALL = ("--bytes", "1000000", "--objects", "20", "--rounds", "1", "--json")


def measured(folder, *arguments):
    """The figures of a small run, which has left nothing behind."""
    done = bench(folder, "bench", "storage", *SMALL, *arguments)
    assert done.returncode == 0, done.stderr
    assert list((folder / "bench/work").iterdir()) == []
    return json.loads(done.stdout)["figures"]


def test_the_local_disk_needs_no_server(tmp_path):
    found = measured(tmp_path, "--backend", "local")
    assert {figures["contestant"] for figures in found} == {"ours", "raw disk"}
    assert all("requests" not in figures["facts"] for figures in found)
    assert_all_came_back(found)


def test_requests_to_a_server_are_counted(tmp_path):
    found = measured(tmp_path, "--backend", "gcs", "--only", "google")
    assert all(figures["facts"]["requests"] >= 2 * figures["facts"]["files"] for figures in found)
    assert_all_came_back(found)


@pytest.mark.slow
def test_every_backend_gives_back_every_file(tmp_path):
    only = [part for name in ("ours", "raw disk", "boto3", "google") for part in ("--only", name)]
    found = measured(tmp_path, *only)
    contestants = {"ours", "ours, added", "raw disk", "boto3", "google-cloud-storage"}
    assert {figures["contestant"] for figures in found} == contestants
    folders, backends = ("release", "20 objects of 10 KB"), ("local", "s3", "gcs")
    places = {(f"{b}, {f}", part) for b in backends for f in folders for part in ("write", "read")}
    assert {(figures["workload"], figures["part"]) for figures in found} == places
    assert_all_came_back(found)


def assert_all_came_back(found):
    for figures in found:
        assert figures["failure"] == ""
        assert figures["facts"]["intact"] == figures["facts"]["files"]


def test_an_unknown_backend_is_bad_usage(tmp_path):
    done = bench(tmp_path, "bench", "storage", "--backend", "ftp")
    assert (done.returncode, done.stdout) == (2, "")
