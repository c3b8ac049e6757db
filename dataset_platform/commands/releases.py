"""What is done with published releases: verify, rebuild, compare, trace, withdraw, sign."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dataset_platform.commands.context import Json, Version, operations_of_this_project
from dataset_platform.errors import InputError, UsageError
from dataset_platform.schemas import WithdrawnBy


def verify(
    version: Version,
    public_key: Annotated[
        Path | None, typer.Option(help="Public key in PEM that must have signed it; DATASET_PUBLIC_KEY.")
    ] = None,
    json: Json = False,
) -> None:
    """Hold every byte of a release against its manifest: SHA-256, rows, columns, accounts, reports.

    Missing, additional, truncated and changed files are named, each with what was expected. A QA report
    beside the release must be on this manifest. With a public key, the signature is checked, too.

    Example: dataset-platform verify --version 1.0.0 --public-key release-key.pem.pub

    Exit status: 0 every byte is as published; 1 something differs, each finding is named; 2 no such release,
    or no such key.
    """
    from dataset_platform.results.releases import verification_result

    with operations_of_this_project() as operations:
        verification_result(operations.storage, version, public_key).print(json)


def trace(
    target: Annotated[
        str,
        typer.Argument(
            help="A source; a file, by its path below the landing area or its SHA-256; or a conversation_id, "
            "of which the first digits do.",
            show_default=False,
        ),
    ],
    json: Json = False,
) -> None:
    """Tell where a conversation came from and went to, or what holds rows of a file or a source.

    Reads the ledgers of all releases and the manifests of all checkpoints. A conversation is shown with its
    file, position, fate at every step, and split; a file or a source with its rows in every release.

    Example: dataset-platform trace standard_therapeutic

    Exit status: 0 done; 1 a release is damaged; 2 no release knows it, or the digits fit several.
    """
    from dataset_platform import lineage
    from dataset_platform.results.lineage import trace_result

    with operations_of_this_project() as operations, operations.progress.task("Read ledgers"):
        found = lineage.trace(operations.storage, target)
    trace_result(found).print(json)


def withdraw(
    conversation: Annotated[
        str | None, typer.Option(help="Id of a conversation; its first digits do.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="A source file: its SHA-256, or its path below the landing area.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="A source, with whatever it will ever deliver.")] = None,
    text_file: Annotated[
        str | None,
        typer.Option(
            help="File with words that were said, 40 letters or more; `-` reads them from standard input."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, without any names: it is kept for good.")] = None,
    only_exact: Annotated[
        bool, typer.Option("--only-exact", help="Leave near duplicates of withdrawn conversations in.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show what was withdrawn so far.")] = False,
    json: Json = False,
) -> None:
    """Keep a conversation, a file, a source or a text out of every release from now on.

    Writes an entry with date and reason to the log of withdrawals, which is never changed, and lists the
    releases and checkpoints that have its rows. The rows are known by their content: delivered again under
    another name, position or source they stay out. Only digests are stored, never the text.

    Example: dataset-platform withdraw --conversation 3f9a6c0e --reason "consent withdrawn"

    Exit status: 0 done; 1 the log or a release is damaged; 2 nothing of this name is known, or an option is
    missing.
    """
    from dataset_platform.results.lineage import withdrawal_result, withdrawals_result

    with operations_of_this_project() as operations:
        if list_:
            withdrawals_result(operations.releases.withdrawals()).print(json)
            return
        named = {
            WithdrawnBy.CONVERSATION: conversation,
            WithdrawnBy.FILE: file,
            WithdrawnBy.SOURCE: source,
            WithdrawnBy.TEXT: text_file and _text_in(text_file),
        }
        given = [(by, value) for by, value in named.items() if value]
        if len(given) != 1:
            raise UsageError("name one of --conversation, --file, --source and --text-file")
        if not (reason or "").strip():
            raise UsageError("--reason is missing: say why, such as `consent withdrawn`")
        ((by, value),) = given
        withdrawal_result(operations.releases.withdraw(by, value, str(reason).strip(), not only_exact)).print(
            json
        )


def _text_in(file: str) -> str:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); name another file") from None


def keygen(
    to: Annotated[Path, typer.Argument(help="File for the private key.", show_default=False)],
    json: Json = False,
) -> None:
    """Make a pair of Ed25519 keys: a private one to sign releases with, and FILE.pub to check them.

    Keep the private key where only the publisher reads it, and give everyone else the public one.

    Example: dataset-platform keygen release-key.pem

    Exit status: 0 done; 2 one of the files exists.
    """
    from dataset_platform.results.releases import keys_result

    keys_result(to).print(json)


def diff(
    before: Annotated[str, typer.Argument(help="Version to compare from.", show_default=False)],
    after: Annotated[str, typer.Argument(help="Version to compare to.", show_default=False)],
    html: Annotated[Path | None, typer.Option(help="Write a page with all of it here, too.")] = None,
    json: Json = False,
) -> None:
    """Tell what changed between two releases: rows with reasons, the mix, lengths, quality gates.

    A removed row has the reason that the second release's ledger gives; an added one that of the first. A row
    is changed when the same record says something else, and moved when it went to another split.

    Example: dataset-platform diff 1.0.0 1.1.0 --html difference.html

    Exit status: 0 done, also when they differ; 1 a release is damaged; 2 no such release.
    """
    from dataset_platform.results.difference import difference_result

    with operations_of_this_project() as operations:
        difference_result(operations.storage, before, after, html).print(json)


def rebuild(
    lock: Annotated[Path | None, typer.Option(help="config_lock.json of the release.")] = None,
    version: Annotated[str | None, typer.Option(help="Or its version, if it lies in storage.")] = None,
    out: Annotated[Path | None, typer.Option(help="Keep the rebuilt release in this new folder.")] = None,
    json: Json = False,
) -> None:
    """Build a release again from its inputs, and compare every file with the published one.

    Reads the files of the landing area that the lock names, with the installed program, in a place of its
    own: the published release, today's tables and their history are not touched. When bytes differ, what made
    the first release and not this one is named: commit, packages, code versions, models.

    Example: dataset-platform rebuild --lock data/exports/v1.0.0/config_lock.json

    Exit status: 0 the same bytes; 1 a file differs; 2 an input that the lock names is gone or has other
    bytes: each is named, and nothing was built.
    """
    if (lock is None) == (version is None):
        raise UsageError("name the release by one of --lock and --version")
    from dataset_platform.rebuilding import rebuild as rebuild_release
    from dataset_platform.rebuilding import release_lock
    from dataset_platform.results.rebuilding import rebuild_result

    with operations_of_this_project() as operations:
        lock_file = lock or release_lock(operations.storage, str(version))
        rebuild_result(rebuild_release(operations.storage, lock_file, out, operations.progress)).print(json)
