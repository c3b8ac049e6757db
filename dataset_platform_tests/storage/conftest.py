"""The servers, started once a session and only when a test asks for them, and a store of each backend."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dataset_platform.storage import opening
from dataset_platform.storage.store import Store
from dataset_platform_tests.storage.servers import CREDENTIALS, GCSServer, ObjectServer, S3Server, settings_of


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory) -> Iterator[S3Server]:
    yield from running(S3Server(tmp_path_factory.mktemp("s3")))


@pytest.fixture(scope="session")
def gcs_server(tmp_path_factory) -> Iterator[GCSServer]:
    yield from running(GCSServer(tmp_path_factory.mktemp("gcs")))


def running(server: ObjectServer) -> Iterator[ObjectServer]:
    server.start()
    yield server
    server.kill()


@dataclass
class Place:
    """An empty root or bucket of one backend, and the environment by which any process finds it."""

    environment: Mapping[str, str]
    cache: Path
    patch: pytest.MonkeyPatch = field(repr=False)

    def open(self, cache: Path | None = None, **settings: object) -> Store:
        """A store over the place, with its own cache as another machine would have."""
        for name in CREDENTIALS:
            self.patch.delenv(name, raising=False)
        for name, value in self.environment.items():
            self.patch.setenv(name, value)
        # Credentials are no settings: stores of equal settings are one, for a process has one set of them.
        opening._open_object_store.cache_clear()
        return opening.open_store(settings_of(self.environment, cache or self.cache, **settings))

    @property
    def backend(self) -> str:
        return self.environment["DATASET_STORAGE_BACKEND"]


@pytest.fixture
def new_place(request, tmp_path, monkeypatch) -> Callable[[str], Place]:
    """Makes an empty place for a backend."""

    def make(backend: str) -> Place:
        if backend == "local":
            environment = {
                "DATASET_STORAGE_BACKEND": "local",
                "DATASET_STORAGE_LOCAL_PATH": str(tmp_path / "root"),
            }
        else:
            server = request.getfixturevalue(f"{backend}_server")
            environment = server.environment(server.new_bucket())
        return Place(environment, tmp_path / "cache", monkeypatch)

    return make


@pytest.fixture
def place(request, new_place) -> Place:
    """Where the class under test stores."""
    return new_place(request.cls.backend)


@pytest.fixture
def store(place) -> Store:
    return place.open()


@pytest.fixture
def place_of(monkeypatch) -> Callable[[Mapping[str, str], Path], Place]:
    """The place that an environment names, seen from a machine with the given cache."""
    return lambda environment, cache: Place(environment, cache, monkeypatch)
