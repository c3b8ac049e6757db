"""Text of a test as the bytes of a file: packed, in another encoding, or as Parquet."""

import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq


def packed(text: str, packing: str | None) -> bytes:
    """A file with the text: packed, in another encoding, or as Parquet made of its JSON lines."""
    match packing:
        case None:
            return text.encode()
        case "gzip":
            return gzip.compress(text.encode())
        case "zstd":
            return pa.Codec("zstd").compress(text.encode(), asbytes=True)
        case "zip":
            written = io.BytesIO()
            with zipfile.ZipFile(written, "w") as archive:
                archive.writestr("inner.yaml", text)
            return written.getvalue()
        case "parquet":
            table = pa.Table.from_pylist([json.loads(line) for line in text.splitlines()])
            written = io.BytesIO()
            pq.write_table(table, written)
            return written.getvalue()
        case encoding:
            return text.encode(encoding)
