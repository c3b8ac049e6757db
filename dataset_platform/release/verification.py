"""Does a release folder hold what its manifest says?

`verify` reads; it changes nothing and raises for no release, however damaged:
every problem is a finding. Contents are looked at only where the bytes are right,
so one damage gives one finding.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.contents import wrong_contents
from dataset_platform.release.files import CARD, ReleaseFiles, version_of_manifest
from dataset_platform.release.findings import Finding, Problem
from dataset_platform.release.judged_card import is_judged
from dataset_platform.release.manifest import (
    CANARIES,
    FileEntry,
    Manifest,
    dataset_hash,
    file_sha256,
    find_manifest,
    read_manifest,
)
from dataset_platform.release.signing import signature_problems


@dataclass(frozen=True)
class Verification:
    """Everything found wrong, with the entries of the files that were hashed."""

    findings: tuple[Finding, ...]
    entries: tuple[FileEntry, ...] = ()

    @property
    def files_checked(self) -> int:
        return len(self.entries)

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.entries)

    @property
    def passed(self) -> bool:
        return not self.findings


def verify(
    folder: Path, public_key: Ed25519PublicKey | None = None, attached: Mapping[str, str] | None = None
) -> Verification:
    """All findings about a release folder; none means that each byte is as published.

    With a key, the manifest must be signed by it. With `attached`, the SHA-256s by name of the reports that
    were attached, as far as they are known, the reports beside the release and what the card says of them are
    looked at, too: they must cite this manifest. They are left out where a release is read, so that a damaged
    report can be made again.
    """
    try:
        manifest = read_manifest(folder)
    except VerificationFailed as error:
        return Verification((Finding(folder.name, Problem.MANIFEST, str(error)),))
    findings = [*_names(folder, manifest), *_lists(manifest)]
    damaged = set()
    for entry in manifest.files:
        damages = list(_damages(folder / entry.name, entry))
        damaged |= {finding.file for finding in damages}
        findings += damages
    findings += wrong_contents(folder, manifest, damaged)
    if attached is not None:
        findings += _attachments(folder, ReleaseFiles(manifest.version), attached)
    findings += _signature(folder, ReleaseFiles(manifest.version), public_key)
    return Verification(
        tuple(sorted(findings, key=lambda finding: (finding.file, finding.problem, finding.detail))),
        tuple(entry for entry in manifest.files if (folder / entry.name).is_file()),
    )


def _names(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """The manifest's own name, and files that nobody lists."""
    name = find_manifest(folder).name
    if version_of_manifest(name) != manifest.version:
        yield Finding(name, Problem.MANIFEST, f"describes version {manifest.version}")
    files = ReleaseFiles(manifest.version)
    known = {entry.name for entry in manifest.files} | {name, files.signature, *files.attachments}
    homes = {PurePosixPath(entry.name).parent.as_posix() for entry in manifest.files}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if place not in known and not (path.is_dir() and place in homes):
            yield Finding(place, Problem.EXTRA, "is not listed in the manifest")


def _attachments(folder: Path, files: ReleaseFiles, attached: Mapping[str, str]) -> Iterator[Finding]:
    """Reports on another release, or with other bytes than were attached."""
    cited = file_sha256(find_manifest(folder)).encode()
    for name in (*files.attachments, *({CARD} & attached.keys())):
        path = folder / name
        if not path.is_file():
            if name in attached:
                yield Finding(name, Problem.MISSING, "was attached to the release and is gone")
        elif name in attached and file_sha256(path) != attached[name]:
            yield Finding(name, Problem.CHANGED, f"SHA-256 is not {attached[name]}, as it was attached")
        elif name not in files.review_queue and cited not in path.read_bytes():
            yield Finding(
                name, Problem.ATTACHMENT, "does not cite this manifest: it reports on another release"
            )


def _signature(folder: Path, files: ReleaseFiles, key: Ed25519PublicKey | None) -> Iterator[Finding]:
    for problem in signature_problems(folder, key) if key else ():
        yield Finding(files.signature, Problem.SIGNATURE, problem)


def _lists(manifest: Manifest) -> Iterator[Finding]:
    """What the manifest must list, and the sums within it."""
    files = ReleaseFiles(manifest.version)
    listed = [entry.name for entry in manifest.files]
    dataset = [entry for entry in manifest.files if files.holds_rows(entry.name)]
    expected = [*(entry.name for entry in dataset), *files.about_rows]
    if sorted(listed) != sorted(expected):
        yield Finding(
            files.manifest,
            Problem.MANIFEST,
            f"lists {len(listed)} files, expected shards and {', '.join(files.about_rows)}",
        )
    if dataset_hash(dataset) != manifest.dataset_hash:
        yield Finding(files.manifest, Problem.MANIFEST, "dataset_hash does not follow from the files listed")
    sums: dict[str, set[int | None]] = {
        "files of rows": _rows_by_format(dataset),
        "distribution": {sum(count.rows for count in manifest.distribution)},
        "ledger": {sum(line.exported for line in manifest.ledger)},
    }
    for what, found in sums.items():
        if found != {manifest.rows}:
            numbers = ", ".join(sorted(map(str, found)))
            yield Finding(files.manifest, Problem.COUNTS, f"{what}: {numbers} rows, expected {manifest.rows}")
    if _drawn(manifest) != _held(manifest):
        yield Finding(files.manifest, Problem.COUNTS, "mix: rows drawn differ from those by stage and source")
    if any(manifest.leaks.model_dump().values()):
        yield Finding(files.manifest, Problem.COUNTS, "leaks: not 0, and no release with leaks is published")


def _drawn(manifest: Manifest) -> dict[tuple[str, str | None], int]:
    """Rows by stage, and by stage and source, as the mix has them."""
    lines = (*manifest.mix_by_stage, *manifest.mix_by_source)
    return {(line.stage, line.source): line.drawn for line in lines if line.drawn}


def _held(manifest: Manifest) -> dict[tuple[str, str | None], int]:
    """The same as the rows by split, source and stage have them, but for canaries, which nobody draws."""
    rows: Counter[tuple[str, str | None]] = Counter()
    for count in manifest.distribution:
        if count.source != CANARIES:
            rows[count.stage, None] += count.rows
            rows[count.stage, count.source] += count.rows
    return rows


def _rows_by_format(dataset: Iterable[FileEntry]) -> set[int | None]:
    """Rows of the shards of each format."""
    rows: Counter[str] = Counter()
    for entry in dataset:
        rows[PurePosixPath(entry.name).parent.as_posix()] += entry.rows or 0
    return set(rows.values())


def _damages(path: Path, entry: FileEntry) -> Iterator[Finding]:
    """What is wrong with the bytes of a file."""
    try:
        if not _is_judged_card(path, entry):
            yield from _bytes(path, entry)
    except OSError as error:
        yield Finding(entry.name, Problem.UNREADABLE, str(error.strerror))


def _is_judged_card(path: Path, entry: FileEntry) -> bool:
    if entry.name != CARD or not path.is_file() or path.stat().st_size <= entry.bytes:
        return False
    return is_judged(path.read_bytes(), entry, file_sha256(find_manifest(path.parent)))


def _bytes(path: Path, entry: FileEntry) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding(entry.name, Problem.MISSING, f"{entry.bytes} bytes expected")
        return
    size = path.stat().st_size
    if size != entry.bytes:
        problem = Problem.TRUNCATED if size < entry.bytes else Problem.GROWN
        yield Finding(entry.name, problem, f"{size} bytes, expected {entry.bytes}")
    elif (found := file_sha256(path)) != entry.sha256:
        yield Finding(entry.name, Problem.CHANGED, f"SHA-256 {found}, expected {entry.sha256}")
