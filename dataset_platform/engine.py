"""What computes the plans: all cores of this machine, or a Ray cluster. Chosen once in a process.

The plans are Daft's and the same on both. Storage, which makes the first frame of every plan,
starts the engine; nobody else has to know which one it is.
"""

import hashlib
import logging
import platform
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import daft
from daft.exceptions import DaftCoreException

from dataset_platform.errors import UsageError
from dataset_platform.settings import Engine, Settings

CONNECT_S = 5.0
ANSWER_S = 120.0  # a node that is new starts a process and imports this package first
DIFFERENCES_SHOWN = 5
TOKEN_WANTED = (
    "the cluster answers only who has its token; set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN, or "
    "RAY_AUTH_TOKEN_PATH, as on its nodes"
)
ASK_CLUSTER_ID = ("/ray.rpc.NodeInfoGcsService/GetClusterId", b"")  # method, and its request in protobuf
PING_CLIENT_SERVER = ("/ray.rpc.RayletDriver/ClusterInfo", b"\x08\x06")  # ClusterInfoType.PING
FILES_AT_ONCE = 2
"""Daft reads a file to its end, however slowly its rows are computed on, and by itself eight at once: two to
five GB of conversations. What is `streamed` reads one at a time."""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, and what it would compute with."""

    address: str
    cpus: int
    environment: Mapping[str, str]


def start(settings: Settings) -> None:
    """Lets all frames of this process run on the engine that the settings name.

    Raises UsageError when no cluster answers, or when one of its nodes has other code or packages
    than this process: it could give other bytes.
    """
    _start(settings.engine, settings.ray_address)


def described(settings: Settings) -> str:
    """The engine as a lock names it: software and versions, no address."""
    if settings.engine is Engine.RAY:
        return f"daft {daft.__version__}, ray {metadata.version('ray')} runner"
    return f"daft {daft.__version__}, native runner"


def cpus() -> int:
    """Processors of the cluster, once the engine was started on one."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


def nodes() -> list[Node]:
    """The nodes of the cluster that compute, by address; the engine has to be started."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    computing = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) > 0]
    look = ray.remote(num_cpus=0)(environment)
    asked = [
        look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in computing
    ]
    found = [
        Node(node["NodeManagerAddress"], int(node["Resources"]["CPU"]), _answer(node, answer))
        for node, answer in zip(computing, asked, strict=True)
    ]
    return sorted(found, key=lambda node: node.address)


def environment() -> dict[str, str]:
    """What decides the bytes that a machine computes: Python, this package's code, every other package."""
    packages = {found.metadata["Name"] or "": found.version for found in metadata.distributions()}
    return {**packages, "Python": platform.python_version(), "code of dataset_platform": _code_digest()}


@cache
def _start(engine: Engine, ray_address: str | None) -> None:
    if engine is Engine.NATIVE:
        _start_native()
        return
    _connect(str(ray_address))
    daft.set_runner_ray(noop_if_initialized=True)
    here = environment()
    for node in nodes():
        _require_the_same(node, here)


def _start_native() -> None:
    # Told before it infers one from DAFT_RUNNER, or from Ray, which it would import for that.
    try:
        daft.set_runner_native()
    except DaftCoreException:
        if daft.get_or_infer_runner_type() != Engine.NATIVE:
            raise
    daft.set_execution_config(scantask_max_parallel=FILES_AT_ONCE)


def _connect(address: str) -> None:
    try:
        import ray
    except ImportError:
        raise UsageError(
            "DATASET_ENGINE=ray needs Ray: pip install -c constraints.txt 'dataset-platform[ray]'"
        ) from None
    try:
        _require_ray(address)
        # What workers print stays on their nodes: nobody knows what libraries print.
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        # Its own notices would go to standard output, which is for results.
        ray._private.worker.print_to_stdstream = _unprinted
    except (OSError, ConnectionError):
        raise UsageError(
            f"RAY_ADDRESS={address}: no Ray cluster answers there; start it, or set DATASET_ENGINE=native"
        ) from None
    except ray.exceptions.AuthenticationError:
        raise UsageError(f"RAY_ADDRESS={address}: {TOKEN_WANTED}") from None
    except RuntimeError as error:
        versions = " ".join(str(error).split())
        raise UsageError(
            f"RAY_ADDRESS={address}: the cluster runs other software, so give it the image of this process: "
            f"{versions[:300]}"
        ) from None


def _require_ray(address: str) -> None:
    """Raises OSError unless Ray answers there, AuthenticationError where it wants another token.

    Ray itself would wait for anything that listens, and warn of a token twenty times.
    """
    import grpc
    from ray._private.grpc_utils import init_grpc_channel
    from ray.exceptions import AuthenticationError

    _, client, place = address.rpartition("ray://")
    host, port = place.split(":")
    socket.create_connection((host, int(port)), CONNECT_S).close()  # refused at once, where gRPC tries on
    channel = init_grpc_channel(place)  # with the certificates of RAY_USE_TLS and the token of RAY_AUTH_MODE
    method, request = PING_CLIENT_SERVER if client else ASK_CLUSTER_ID
    try:
        channel.unary_unary(method)(request, timeout=CONNECT_S, wait_for_ready=True)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNAUTHENTICATED:
            raise AuthenticationError(error.details()) from None
        raise ConnectionError(error.code().name) from None
    finally:
        channel.close()


def _unprinted(data: Any, ignore_prefix: bool) -> None:
    """Drops what Ray would print."""


def _answer(node: Mapping[str, Any], answer: Any) -> Mapping[str, str]:
    import ray

    try:
        found: Mapping[str, str] = ray.get(answer, timeout=ANSWER_S)
    except (ray.exceptions.RayError, TimeoutError) as error:
        raise UsageError(
            f"Ray node {node['NodeManagerAddress']} cannot run this package ({type(error).__name__}); "
            "give it the image of this process"
        ) from None
    return found


def _require_the_same(node: Node, here: Mapping[str, str]) -> None:
    there = node.environment
    differing = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if differing:
        shown = ", ".join(
            f"{name} {there.get(name, 'absent')}, here {here.get(name, 'absent')}"
            for name in differing[:DIFFERENCES_SHOWN]
        )
        raise UsageError(
            f"Ray node {node.address} differs from this process in {len(differing)} packages, so bytes might "
            f"differ, too: {shown}. Give both the same image"
        )


def _code_digest() -> str:
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
