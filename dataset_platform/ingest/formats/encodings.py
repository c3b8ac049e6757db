"""What text is encoded in: what the file says, UTF-8, or what the description names; never a guess."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Rejection
from dataset_platform.schemas import QuarantineReason

UTF8 = "utf-8"
UTF8_BOM = codecs.BOM_UTF8
_CHUNK_BYTES = 2**20
_NO_TEXT = "\udcff"  # becomes the byte 0xff, which no UTF-8 has, so that its record is rejected
# UTF-32 first: its mark begins with that of UTF-16.
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

codecs.register_error("dataset_platform.no_text", lambda error: (_NO_TEXT, error.end))  # type: ignore[attr-defined]


class TextDecoder:
    """Bytes as UTF-8, by themselves or through the description's encoding; knows which it took."""

    def __init__(self, named: str | None) -> None:
        self._named = named if named is not None and is_single_byte(named) else None
        self.encoding = UTF8

    def utf8(self, raw: bytes) -> bytes:
        """The text in UTF-8. Raises Rejection when it is neither UTF-8 nor in the named encoding."""
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            return self._through_named(raw, error)
        return raw

    def _through_named(self, raw: bytes, error: UnicodeDecodeError) -> bytes:
        if self._named is None:
            detail = f"is not UTF-8 at its byte {error.start}"
            raise Rejection(QuarantineReason.BAD_ENCODING, detail) from None
        try:
            text = raw.decode(self._named)
        except UnicodeDecodeError as failure:
            detail = f"is neither UTF-8 nor {self._named} at its byte {failure.start}"
            raise Rejection(QuarantineReason.BAD_ENCODING, detail) from None
        self.encoding = self._named
        return text.encode()


def whole_file_encoding(path: Path, named: str | None) -> str | None:
    """The encoding in which the file must be decoded as a whole; None where its records may be by themselves.

    A byte order mark of UTF-16 or UTF-32 decides. The named encoding does when
    it has more than one byte a character and the file is no UTF-8, or is UTF-8
    with NULs only because ASCII in UTF-16 is that too.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
        marked = next((encoding for mark, encoding in _WIDE_MARKS if start.startswith(mark)), None)
        if marked or named is None or is_single_byte(named):
            return marked
        nuls = _nuls(stream, UTF8)
        means_named = nuls is None or (nuls > 0 and _nuls(stream, named) == 0)
    return named if means_named else None


def transcode(path: Path, target: Path, encoding: str) -> None:
    """Writes the file's text to `target` in UTF-8; bytes that are no text become 0xff.

    Raises Rejection where the encoding needs a byte order mark and the file has none.
    """
    decoder = codecs.getincrementaldecoder(encoding)("dataset_platform.no_text")
    with path.open("rb") as stream, target.open("wb") as out:
        for chunk, is_last in _chunks(stream):
            try:
                text = decoder.decode(chunk, is_last)
            except UnicodeError:
                detail = f"has no byte order mark: name {encoding}-le or {encoding}-be under `encoding`"
                raise Rejection(QuarantineReason.BAD_ENCODING, detail) from None
            out.write(text.encode("utf-8", "surrogateescape"))


def is_single_byte(encoding: str) -> bool:
    """Whether every byte is a character of its own and ASCII is what it is everywhere."""
    ascii_bytes = bytes(range(128))
    try:
        same = ascii_bytes.decode(encoding) == ascii_bytes.decode()
        text = bytes(range(256)).decode(encoding, "replace")
    except UnicodeError:
        return False
    return same and len(text) == 256


def is_utf8_so_far(raw: bytes) -> bool:
    """Whether the start of a text is UTF-8, its last character perhaps cut."""
    try:
        codecs.getincrementaldecoder(UTF8)().decode(raw)
    except UnicodeDecodeError:
        return False
    return True


def hint(raw: bytes) -> str:
    """What the bytes may be encoded in, for a person to judge; empty where nothing fits."""
    from charset_normalizer import from_bytes  # needed so seldom that workers start without it

    best = from_bytes(raw[:PAYLOAD_BYTES]).best()
    if best is None:
        return ""
    return f"; it may be {best.encoding}: if it is, name that under `encoding` in the source's description"


def _nuls(stream: BinaryIO, encoding: str) -> int | None:
    """How many NULs the text has; None where the bytes are none in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        return sum(decoder.decode(chunk, is_last).count("\0") for chunk, is_last in _chunks(stream))
    except UnicodeError:
        return None


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The stream's bytes, then an empty chunk that says so."""
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk, False
    yield b"", True
