"""Sources: described, read and cleaned, and forgotten when they leave."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from dataset_platform import engine, ingest
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.errors import InputError, PlatformError
from dataset_platform.ingest.checking import CheckedSource, check_source
from dataset_platform.ingest.sniffing import UNDECIDED_LICENSE
from dataset_platform.ingest.source_folders import source_folder
from dataset_platform.jobs import clean_source
from dataset_platform.operations.runs import ByRuns
from dataset_platform.storage.landing import (
    SOURCE_NAMES,
    departed,
    is_source_name,
    landed_sources,
    stray_files,
)

LINES_SHOWN = 10


@dataclass(frozen=True)
class Cleaned:
    """Sources that were read and cleaned, and what stopped each of the others."""

    done: Sequence[str]
    failed: Mapping[str, PlatformError]

    @property
    def failure(self) -> PlatformError | None:
        """What went wrong, with the highest exit status among it; None when nothing did."""
        if not self.failed:
            return None
        worst = max(self.failed.values(), key=lambda error: error.exit_status)
        if len(self.failed) == 1:
            return worst
        lines = [f"{name}: {error}" for name, error in self.failed.items()]
        count = f"{len(self.failed)} of {len(self.done) + len(self.failed)} sources failed:"
        return type(worst)("\n".join([count, *lines]))


class Sources(ByRuns):
    """What is done with sources, one partition each."""

    def check(self, target: str, name: str | None, write: bool, force: bool) -> CheckedSource:
        """Holds a source's description against its files, or drafts one; the only thing that is no run.

        `target` is the source's name or any folder, `name` what it is to be called.
        """
        folder = source_folder(self.storage.store, self.storage.settings.raw_prefix, target, name)
        path = self.storage.description_path(folder.source)
        with self.runs.progress.task(f"Read {folder.url}"):
            return check_source(folder, path, write, force)

    def clean(self, names: Sequence[str] = ()) -> Cleaned:
        """Reads and cleans the named sources, or all that are described, one run each.

        A source that fails does not stop the others; the runs share the tag `cleaned_together`. One that
        left the landing area is forgotten. Raises InputError, before anything runs, for another name without
        a description or without files.
        """
        engine.start(self.storage.settings)
        described = ingest.description_paths(self.storage.settings.sources_dir)
        landed = landed_sources(self.storage.store, self.storage.settings.raw_prefix)
        left = self._forget_those_that_left(landed)
        chosen = [name for name in names or sorted(described.keys() & landed.keys()) if name not in left]
        for name in chosen:
            self._require(name, described, landed)
        if not names:
            self._tell_what_is_not_read(described, landed)
        if not chosen and not names:
            raise InputError(
                f"no source has both a description in {self.storage.settings.sources_dir}/ and files in "
                f"{self.storage.store.url(self.storage.settings.raw_prefix)}/; "
                "try `dataset-platform sources samples`"
            )
        self.tell_undecided_licenses(chosen)
        done, failed = [], {}
        tags = {"cleaned_together": uuid4().hex[:8]}
        for name in chosen:
            try:
                ingest.load_description(described[name])
                self.runs.run_partition(clean_source.name, SOURCES, name, f"Read and clean {name}", tags=tags)
                done.append(name)
            except PlatformError as error:
                failed[name] = error
        return Cleaned(done, failed)

    def known(self) -> list[str]:
        """The sources that a release is made of."""
        return sorted(self.runs.instance.get_dynamic_partitions(str(SOURCES.name)))

    def tell_undecided_licenses(self, names: Collection[str]) -> None:
        """Names the sources whose draft nobody finished; a broken description is told of elsewhere."""
        undecided = []
        for name in names:
            with suppress(InputError):
                description = ingest.load_description(self.storage.description_path(name))
                undecided += [name] if description.license == UNDECIDED_LICENSE else []
        if undecided:
            self.runs.progress.note(
                f"warning: license of {', '.join(undecided)} is undecided: write what their owners allow in "
                f"{self.storage.description_path('<name>')}"
            )

    def _tell_what_is_not_read(self, described: Collection[str], landed: Collection[str]) -> None:
        """What lies in the landing area and is no described source, and descriptions of nothing."""
        store, landing = self.storage.store, self.storage.settings.raw_prefix
        folder = store.url(landing)
        lines = [
            f"{folder}/{name}/ is not read: no {self.storage.description_path(name)} describes it; "
            f"try `dataset-platform sources check {name}`"
            for name in sorted(set(landed) - set(described))
        ]
        lines += [
            f"{folder}/{name} is not read: it lies in the folder of no source; move it into one"
            for name in stray_files(store, landing)
        ]
        lines += [
            f"{self.storage.description_path(name)} describes nothing: there are no files in {folder}/{name}/"
            for name in sorted(set(described) - set(landed))
        ]
        for line in lines[:LINES_SHOWN]:
            self.runs.progress.note(f"warning: {line}")
        if len(lines) > LINES_SHOWN:
            self.runs.progress.note(f"warning: and {len(lines) - LINES_SHOWN} more that are not read")

    def _require(self, name: str, described: Collection[str], landed: Collection[str]) -> None:
        path = self.storage.description_path(name)
        if not is_source_name(name):
            raise InputError(f"source {name!r}: {SOURCE_NAMES}; rename its folder and description")
        if name not in described:
            raise InputError(f"source {name}: no {path} describes it")
        if name not in landed:
            origin = ingest.load_description(path).origin
            hint = f"; try `dataset-platform sources fetch {name}`" if origin else ""
            raise InputError(
                f"{self.storage.store.url(self.storage.landing_prefix(name))}: no files to read{hint}"
            )

    def _forget_those_that_left(self, landed: Collection[str]) -> list[str]:
        """The sources without files, taken out of the partitions, so that later releases lack them."""
        left = departed(self.known(), landed)
        for name in left:
            self.runs.instance.delete_dynamic_partition(str(SOURCES.name), name)
            self.runs.progress.note(f"{name} left the landing area; releases from now on are made without it")
        return left
