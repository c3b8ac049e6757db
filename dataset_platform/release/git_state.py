"""The state of the repository that a release is built in: its commit, and what was changed since."""

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from dataset_platform.release.spec import Frozen
from dataset_platform.storage.files import sha256_of

UNKNOWN = "unknown"
GIT_TIMEOUT_S = 20
# As every git writes it, whatever its user prefers to see.
PLAIN_DIFF = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--binary",
    "--full-index",
    "-U3",
)
PLAIN = ("-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false", "-c", "diff.algorithm=myers")


class GitState(Frozen):
    """`dirty` is null where there is no repository to ask.

    `diff_sha256` tells one dirty state from another: SHA-256 over the diff to the commit, and over name and
    SHA-256 of every untracked file that git does not ignore.
    """

    commit: str
    dirty: bool | None
    diff_sha256: str | None = None


def git_state(folder: Path, except_for: Iterable[Path] = ()) -> GitState:
    """The state of the repository around a folder, but for the places that the platform itself writes to."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return GitState(commit=UNKNOWN, dirty=None)
    changed = _changes(
        folder, [f":(exclude){path.as_posix()}" for path in except_for if not path.is_absolute()]
    )
    if changed is None:
        return GitState(commit=commit.decode().strip(), dirty=None)
    return GitState(
        commit=commit.decode().strip(),
        dirty=bool(changed),
        diff_sha256=hashlib.sha256(changed).hexdigest() if changed else None,
    )


def _changes(folder: Path, but: list[str]) -> bytes | None:
    """The diff to the commit, and a line for each untracked file; empty in a clean repository."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    diff = _git(folder, *PLAIN, *PLAIN_DIFF, "HEAD", "--", ":/", *but)
    names = _git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/", *but)
    if top is None or diff is None or names is None:
        return None
    root = Path(os.fsdecode(top.rstrip(b"\n")))
    untracked = [
        f"{sha256_of(root / os.fsdecode(name))}  ".encode() + name + b"\0"
        for name in sorted(names.split(b"\0"))
        if (root / os.fsdecode(name)).is_file()
    ]
    return b"".join([diff, *untracked])


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, or None where git or a repository is absent."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout
