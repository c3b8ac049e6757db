"""Uploads to S3 in parts: what has arrived is no object, and nobody sees it, before the upload is completed.

Each part is sent with its CRC32, which the store checks. Parts are not signed, as that would hash them
once more: the file's SHA-256 is in the object's metadata, which are signed, and whoever reads compares it.
"""

import os
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dataset_platform.storage.bucket import Part, Parts
from dataset_platform.storage.store import StoredObject
from dataset_platform.storage.transfer import PART_BYTES, in_parallel

MOST_PARTS = 10_000
SENT_AT_ONCE = 4  # the client holds each part twice while it is sent


def send(
    client: Any,
    bucket: str,
    key: str,
    path: Path,
    options: Mapping[str, Any],
    on_bytes: Callable[[int], None],
) -> Parts:
    """Begins an upload and sends all of the file; `complete` makes it an object with the options."""
    place = {"Bucket": bucket, "Key": key}
    size = path.stat().st_size
    part_bytes = max(PART_BYTES, -(-size // MOST_PARTS))
    upload_id = begin(client, bucket, key, options)
    with path.open("rb") as stream:

        def send_part(start: int) -> Part:
            content = os.pread(stream.fileno(), part_bytes, start)
            crc32 = b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
            sent = client.upload_part(
                **place,
                UploadId=upload_id,
                PartNumber=start // part_bytes + 1,
                Body=content,
                ChecksumCRC32=crc32,
            )
            on_bytes(len(content))
            return Part(etag=sent["ETag"], crc32=crc32)

        return Parts(
            id=upload_id, parts=tuple(in_parallel(send_part, range(0, size, part_bytes), SENT_AT_ONCE))
        )


def begin(client: Any, bucket: str, key: str, options: Mapping[str, Any]) -> str:
    """The id of a new upload, of which nothing has been sent."""
    begun = client.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="CRC32", **options)
    return str(begun["UploadId"])


def complete(client: Any, bucket: str, key: str, parts: Parts) -> None:
    """Makes the parts an object, which changes nothing when it is one."""
    listed = [
        {"PartNumber": number, "ETag": part.etag, "ChecksumCRC32": part.crc32}
        for number, part in enumerate(parts.parts, start=1)
    ]
    client.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=parts.id, MultipartUpload={"Parts": listed}
    )


def unfinished(client: Any, bucket: str, prefix: str) -> Iterator[StoredObject]:
    """Uploads below the prefix that are no objects: as tag their id, what arrived, and when the last did."""
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for upload in page.get("Uploads", []):
            key, upload_id = upload["Key"], upload["UploadId"]
            pages = client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id)
            parts = [part for page in pages for part in page.get("Parts", [])]
            newest = max([upload["Initiated"], *(part["LastModified"] for part in parts)])
            yield StoredObject(key, sum(part["Size"] for part in parts), upload_id, newest)
