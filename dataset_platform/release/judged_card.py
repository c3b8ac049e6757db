"""The card once its release was judged: the bytes that were published and, behind them, the verdict in short.

The manifest lists the card as it was published, so its beginning is proven by size and SHA-256 there
(`head -c BYTES README.md | sha256sum`); the rest is attached as the QA report is, and cites the manifest.
"""

import hashlib
from pathlib import Path

from dataset_platform.release.files import CARD
from dataset_platform.release.manifest import FileEntry, read_manifest


def published_card(folder: Path) -> bytes:
    """The card of a release folder as it was published."""
    return (folder / CARD).read_bytes()[: read_manifest(folder).file(CARD).bytes]


def write_judged_card(published: Path, verdict: str, out: Path) -> None:
    """The card of the release folder `published` with the verdict, as a file in the folder `out`."""
    (out / CARD).write_bytes(published_card(published) + b"\n" + verdict.encode())


def is_judged(card: bytes, entry: FileEntry, manifest_sha256: str) -> bool:
    """Whether a card is what its entry in the manifest lists, with a verdict on this manifest behind."""
    published, verdict = card[: entry.bytes], card[entry.bytes :]
    return hashlib.sha256(published).hexdigest() == entry.sha256 and manifest_sha256.encode() in verdict
