"""A folder of files: which of them hold conversations, and the description that reads them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from dataset_platform.errors import InputError
from dataset_platform.ingest.landing import LandedFile, select
from dataset_platform.ingest.sniffing.draft import Draft, draft
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.files import (
    EMPTY,
    NO_SPEAKERS,
    NOTHING_FOUND,
    SniffedFile,
    Unread,
    sniff_file,
)
from dataset_platform.ingest.sniffing.globs import globs_for, suffix
from dataset_platform.ingest.sniffing.readings import Reading, reading
from dataset_platform.ingest.sniffing.together import fields_in_common

SNIFFED_FILES = 40
"""Files of a folder whose heads are looked at, evenly over their kinds."""

_POOLED_RECORDS = 2_000
_SHOWN_REASONS = 5


def sniff(name: str, files: Sequence[LandedFile]) -> Draft:
    """A description that reads the conversations that most bytes of the files hold.

    `name` is the source's, with which the files' names begin. Looks at the first MiB of
    at most SNIFFED_FILES files. Raises InputError when none of them holds
    conversations that the readers know, and for the names that `select` refuses.
    """
    looked_at = _spread(select(name, ["**"], files))
    seen = [sniff_file(file) for file in looked_at]
    sniffed = [one for one in seen if isinstance(one, SniffedFile)]
    found = _readable(sniffed)
    unread = [one for one in seen if isinstance(one, Unread)]
    left_out = {one.file.name: one.why for one in unread}
    if not found:
        raise InputError(_nothing(name, len(files), left_out))
    # Beside data, text without speakers is what a README is.
    left_out = {file: NOTHING_FOUND if why == NO_SPEAKERS else why for file, why in left_out.items()}
    left_out |= {one.file.name: f"{NOTHING_FOUND}: {one.problem}" for one in sniffed if one not in found}
    chosen, pooled = _pooled(name, found)
    names = sorted(sniffed.file.name for sniffed in chosen)
    left_out |= {
        sniffed.file.name: f"holds conversations as {sniffed.reader}: give it a source of its own"
        for sniffed in found
        if sniffed not in chosen
    }
    below, endings = len(f"{name}/"), {suffix(chosen_name) for chosen_name in names}
    broken = {one.file.name for one in unread if one.is_broken and suffix(one.file.name) in endings}
    others = [other[below:] for other in left_out if other not in broken]
    globs = globs_for([chosen_name[below:] for chosen_name in names], others)
    read = {file.name for file in select(name, globs, files)}
    left_out = {other: why for other, why in left_out.items() if other not in read}
    told = read | left_out.keys()
    left_out |= _like_seen([file for file in files if file.name not in told], left_out)
    doubts = pooled.doubts
    if guessed := pooled.keys.get("encoding"):
        doubts += (f"the text is no UTF-8 and seems to be {guessed}: look at its accents and quotes",)
    keys = pooled.keys
    of_turns = {field for turns in keys.get("turns", ()) for field in turns.get("keep", ())}
    if together := fields_in_common(_pooled_records(chosen), of_turns):
        keys = {**keys, "split_together": together}
        agreeing = " and ".join(f"`{field}`" for field in together)
        doubts += (f"conversations that agree in {agreeing} stay in one split: see if they belong together",)
    return draft(name, globs, keys, doubts, left_out)


def _readable(sniffed: Sequence[SniffedFile]) -> list[SniffedFile]:
    """The files of which records can be read, and those with the same turns; all, where there is none."""
    turns = [one.turns for one in sniffed if one.problem is None]
    return [one for one in sniffed if not turns or one.turns in turns]


def _like_seen(files: Sequence[LandedFile], left_out: Mapping[str, str]) -> dict[str, str]:
    """Of files that were not looked at, why those are left out that end like one that was."""
    like = {suffix(seen): f"is like {seen}: {why}" for seen, why in left_out.items() if not _is_its_own(why)}
    return {file.name: like[suffix(file.name)] for file in files if suffix(file.name) in like}


def _is_its_own(why: str) -> bool:
    """Whether files that are called alike need not be left out for the same reason."""
    return why == EMPTY or why.startswith(NOTHING_FOUND)


def _nothing(name: str, files: int, why: Mapping[str, str]) -> str:
    firsts: dict[str, str] = {}
    for file, reason in sorted(why.items(), key=lambda told: told[1].startswith(NOTHING_FOUND)):
        told = reason.removeprefix(f"{NOTHING_FOUND}: ")
        if told != NOTHING_FOUND:
            firsts.setdefault(told, file)
    shown = [f"{file}: {reason}; " for reason, file in firsts.items()]
    return (
        f"{name}: no conversations found in {len(why)} of {files} files; "
        + "".join(shown[:_SHOWN_REASONS])
        + "docs/sources.md shows every shape that can be described"
    )


def _pooled(name: str, found: Sequence[SniffedFile]) -> tuple[list[SniffedFile], Reading]:
    """The files that one description reads, be it fewer than look alike, and how it reads them all."""
    for likeness in (_cut_alike, _read_alike, _named_alike):
        chosen = _most(found, likeness)
        pooled = reading(_pooled_keys(chosen), _pooled_records(chosen))
        if pooled is not None:
            return chosen, pooled
    raise InputError(
        f"{name}: its files are too different from each other; give each kind a source of its own"
    )


def _cut_alike(sniffed: SniffedFile) -> str:
    return f"{sniffed.reader} {sniffed.keys.get('csv', '')}"


def _read_alike(sniffed: SniffedFile) -> str:
    return f"{_cut_alike(sniffed)} {sniffed.turns}"


def _named_alike(sniffed: SniffedFile) -> str:
    return sniffed.file.name


def _spread(files: Sequence[LandedFile]) -> list[LandedFile]:
    """At most SNIFFED_FILES of the files: of each ending as many, from all over the folder."""
    if len(files) <= SNIFFED_FILES:
        return list(files)
    kinds: dict[str, list[LandedFile]] = {}
    for file in files:
        kinds.setdefault(suffix(file.name), []).append(file)
    share = max(1, SNIFFED_FILES // len(kinds))
    spread = (
        alike[number * len(alike) // min(share, len(alike))]
        for alike in kinds.values()
        for number in range(min(share, len(alike)))
    )
    return list(islice(spread, SNIFFED_FILES))


def _most(found: Sequence[SniffedFile], likeness: Callable[[SniffedFile], str]) -> list[SniffedFile]:
    """The files of that kind which has most bytes."""
    kinds: dict[str, list[SniffedFile]] = {}
    for sniffed in found:
        kinds.setdefault(likeness(sniffed), []).append(sniffed)
    return max(kinds.values(), key=lambda alike: sum(sniffed.bytes for sniffed in alike))


def _pooled_keys(chosen: Sequence[SniffedFile]) -> dict[str, Any]:
    """The keys that all files share, with every place where one of them has records."""
    keys: dict[str, Any] = {}
    places: dict[str, None] = {}
    for sniffed in chosen:
        keys |= sniffed.keys
        places |= dict.fromkeys(sniffed.keys.get("records", ()))
    return keys | ({"records": list(places)} if places else {})


def _pooled_records(chosen: Sequence[SniffedFile]) -> list[Record]:
    each = -(-_POOLED_RECORDS // len(chosen))
    return [record for sniffed in chosen for record in sniffed.records[:each]]
