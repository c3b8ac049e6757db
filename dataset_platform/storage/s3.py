"""S3, and every store that speaks its protocol.

The client is dagster-aws' S3Resource (boto3); bytes go through obstore, which
moves small objects several times faster with the same credentials.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import obstore
from botocore.exceptions import BotoCoreError, ClientError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, PreconditionError
from obstore.store import S3Store

from dataset_platform.errors import PlatformError, StorageError, UsageError
from dataset_platform.settings import Settings
from dataset_platform.storage import s3_parts
from dataset_platform.storage.bucket import Head, Parts, no_answer
from dataset_platform.storage.s3_client import open_client
from dataset_platform.storage.store import Labels, StoredObject
from dataset_platform.storage.transfer import PART_BYTES, changed_meanwhile

if TYPE_CHECKING:
    from obstore.store import S3Config

CREDENTIALS_LIVE = timedelta(minutes=5)
CHUNK_BYTES = 1 << 20
PERMISSIONS = {
    "read": "s3:GetObject",
    "write": "s3:PutObject",
    "list": "s3:ListBucket",
    "list uploads": "s3:ListBucketMultipartUploads",
    "list parts": "s3:ListMultipartUploadParts",
    "give up": "s3:AbortMultipartUpload",
    "delete": "s3:DeleteObject",
}
OPERATIONS = {"ListParts": "list parts", "AbortMultipartUpload": "give up"}
"""What is refused where one of our actions takes several requests with permissions of their own."""
REASONS = {
    "SignatureDoesNotMatch": "the secret access key is wrong",
    "InvalidAccessKeyId": "the store does not know the access key id",
    "InvalidToken": "the session token is wrong",
    "ExpiredToken": "the session token has expired; get a new one",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the store's; set it right",
    "NoSuchBucket": "there is no such bucket",
    "KMS.NotFoundException": "DATASET_S3_SSE_KMS_KEY_ID names no key there",
    "BadDigest": "what arrived there is not what was sent; try again",
    "SlowDown": "the store asks for fewer requests; try again later",
}


class S3Bucket:
    """One bucket. Credentials come from the AWS SDK's chain and stay in its clients."""

    requests_at_once = 16
    parts_at_once = 8  # a part is written as it comes
    large_at_once = 1  # whose parts are sent together

    def __init__(self, settings: Settings) -> None:
        self.name = str(settings.s3_bucket)
        self._settings = settings
        try:
            session = boto3.Session()
            self._client = open_client(settings, session)
        except BotoCoreError as error:  # of a profile or a region, which names it
            raise UsageError(f"the AWS settings cannot be used: {error}") from None
        self.region = str(self._client.meta.region_name)
        self.endpoint = str(self._client.meta.endpoint_url)
        self._objects = self._open(session)

    def check(self) -> None:
        try:
            answer = self._client.head_bucket(Bucket=self.name)
        except ClientError as error:
            raise self._unusable(error.response["ResponseMetadata"]) from None
        except BotoCoreError as error:
            raise self._failed("list", "", str(error)) from None
        there = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", self.region)
        if there != self.region and not self._settings.s3_endpoint_url:
            raise self._elsewhere(there)  # boto3 found it all the same, and others would not

    def list(self, prefix: str) -> Iterator[StoredObject]:
        with self._explained("list", prefix):
            try:
                found = [
                    _stored(meta) for batch in obstore.list(self._objects, prefix or None) for meta in batch
                ]
                exact = all(stored.bytes for stored in found)  # it calls the folders of consoles objects
            except InvalidPathError:
                exact = False
            yield from found if exact else self._list_by_any_name(prefix)

    def head(self, key: str) -> Head | None:
        with self._explained("read", key):
            try:
                found = obstore.get(self._objects, key, options={"head": True})
            except FileNotFoundError:
                return None
            return Head(_stored(found.meta), _labels(found.attributes))

    def read(self, key: str) -> tuple[bytes, Head]:
        with self._explained("read", key):
            found = obstore.get(self._objects, key)
            return bytes(found.bytes()), Head(_stored(found.meta), _labels(found.attributes))

    def read_range(self, key: str, start: int, end: int, tag: str) -> Iterator[memoryview]:
        with self._explained("read", key):
            found = obstore.get(self._objects, key, options={"range": (start, end), "if_match": tag})
            for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield memoryview(chunk)

    def write(self, key: str, content: bytes, labels: Labels) -> None:
        with self._explained("write", key):
            obstore.put(self._objects, key, content, attributes=dict(labels), use_multipart=False)

    def create(self, key: str, content: bytes, labels: Labels) -> bool:
        with self._explained("write", key):
            try:
                obstore.put(self._objects, key, content, attributes=dict(labels), mode="create")
            except AlreadyExistsError:
                return False
            return True

    def upload(self, key: str, path: Path, labels: Labels, on_bytes: Callable[[int], None]) -> None:
        parts = self.prepare(key, path, labels, on_bytes)
        if parts is None:
            content = path.read_bytes()
            self.write(key, content, labels)
            on_bytes(len(content))
            return
        try:
            self.complete(key, parts)
        except FileNotFoundError:  # it was done, and the answer was lost
            head = self.head(key)
            if head is None or head.labels != labels:
                raise changed_meanwhile(self.url(key)) from None

    def prepare(self, key: str, path: Path, labels: Labels, on_bytes: Callable[[int], None]) -> Parts | None:
        if path.stat().st_size <= PART_BYTES:
            return None
        options = {"Metadata": dict(labels), **self._encryption}
        try:
            with self._explained("write", key):
                return s3_parts.send(self._client, self.name, key, path, options, on_bytes)
        except FileNotFoundError:
            raise StorageError(
                f"{self.url(key)}: the upload was removed while it was sent; run it again"
            ) from None

    def complete(self, key: str, parts: Parts) -> None:
        with self._explained("write", key):
            s3_parts.complete(self._client, self.name, key, parts)

    def give_up(self, key: str, upload_id: str) -> None:
        with suppress(FileNotFoundError), self._explained("give up", key):
            self._client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:
        with self._explained("list uploads", prefix):
            yield from s3_parts.unfinished(self._client, self.name, prefix)

    def try_parts(self, key: str) -> int | None:
        with self._explained("write", key):
            upload_id = s3_parts.begin(self._client, self.name, key, self._encryption)
        try:
            return sum(found.tag == upload_id for found in self.unfinished(key.rpartition("/")[0]))
        finally:
            self.give_up(key, upload_id)

    def copy(self, source: str, target: str) -> None:
        with self._explained("write", target):
            obstore.copy(self._objects, source, target)

    def delete(self, keys: Iterable[str]) -> None:
        paths = [*keys]
        with self._explained("delete", paths[0] if paths else ""):
            obstore.delete(self._objects, paths)

    def url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def _list_by_any_name(self, prefix: str) -> Iterator[StoredObject]:
        """As the store names them, at a tenth of obstore's speed, which knows plain paths only."""
        below = f"{prefix}/" if prefix else ""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=below):
            for found in page.get("Contents", []):
                yield StoredObject(found["Key"], found["Size"], found["ETag"], found["LastModified"])

    def _open(self, session: boto3.Session) -> S3Store:
        encryption: S3Config = {}
        if self._settings.s3_sse:
            encryption["server_side_encryption"] = self._settings.s3_sse
        if self._settings.s3_sse_kms_key_id:
            encryption["sse_kms_key_id"] = self._settings.s3_sse_kms_key_id
        return S3Store(
            self.name,
            region=self.region,
            endpoint=self.endpoint,
            checksum_algorithm="SHA256",
            client_options={
                "allow_http": self.endpoint.startswith("http://"),
                "timeout": timedelta(minutes=5),
                "read_timeout": "30s",
            },
            retry_config={
                "max_retries": 1_000,  # time decides
                "retry_timeout": timedelta(seconds=self._settings.storage_retry_s),
            },
            credential_provider=_credentials(session),
            config=encryption,
        )

    @property
    def _encryption(self) -> dict[str, str]:
        wanted = {
            "ServerSideEncryption": self._settings.s3_sse,
            "SSEKMSKeyId": self._settings.s3_sse_kms_key_id,
        }
        return {name: value for name, value in wanted.items() if value}

    @contextmanager
    def _explained(self, action: str, key: str) -> Iterator[None]:
        """Turns the clients' errors into one line each; their own messages may show key ids and more."""
        try:
            yield
        except FileNotFoundError as error:
            if _code(str(error)) == "NoSuchBucket":
                raise self._refused(action, key, 404, "NoSuchBucket") from None
            raise FileNotFoundError(f"{self.url(key)} is not there") from None
        except PreconditionError:
            raise changed_meanwhile(self.url(key)) from None
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            code = str(error.response["Error"]["Code"])
            if status == 404 and code != "NoSuchBucket":
                raise FileNotFoundError(f"{self.url(key)} is not there") from None
            refused = OPERATIONS.get(error.operation_name, action)
            raise self._refused(refused, key, status, code) from None
        except (BotoCoreError, BaseError) as error:
            raise self._failed(action, key, str(error)) from None

    def _failed(self, action: str, key: str, text: str) -> PlatformError:
        status, code = re.search(r"status code: (\d{3})", text), _code(text)
        if status or code:
            return self._refused(action, key, int(status[1]) if status else 200, code)
        return StorageError(no_answer(self.url(key), action, self.endpoint))

    def _refused(self, action: str, key: str, status: int, code: str) -> PlatformError:
        reason = REASONS.get(code)
        if reason is None and (status in (401, 403) or code == "AccessDenied"):
            reason = f"the credentials lack {PERMISSIONS[action]}"
        return StorageError(f"{self.url(key)}: cannot {action}: {reason or f'HTTP {status} {code}'.strip()}")

    def _unusable(self, answer: Any) -> PlatformError:
        """Why the bucket cannot be looked at; the answer to HEAD tells a status and perhaps the region."""
        there = answer["HTTPHeaders"].get("x-amz-bucket-region", self.region)
        if there != self.region:
            return self._elsewhere(there)
        if answer["HTTPStatusCode"] == 404:
            return UsageError(f"s3://{self.name}: there is no such bucket (DATASET_S3_BUCKET)")
        try:
            next(iter(self.list("")), None)
        except PlatformError as error:
            return error  # which gives the store's own reason
        return self._refused("list", "", answer["HTTPStatusCode"], "")

    def _elsewhere(self, region: str) -> UsageError:
        return UsageError(
            f"s3://{self.name} lies in {region}, not in {self.region}; set DATASET_S3_REGION={region}"
        )


def _credentials(session: boto3.Session) -> Boto3CredentialProvider:
    try:
        return Boto3CredentialProvider(session, ttl=CREDENTIALS_LIVE)
    except ValueError:
        raise UsageError(
            "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or run where a role is given"
        ) from None


def _stored(meta: Any) -> StoredObject:
    return StoredObject(meta["path"], meta["size"], str(meta["e_tag"]), meta["last_modified"])


def _labels(attributes: Any) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if not name[0].isupper()}


def _code(text: str) -> str:
    """The store's own code for what went wrong, such as `AccessDenied`."""
    found = re.search(r"(?:<Code>|\(code: )([\w.]+)", text)
    return found[1] if found else ""
