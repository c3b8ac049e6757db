"""Ways to put a folder into a store and to get it back: ours, and what people use; run by `runner.py`.

Each writes the files of `task["input"]` and then reads them back into the folder `read` under
`task["out"]`, each with the defaults of its library. Object stores are given by `task["url"]` and
`task["bucket"]`, and credentials by the environment.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

PREFIX = "release"
SMALL_BYTES = 8_000_000
THREADS = 10
CHUNK_BYTES = 1 << 20

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]
Move = Callable[[Path, str], object]


def ours(task: Task, clock: Clock) -> None:
    """The platform, as it publishes a release: once, whole and at once; fetched into an empty cache.

    Digests are computed when files are written and compared when they are read. On a local disk,
    writing includes laying the files into the staged folder.
    """
    _ours(task, clock, "publish")


def ours_add(task: Task, clock: Clock) -> None:
    """The platform, as it stores the tables between the steps, which a manifest points at afterwards."""
    _ours(task, clock, "add")


def _ours(task: Task, clock: Clock, verb: str) -> None:
    from dataset_platform.storage.files import describe
    from dataset_platform.storage.opening import open_store

    local = task["kind"] == "file"
    store, reader = (open_store(_settings(task, cache)) for cache in ("cache", "empty-cache"))
    with store.staging() as folder:
        if not local:
            _lay(task, folder, os.link)
        with clock("write"):
            if local:
                _lay(task, folder, shutil.copyfile)
            getattr(store, verb)(folder, f"exports/{PREFIX}", list(describe(folder)), {})
    with clock("read"):
        found = reader.fetch(f"exports/{PREFIX}")
        if local:
            list(describe(found))
    Path(task["out"], "read").symlink_to(found)


def raw_disk(task: Task, clock: Clock) -> None:
    """The files copied and flushed to the disk, and every byte read."""
    written = Path(task["out"], "read")
    with clock("write"):
        for path, name in _files(task):
            target = written / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            with target.open("rb") as stream:
                os.fsync(stream.fileno())
    with clock("read"):
        for _, name in _files(task):
            with (written / name).open("rb", buffering=0) as stream:
                while stream.read(CHUNK_BYTES):
                    pass


def boto3_transfer(task: Task, clock: Clock) -> None:
    """upload_file and download_file: large files one by one in parts, small ones on ten threads."""
    import boto3

    client = boto3.client("s3", endpoint_url=task["url"])
    bucket = task["bucket"]
    with clock("write"):
        _each(task, lambda path, name: client.upload_file(str(path), bucket, f"{PREFIX}/{name}"))
    with clock("read"):
        _each(
            task,
            lambda _, name: client.download_file(bucket, f"{PREFIX}/{name}", str(_target(task, name))),
        )


def google_client(task: Task, clock: Clock) -> None:
    """google-cloud-storage's upload_from_filename and download_to_filename, small files on ten threads."""
    from google.cloud import storage

    bucket = storage.Client().bucket(task["bucket"])
    with clock("write"):
        _each(task, lambda path, name: bucket.blob(f"{PREFIX}/{name}").upload_from_filename(str(path)))
    with clock("read"):
        _each(
            task,
            lambda _, name: bucket.blob(f"{PREFIX}/{name}").download_to_filename(str(_target(task, name))),
        )


def obstore_raw(task: Task, clock: Clock) -> None:
    """obstore's put and get, streamed to files; small files on ten threads."""
    import obstore

    store = _obstore(task)

    def fetch(_: Path, name: str) -> None:
        with _target(task, name).open("wb") as stream:
            for chunk in obstore.get(store, f"{PREFIX}/{name}").stream(min_chunk_size=8 * CHUNK_BYTES):
                stream.write(chunk)

    with clock("write"):
        _each(task, lambda path, name: obstore.put(store, f"{PREFIX}/{name}", path))
    with clock("read"):
        _each(task, fetch)


def fsspec_copy(task: Task, clock: Clock) -> None:
    """s3fs' or gcsfs' own put and get of the whole folder."""
    system = _file_system(task)
    remote = f"{task['bucket']}/{PREFIX}"
    read = Path(task["out"], "read")
    with clock("write"):
        system.put(f"{task['input']}/", f"{remote}/", recursive=True)
    system.invalidate_cache()
    with clock("read"):
        system.get(f"{remote}/", f"{read}/", recursive=True)


def upath_io_manager(task: Task, clock: Clock) -> None:
    """Dagster's UPathIOManager over s3fs or gcsfs: each file is an asset's value, written and read whole."""
    from dagster import UPathIOManager, build_input_context, build_output_context
    from upath import UPath

    class Files(UPathIOManager):
        def dump_to_path(self, context: Any, obj: bytes, path: Any) -> None:  # noqa: ARG002
            path.write_bytes(obj)

        def load_from_path(self, context: Any, path: Any) -> bytes:  # noqa: ARG002
            return bytes(path.read_bytes())

    manager = Files(UPath(f"{task['kind']}://{task['bucket']}/{PREFIX}", **_file_system_options(task)))
    outputs = {name: build_output_context(asset_key=name.split("/")) for _, name in _files(task)}
    with clock("write"):
        for path, name in _files(task):
            manager.handle_output(outputs[name], path.read_bytes())
    with clock("read"):
        for _, name in _files(task):
            asked = build_input_context(asset_key=name.split("/"), upstream_output=outputs[name])
            value: Any = manager.load_input(asked)
            _target(task, name).write_bytes(value)


def _settings(task: Task, cache: str) -> Any:
    from dataset_platform.settings import Settings

    places: dict[str, dict[str, object]] = {
        "file": {"storage_backend": "local", "storage_local_path": Path(task["out"], "disk")},
        "s3": {
            "storage_backend": "s3",
            "s3_bucket": task.get("bucket"),
            "s3_region": "us-east-1",
            "s3_endpoint_url": task.get("url"),
        },
        "gs": {"storage_backend": "gcs", "gcs_bucket": task.get("bucket"), "gcs_project_id": "local"},
    }
    options: Any = places[task["kind"]]
    return Settings(**options, cache_dir=Path(task["out"], cache))


def _lay(task: Task, folder: Path, put: Callable[[Path, Path], object]) -> None:
    for path, name in _files(task):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        put(path, target)


def _file_system(task: Task) -> Any:
    import fsspec

    options = _file_system_options(task)
    if task["kind"] == "gs":
        import gcsfs  # noqa: F401  fsspec's own message would not name the module
    else:
        import s3fs  # noqa: F401
    return fsspec.filesystem(task["kind"], **options)


def _file_system_options(task: Task) -> dict[str, Any]:
    if task["kind"] == "s3":
        return {"endpoint_url": task["url"]}
    # Unless this is off when gcsfs is imported, it asks a gRPC service that no emulator has.
    os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"
    return {"endpoint_url": task["url"], "token": "anon"}


def _obstore(task: Task) -> Any:
    from obstore.store import GCSStore, S3Store

    if task["kind"] == "s3":
        return S3Store(task["bucket"], endpoint=task["url"], client_options={"allow_http": True})
    unsigned = {"gcs_base_url": task["url"], "disable_oauth": True}
    keys = {"client_email": "", "private_key": "", "private_key_id": ""}
    config: Any = {"service_account_key": json.dumps({**unsigned, **keys})}
    return GCSStore(task["bucket"], config=config, client_options={"allow_http": True})


def _each(task: Task, move: Move) -> None:
    """Moves every file: large ones one after the other, small ones on threads."""
    files = list(_files(task))
    for path, name in files:
        if path.stat().st_size > SMALL_BYTES:
            move(path, name)
    small = [(path, name) for path, name in files if path.stat().st_size <= SMALL_BYTES]
    with ThreadPoolExecutor(THREADS) as pool:
        for moved in [pool.submit(move, path, name) for path, name in small]:
            moved.result()


def _files(task: Task) -> Iterator[tuple[Path, str]]:
    """Files to move with their names below the folder, in the order of names."""
    folder = Path(task["input"])
    return (
        (path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*")) if path.is_file()
    )


def _target(task: Task, name: str) -> Path:
    path = Path(task["out"], "read", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
