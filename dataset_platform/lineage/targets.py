"""What somebody may want withdrawn, by the names that they know it by, and the tables it is looked up in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import daft
import polars as pl

from dataset_platform.curate.fingerprints import Snippet
from dataset_platform.errors import InputError, UsageError
from dataset_platform.lineage.places import PublishedRelease, damage_told, published_releases
from dataset_platform.lineage.tracing import SHORTEST_PREFIX
from dataset_platform.release.withdrawals import Stretch
from dataset_platform.release.withdrawn import PLACE
from dataset_platform.schemas import CLEAN, CLUSTERS, HEX_SHA256, RAW, Contract, WithdrawnBy
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.store import published_folders
from dataset_platform.storage.work import open_folder

SHORTEST_TEXT = 40
"""Letters and digits of a snippet, at least: fewer are found in what other people said, too, and a digest of
few letters can be guessed."""


@dataclass(frozen=True)
class Target:
    """What is to be withdrawn."""

    by: WithdrawnBy
    value: str
    stretch: Stretch | None = None


class CurrentTables:
    """What the steps before a release hold now, over all sources; empty where nothing was read yet."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @cached_property
    def raw(self) -> daft.DataFrame:
        return self._frame("raw_conversations", RAW)

    @cached_property
    def clean(self) -> daft.DataFrame:
        return self._frame("clean_conversations", CLEAN)

    @cached_property
    def clusters(self) -> pl.DataFrame:
        """Place and cluster of every duplicate that the last release knew."""
        return pl.DataFrame(
            self._frame("duplicate_clusters", CLUSTERS).select(*PLACE, "cluster_id").to_arrow()
        )

    def _frame(self, asset: str, contract: Contract) -> daft.DataFrame:
        store = self._storage.store
        prefixes = published_folders(store, f"{self._storage.settings.processed_prefix}/{asset}")
        folders = (open_folder(store, prefix) for prefix in prefixes)
        paths = [
            str(folder.path / file.name) for folder in folders if folder for file in folder.manifest.files
        ]
        return daft.read_parquet(paths) if paths else daft.from_arrow(contract.arrow.empty_table())


def text_target(text: str) -> Target:
    """Every conversation that says this; raises UsageError for a text too short to be anybody's own."""
    snippet = Snippet.of(text)
    if snippet.length < SHORTEST_TEXT:
        raise UsageError(
            f"the text has {snippet.length} letters and digits; give {SHORTEST_TEXT} or more, so that it is "
            "found in no other conversation"
        )
    return Target(WithdrawnBy.TEXT, snippet.sha256, Stretch.of(snippet))


@damage_told()
def target_of(storage: Storage, by: WithdrawnBy, named: str) -> Target:
    """The conversation, file or source of this name.

    Raises InputError when nothing is known of it, or when it is a canary, which only the spec takes back.
    """
    releases = published_releases(storage)
    known = set(_known(CurrentTables(storage).raw, releases, by, named))
    if not known and by is WithdrawnBy.CONVERSATION:
        _refuse_canaries(releases, named)
    whole = by is not WithdrawnBy.SOURCE and re.fullmatch(HEX_SHA256, named)
    if not known and not whole:
        raise InputError(f"no table and no release knows a {by} {named!r}; {_NAMED_BY[by]}")
    if len(known) > 1:
        raise InputError(f"{named} fits {len(known)} of them: {', '.join(sorted(known)[:5])}; name one")
    return Target(by, known.pop() if known else named)


def _refuse_canaries(releases: Sequence[PublishedRelease], named: str) -> None:
    for one in releases:
        begins = pl.col("conversation_id").str.starts_with(named)
        if not one.canaries.filter(begins).head(1).collect().is_empty():
            raise InputError(
                f"{named} is a canary of release {one.version}, and no person's; take `canaries` out of the "
                "spec of the next release"
            )


_NAMED_BY = {
    WithdrawnBy.CONVERSATION: f"give {SHORTEST_PREFIX} or more digits of its id, as a release has it",
    WithdrawnBy.FILE: "give its path below the landing area, or its SHA-256",
    WithdrawnBy.SOURCE: "give its name as `dataset-platform sources list` has it",
}


def _known(
    raw: daft.DataFrame, releases: Sequence[PublishedRelease], by: WithdrawnBy, named: str
) -> Iterator[str]:
    """Full names in tables and releases that the one given may stand for."""
    if by is WithdrawnBy.CONVERSATION and len(named) >= SHORTEST_PREFIX:
        begins_so = daft.col("conversation_id").startswith(named)
        ids = raw.select("conversation_id").where(begins_so).distinct()
        yield from ids.to_pydict()["conversation_id"]
        begins = pl.col("conversation_id").str.starts_with(named)
        for one in releases:
            yield from one.delivered.filter(begins).select("conversation_id").collect().to_series()
    elif by is WithdrawnBy.SOURCE:
        yield from (
            raw.select("source").where(daft.col("source") == daft.lit(named)).distinct().to_pydict()["source"]
        )
        for one in releases:
            yield from one.delivered.filter(source=named).select("source").head(1).collect().to_series()
    elif by is WithdrawnBy.FILE:
        files = raw.select("origin_file", "origin_sha256").distinct().to_pydict()
        pairs = [*zip(files["origin_file"], files["origin_sha256"], strict=True)]
        pairs += [pair for one in releases for pair in one.input_sha256s.items()]
        yield from (sha256 for name, sha256 in pairs if named in (name, sha256))
