"""Packed files for tests, made in memory."""

import gzip
import io
import zipfile

import pyarrow as pa


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


PACKERS = {"gzip": gzipped, "zstd": zstd, "zip": lambda content: zipped({"inner.bin": content})}
