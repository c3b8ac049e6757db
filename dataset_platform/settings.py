"""Every environment variable that the platform reads.

Credentials are not among them: they come from the clouds' own chains and
reach no lock, manifest or log. The key of pseudonyms is kept as a secret, which prints as stars.
"""

import os
import re
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dataset_platform.errors import UsageError


class StorageBackend(StrEnum):
    LOCAL = "local"
    S3 = "s3"
    GCS = "gcs"


class Engine(StrEnum):
    NATIVE = "native"
    RAY = "ray"


class Encryption(StrEnum):
    SSE_S3 = "AES256"
    SSE_KMS = "aws:kms"
    DSSE_KMS = "aws:kms:dsse"


_BUCKET_NAME = r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$"
_CLUSTER = re.compile(r"(ray://)?[\w.-]+:\d{1,5}")
RAY_ADDRESS = "RAY_ADDRESS"
OPENLINEAGE_URL, OPENLINEAGE_API_KEY = "OPENLINEAGE_URL", "OPENLINEAGE_API_KEY"
FOREIGN = (RAY_ADDRESS, OPENLINEAGE_URL, OPENLINEAGE_API_KEY)


class Settings(BaseSettings):
    """Where things lie and what runs them; `DATASET_<NAME>` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="DATASET_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    engine: Engine = Field(
        Engine.NATIVE, description="What computes: `native`, all cores of this machine, or `ray`, a cluster."
    )
    ray_address: str | None = Field(
        None,
        validation_alias=RAY_ADDRESS,
        description="Ray's own variable, the head of the cluster: `host:6379`, or `ray://host:10001`; for "
        "trainings alone also `http://host:8265`.",
    )

    storage_backend: StorageBackend = Field(
        StorageBackend.LOCAL, description="Where data is stored: `local`, `s3` or `gcs`."
    )
    storage_local_path: Path = Field(Path("data"), description="Root folder of the local backend.")
    storage_retry_s: float = Field(
        60, gt=0, description="How long a request to an object store is tried again, in seconds."
    )
    s3_bucket: str | None = Field(None, pattern=_BUCKET_NAME, description="Bucket of the `s3` backend.")
    s3_region: str | None = Field(None, description="Its region; otherwise the one of the AWS profile.")
    s3_endpoint_url: str | None = Field(
        None, pattern=r"^https?://[^/\s@]+/?$", description="Another store that speaks S3's protocol."
    )
    s3_sse: Encryption | None = Field(None, description="Encryption to ask for: `AES256`, `aws:kms`, …")
    s3_sse_kms_key_id: str | None = Field(None, description="Key for `aws:kms`.")
    gcs_bucket: str | None = Field(None, pattern=_BUCKET_NAME, description="Bucket of the `gcs` backend.")
    gcs_project_id: str | None = Field(None, description="Its project; otherwise that of the credentials.")
    gcs_kms_key_name: str | None = Field(None, description="Cloud KMS key to encrypt with.")
    raw_prefix: str = Field(
        "raw", description="Landing area: a folder a source; only `sources fetch` writes there."
    )
    processed_prefix: str = Field("processed", description="Tables between the steps.")
    exports_prefix: str = Field("exports", description="Releases.")
    checkpoints_prefix: str = Field("checkpoints", description="Trained checkpoints and their reports.")
    withdrawals_prefix: str = Field(
        "withdrawals", description="The log of what may stand in no release again; keep it with the backups."
    )
    logs_prefix: str = Field("logs", description="What commands' runs were, and how long their steps took.")
    sources_dir: Path = Field(Path("sources"), description="Source descriptions, `<source>.yaml`.")
    releases_dir: Path = Field(Path("releases"), description="Release specs, `<version>.yaml`.")
    reviews_dir: Path = Field(
        Path("reviews"), description="Decisions of reviewers on flagged conversations, `*.csv`."
    )
    heldout_dir: Path = Field(
        Path("heldout"), description="Evaluation sets that no release may hold passages of."
    )
    heldout_max_share: float = Field(
        0.0, ge=0, le=1, description="Largest share of a conversation's 13-grams that may be held out."
    )
    labels_dir: Path | None = Field(
        None, description="Labelled sets to train heads of validators on: `epitome/`, `crisis_cssrs/`."
    )
    conversations_dir: Path | None = Field(
        None,
        description="Real conversations to train heads on: `annomi/`; `DATASET_LABELS_DIR` if not given.",
    )
    embedder: Path | None = Field(
        None,
        description="Folder of another sentence model for reports, in the layout of Hugging Face; the "
        "packaged one if not given.",
    )
    signing_key: Path | None = Field(
        None,
        description="Private Ed25519 key in PEM that signs releases: `dataset-platform keygen <file>`.",
    )
    public_key: Path | None = Field(
        None, description="Public key that every release must be signed with before it is read or trained on."
    )
    cache_dir: Path = Field(
        Path("~/.cache/dataset-platform"),
        description="Unpacked models, copies of stored objects, vectors of judged turns; safe to delete.",
    )
    fetch_max_gb: float = Field(100, gt=0, description="Most that one remote origin may bring, in GB.")
    cache_max_gb: float = Field(50, gt=0, description="Largest size of the copies of stored objects, in GB.")

    notify: SecretStr | None = Field(
        None,
        description="Who is told of runs that fail: addresses of Apprise, separated by spaces, such as "
        "`jsons://host/path`, `slack://…`, `mailtos://…`.",
    )
    ui_url: str = Field(
        "http://127.0.0.1:3000",
        pattern=r"^https?://\S+[^/\s]$",
        description="Where people reach Dagster's UI; notifications link to it.",
    )

    openlineage_url: str | None = Field(
        None,
        validation_alias=OPENLINEAGE_URL,
        pattern=r"^https?://[^\s@]+$",
        description="OpenLineage's own variable, the server that is told of every materialisation.",
    )
    openlineage_api_key: SecretStr | None = Field(
        None, validation_alias=OPENLINEAGE_API_KEY, description="OpenLineage's own variable, its key there."
    )

    links: Literal["keep", "host", "remove"] = Field(
        "keep", description="What becomes of web addresses in turns: they stay, become their host, or go."
    )
    pseudonyms: Literal["mask", "numbered", "surrogate"] = Field(
        "numbered", description="In place of private data: `[NAME]`, `[NAME_1]`, or invented values."
    )
    judge_api_key: SecretStr | None = Field(
        None, description="Key of the endpoint that `dataset-platform eval-judge` asks; empty sends none."
    )
    pseudonym_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret of 32 characters or more, by which `surrogate` draws; keep it to draw the same.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Raises for settings that do not go together, or not with what lies on the disk."""
        if self.engine is Engine.RAY and not _CLUSTER.fullmatch(self.ray_address or ""):
            raise PydanticCustomError(
                "incomplete",
                "RAY_ADDRESS is missing or no address: DATASET_ENGINE=ray needs a cluster, such as "
                "RAY_ADDRESS=10.0.0.5:6379; docs/scaling.md starts one",
            )
        for backend, name in ((StorageBackend.S3, "s3_bucket"), (StorageBackend.GCS, "gcs_bucket")):
            if self.storage_backend is backend and not getattr(self, name):
                raise PydanticCustomError(
                    "incomplete",
                    f"DATASET_{name.upper()} is missing: DATASET_STORAGE_BACKEND={backend} needs a bucket",
                )
        if self.storage_backend is StorageBackend.LOCAL and self.storage_local_path.is_file():
            raise PydanticCustomError(
                "no_folder",
                f"DATASET_STORAGE_LOCAL_PATH={self.storage_local_path}: is a file; name a folder",
            )
        if self.s3_sse_kms_key_id and self.s3_sse not in (Encryption.SSE_KMS, Encryption.DSSE_KMS):
            raise PydanticCustomError("incomplete", "DATASET_S3_SSE_KMS_KEY_ID needs DATASET_S3_SSE=aws:kms")
        if self.pseudonyms == "surrogate" and not self.pseudonym_key:
            raise PydanticCustomError(
                "incomplete", "DATASET_PSEUDONYM_KEY is missing: DATASET_PSEUDONYMS=surrogate needs a key"
            )
        return self

    @property
    def cache(self) -> Path:
        return self.cache_dir.expanduser()


_instead: ContextVar[Mapping[str, Any]] = ContextVar("settings of a block", default={})  # noqa: B039


@contextmanager
def settings_instead(**values: Any) -> Iterator[None]:
    """Other settings than the environment's for everything that runs in the block."""
    token = _instead.set({**_instead.get(), **values})
    try:
        yield
    finally:
        _instead.reset(token)


def load_settings(**instead: Any) -> Settings:
    """The settings of this process, but for those given; raises UsageError with one line a wrong variable."""
    try:
        return _settings(_surroundings(), frozenset({**_instead.get(), **instead}.items()))
    except ValidationError as error:
        raise UsageError("\n".join(map(_line, error.errors()))) from None


@lru_cache(maxsize=8)
def _settings(_: Hashable, instead: frozenset[tuple[str, Any]]) -> Settings:
    """Read once for all who ask in the same surroundings: a run asks a hundred times."""
    return Settings(**dict(instead))


def _surroundings() -> Hashable:
    """What settings are read from: variables, `.env` as it is now, and the folder that it lies in."""
    path = Path.cwd() / str(Settings.model_config["env_file"])
    with suppress(FileNotFoundError):
        seen = path.stat()
        return path, seen.st_mtime_ns, seen.st_size, seen.st_ino, frozenset(os.environ.items())
    return path, frozenset(os.environ.items())


def _line(wrong: ErrorDetails) -> str:
    """What is wrong with one variable; a key, and an address, which may hold a password, are not repeated."""
    if not wrong["loc"]:
        return wrong["msg"]
    secret = (
        "@" in str(wrong["input"])
        or "notify" in wrong["loc"]
        or str(wrong["loc"][-1]).lower().endswith("_key")
    )
    shown = "…" if secret else repr(wrong["input"])
    return f"{variable('_'.join(map(str, wrong['loc'])))}={shown}: {wrong['msg']}"


def variable(name: str) -> str:
    """The environment variable of a setting: ours, but for those that other software names."""
    name = name.upper()
    return name if name in FOREIGN else f"DATASET_{name}"
