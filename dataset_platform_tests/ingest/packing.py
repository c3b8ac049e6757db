"""Bytes of test files, made in memory: packed, in another encoding, or as Parquet."""

import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


def zipped(members: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


PACKERS = {"gzip": gzipped, "zstd": zstd, "zip": lambda content: zipped({"inner.yaml": content})}


def packed(text: str, packing: str | None) -> bytes:
    """A file with the text: as it is, packed, in another encoding, or as Parquet made of its JSON lines."""
    if packing is None:
        return text.encode()
    if packing in PACKERS:
        return PACKERS[packing](text.encode())
    if packing != "parquet":
        return text.encode(packing)
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([json.loads(line) for line in text.splitlines()]), written)
    return written.getvalue()
