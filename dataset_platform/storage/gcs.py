"""Google Cloud Storage, through dagster-gcp's GCSResource."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from http.client import PARTIAL_CONTENT
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dagster_gcp.gcs import GCSResource
from google.api_core.exceptions import (
    GoogleAPICallError,
    NotFound,
    PreconditionFailed,
    RetryError,
    from_http_response,
)
from google.api_core.retry import Retry
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud.storage import Blob, Client
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from dataset_platform.errors import PlatformError, StorageError, UsageError, VerificationFailed
from dataset_platform.settings import Settings
from dataset_platform.storage.bucket import Head, Parts, no_answer
from dataset_platform.storage.gcs_session import SENDING_TIMEOUT_S, Session, crc32c_of
from dataset_platform.storage.store import Labels, StoredObject
from dataset_platform.storage.transfer import PART_BYTES, changed_meanwhile, in_parallel

CONTENT_TYPE = "application/octet-stream"
TIMEOUT_S = (5, 60)  # to connect, and between bytes
PERMISSIONS = {
    "read": "storage.objects.get",
    "write": "storage.objects.create",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
}


class GCSBucket:
    """One bucket. Credentials come from Google's own chain and stay in its client."""

    requests_at_once = 8  # its client keeps ten connections
    parts_at_once = 4  # and a whole part twice
    large_at_once = 4  # each in one stream, which takes no memory

    def __init__(self, settings: Settings) -> None:
        self.name = str(settings.gcs_bucket)
        self._settings = settings

    @property
    def endpoint(self) -> str:
        return str(self._client.api_endpoint)

    def check(self) -> None:
        try:
            next(self.list(""), None)
        except FileNotFoundError:
            raise UsageError(f"gs://{self.name}: there is no such bucket (DATASET_GCS_BUCKET)") from None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        with self._explained("list", prefix):
            below = f"{prefix}/" if prefix else None
            for blob in self._client.list_blobs(self.name, prefix=below, **self._patience):
                yield _stored(blob)

    def head(self, key: str) -> Head | None:
        with self._explained("read", key):
            blob = self._bucket.get_blob(key, **self._patience)
            return Head(_stored(blob), blob.metadata or {}) if blob else None

    def read(self, key: str) -> tuple[bytes, Head]:
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(f"{self.url(key)} is not there")
        with self._explained("read", key):
            content = self._bucket.blob(key).download_as_bytes(
                if_generation_match=int(head.stored.tag), **self._patience
            )
            return content, head

    def read_range(self, key: str, start: int, end: int, tag: str) -> Iterator[memoryview]:
        with self._explained("read", key):
            yield memoryview(self._retry(self._range)(key, start, end, tag))

    def write(self, key: str, content: bytes, labels: Labels) -> None:
        with self._explained("write", key):
            self._blob(key, labels).upload_from_string(content, **self._uploading)

    def create(self, key: str, content: bytes, labels: Labels) -> bool:
        with self._explained("write", key):
            try:
                self._blob(key, labels).upload_from_string(content, if_generation_match=0, **self._uploading)
            except PreconditionFailed:
                return False
            return True

    def upload(self, key: str, path: Path, labels: Labels, on_bytes: Callable[[int], None]) -> None:
        if path.stat().st_size <= PART_BYTES:
            content = path.read_bytes()
            self.write(key, content, labels)
            on_bytes(len(content))
            return
        with self._explained("write", key):
            blob = self._blob(key, labels)
            blob.crc32c = crc32c_of(path)
            begin = partial(
                blob.create_resumable_upload_session, CONTENT_TYPE, path.stat().st_size, **self._patience
            )
            session = Session(self._client._http, begin, path, self._retry, on_bytes)
            if session.send(blob.crc32c) != blob.crc32c:
                self.delete([key])
                raise self._harmed(key)

    def prepare(self, *_: object) -> None:
        """Nothing: copying moves no bytes here."""

    def complete(self, key: str, parts: Parts) -> None:  # noqa: ARG002
        raise FileNotFoundError(f"{self.url(key)}: nothing was prepared")

    def give_up(self, key: str, upload_id: str) -> None: ...

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:  # noqa: ARG002
        return iter(())  # the store ends uploads that broke off by itself, and lists none

    def try_parts(self, _: str) -> None:
        """Nothing to try: see `prepare`."""

    def copy(self, source: str, target: str) -> None:
        with self._explained("write", target):
            token = None
            copied = Blob(target, self._bucket, kms_key_name=self._settings.gcs_kms_key_name)
            while True:
                token, _, _ = copied.rewrite(self._bucket.blob(source), token, **self._patience)
                if token is None:
                    break

    def delete(self, keys: Iterable[str]) -> None:
        in_parallel(self._delete_one, keys, self.requests_at_once)

    def url(self, key: str) -> str:
        return f"gs://{self.name}/{key}"

    def _range(self, key: str, start: int, end: int, tag: str) -> bytes:
        """The bytes over the client's own session; its downloads take 8 KB at a time, and twice the CPU."""
        url = f"{self.endpoint}/download/storage/v1/b/{self.name}/o/{quote(key, safe='')}"
        with self._client._http.get(
            url,
            params={"alt": "media", "ifGenerationMatch": tag},
            headers={"Range": f"bytes={start}-{end - 1}"},
            stream=True,
            timeout=TIMEOUT_S,
        ) as answer:
            if answer.status_code != PARTIAL_CONTENT:
                raise from_http_response(answer)
            return bytes(answer.raw.read())

    def _delete_one(self, key: str) -> None:
        with suppress(FileNotFoundError), self._explained("delete", key):
            self._bucket.blob(key).delete(**self._patience)

    @cached_property
    def _client(self) -> Client:
        try:
            return GCSResource(project=self._settings.gcs_project_id).get_client()
        except (DefaultCredentialsError, OSError):
            raise UsageError(
                "no Google Cloud credentials or project: set GOOGLE_APPLICATION_CREDENTIALS and "
                "DATASET_GCS_PROJECT_ID, or run `gcloud auth application-default login`"
            ) from None

    @cached_property
    def _bucket(self) -> Any:
        return self._client.bucket(self.name)

    @property
    def _retry(self) -> Retry:
        return DEFAULT_RETRY.with_timeout(self._settings.storage_retry_s)

    @property
    def _patience(self) -> Mapping[str, Any]:
        return {"retry": self._retry, "timeout": TIMEOUT_S}

    @property
    def _uploading(self) -> Mapping[str, Any]:
        return {
            "checksum": "crc32c",
            "content_type": CONTENT_TYPE,
            "retry": self._retry,
            "timeout": SENDING_TIMEOUT_S,
        }

    def _blob(self, key: str, labels: Labels) -> Blob:
        blob = Blob(key, self._bucket, kms_key_name=self._settings.gcs_kms_key_name)
        blob.metadata = dict(labels)
        return blob

    @contextmanager
    def _explained(self, action: str, key: str) -> Iterator[None]:
        """Turns the client's errors into one line each, without what the client would add."""
        try:
            yield
        except NotFound:
            raise FileNotFoundError(f"{self.url(key)} is not there") from None
        except PreconditionFailed:
            raise changed_meanwhile(self.url(key)) from None
        except DataCorruption:
            raise self._harmed(key) from None
        except GoogleAPICallError as error:
            if "CRC32C" in str(error.message):
                raise self._harmed(key) from None
            raise self._refused(action, key, error.code or 0) from None
        except InvalidResponse as error:
            raise self._refused(action, key, error.response.status_code) from None
        except GoogleAuthError as error:
            raise StorageError(
                f"{self.url(key)}: the credentials give no access token; log in again "
                f"({type(error).__name__})"
            ) from None
        except (RetryError, RequestException, ConnectionError):
            raise StorageError(no_answer(self.url(key), action, self._client.api_endpoint)) from None

    def _harmed(self, key: str) -> VerificationFailed:
        return VerificationFailed(f"{self.url(key)}: the CRC32C of what arrived is wrong; try again")

    def _refused(self, action: str, key: str, status: int) -> PlatformError:
        lacking = f"the credentials lack {PERMISSIONS[action]}" if status in (401, 403) else ""
        return StorageError(f"{self.url(key)}: cannot {action}: {lacking or f'HTTP {status}'}")


def _stored(blob: Blob) -> StoredObject:
    return StoredObject(blob.name, blob.size, str(blob.generation), blob.updated, blob.metadata or {})
