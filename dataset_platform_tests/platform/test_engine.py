"""The engine is chosen by settings and refused in one line where it could not compute the same."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform import engine
from dataset_platform.bench.servers.server import free_ports
from dataset_platform.engine import Node
from dataset_platform.errors import (
    RunFailed,
    UsageError,
    VerificationFailed,
    told_by_worker,
    unquoted,
)
from dataset_platform.release import deciding_inputs
from dataset_platform.release.lock import make_lock
from dataset_platform.settings import Settings
from dataset_platform_tests.release.release_records import make_provenance, make_spec


def on_ray(address: str) -> Settings:
    return Settings(_env_file=None, engine="ray", ray_address=address)


def test_no_cluster_is_one_line_with_its_remedy():
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(UsageError) as caught:
        engine.start(on_ray(address))
    assert str(caught.value) == (
        f"RAY_ADDRESS={address}: no Ray cluster answers there; start it, or set DATASET_ENGINE=native"
    )


def test_an_open_port_that_is_no_ray_is_one_line_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(engine, "CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        for given in (address, f"ray://{address}"):
            with pytest.raises(UsageError, match=f"RAY_ADDRESS={given}: no Ray cluster answers there"):
                engine.start(on_ray(given))


class _WantsToken(grpc.GenericRpcHandler):
    """Answers whatever it is asked as a cluster does that nobody may ask without its token."""

    def service(self, _):
        def refuse(_, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token")

        return grpc.unary_unary_rpc_method_handler(refuse)


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_wants_a_token_is_one_line(scheme):
    cluster = grpc.server(ThreadPoolExecutor(1), handlers=[_WantsToken()])
    address = f"{scheme}127.0.0.1:{cluster.add_insecure_port('127.0.0.1:0')}"
    cluster.start()
    try:
        with pytest.raises(UsageError, match=f"RAY_ADDRESS={address}: .*set RAY_AUTH_MODE=token"):
            engine.start(on_ray(address))
    finally:
        cluster.stop(None)


FILES, FILE_BYTES = 16, 32 * 2**20
SLOWLY = """
import sys, time
import daft
from dataset_platform import engine
from dataset_platform.settings import Settings

daft.set_runner_native(num_threads=2)  # each has some rows in hand
engine.start(Settings(_env_file=None))


def most_resident():
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024


@daft.func.batch(return_dtype=daft.DataType.int64())
def slow(texts: daft.Series) -> daft.Series:
    time.sleep(0.01)
    return daft.Series.from_pylist([1] * len(texts))


before = most_resident()
frame = daft.read_parquet(sys.argv[1] + "/*.parquet")
rows = sum(batch.num_rows for batch in frame.select(slow(daft.col("text"))).to_arrow_iter())
print(rows, most_resident() - before)
"""


def test_files_wait_on_disk_and_not_in_memory_while_rows_are_computed_on(tmp_path):
    text = pa.table({"text": ["x" * 2**15] * (FILE_BYTES // 2**15)})
    for number in range(FILES):
        pq.write_table(text, tmp_path / f"{number:02}.parquet", row_group_size=64, compression="zstd")
    ran = subprocess.run(
        [sys.executable, "-c", SLOWLY, str(tmp_path)], capture_output=True, text=True, check=True
    )
    rows, grown = map(int, ran.stdout.split())
    assert rows == FILES * text.num_rows
    assert grown < (engine.FILES_AT_ONCE + 4) * FILE_BYTES


def test_a_node_with_other_packages_is_refused_and_they_are_named():
    here = engine.environment()
    there = here | {"daft": "0.7.25"}
    del there["numpy"]
    with pytest.raises(UsageError, match=r"node 10\.0\.0\.7 differs .* in 2 packages.*daft 0\.7\.25, here"):
        engine._require_the_same(Node("10.0.0.7", 4, there), here)
    engine._require_the_same(Node("10.0.0.7", 4, here), here)


def test_the_environment_names_code_and_python():
    found = engine.environment()
    assert found["Python"].startswith("3.")
    assert len(found["code of dataset_platform"]) == 12


def test_what_a_worker_tells_is_raised_again_behind_the_engines_wrapping():
    try:
        with told_by_worker():
            raise VerificationFailed("s3://bucket/key differs: expected 12")
    except Exception as error:
        wrapped = f"RayTaskError: PyIOError\n\nCaused by:\n  1: {type(error).__name__}: {error}"
    with (
        pytest.raises(VerificationFailed, match=r"^s3://bucket/key differs: expected 12$"),
        unquoted(),
    ):
        raise RuntimeError(wrapped)


def test_other_errors_of_workers_are_not_quoted():
    with pytest.raises(RunFailed) as caught, unquoted():
        raise RuntimeError("1: ValueError: somebody's secret")
    assert "secret" not in str(caught.value)


def test_the_lock_names_the_engine_which_decides_nothing():
    spec = make_spec()
    native, ray = (
        make_lock(spec, make_provenance(engine=engine.described(settings)))
        for settings in (Settings(_env_file=None), on_ray("127.0.0.1:6379"))
    )
    assert native.engine != ray.engine
    assert native.config_hash == ray.config_hash
    assert deciding_inputs(spec, native.ingredients) == deciding_inputs(spec, ray.ingredients)


def test_settings_keep_the_address_out_of_what_the_engine_is_called():
    assert "10.1.2.3" not in engine.described(on_ray("10.1.2.3:6379"))
