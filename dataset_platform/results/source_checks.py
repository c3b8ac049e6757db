"""A source's description held against its files, or drafted from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dataset_platform import ingest
from dataset_platform.display import Row, Shown
from dataset_platform.errors import InputError
from dataset_platform.ingest.checking import Checked, ReadRecord, check
from dataset_platform.ingest.sniffing import DECISIONS, Draft, sniff
from dataset_platform.ingest.source_folders import SourceFolder, source_folder
from dataset_platform.storage.io_managers import Storage

SHOWN_TURNS = 6
SHOWN_CHARACTERS = 100
SHOWN_FILES = 10


def check_result(storage: Storage, target: str, name: str | None, write: bool, force: bool) -> Shown:
    """What a source's description reads of its files, or a draft's where there is none.

    A draft is written to the place of descriptions if `write`, and made in any case if `force`.
    """
    settings = storage.settings
    folder = source_folder(storage.store, settings.raw_prefix, target, name)
    path = settings.sources_dir / f"{folder.source}.yaml"
    if path.exists() and not force:
        checked = check(ingest.load_description(path), folder.files)
        facts = {"description": str(path), "written": False, "draft": None, "unsure": []}
        return Shown(facts).then(_checked(folder, checked, {})).then(Shown({}, closing=_next(folder)))
    draft = sniff(folder.source, folder.files)
    checked = check(draft.description, folder.files)
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(draft.yaml)
    facts = {"description": str(path), "written": write, "draft": draft.yaml, "unsure": list(draft.doubts)}
    closing = [*_decisions(draft, path, write), *_next(folder)]
    return Shown(facts).then(_checked(folder, checked, draft.left_out)).then(Shown({}, closing=closing))


def _checked(folder: SourceFolder, checked: Checked, why_ignored: Mapping[str, str]) -> Shown:
    left_out: list[Row] = [
        {"file": name, "why": why_ignored.get(name, "no glob under `files` matches it")}
        for name in checked.ignored
    ]
    lost: list[Row] = [
        {
            "reason": group.reason.value,
            "file": group.origin_file,
            "records": group.records,
            "first": group.detail,
            "cure": group.cure,
        }
        for group in checked.quarantined
    ]
    share = f" ({checked.kept / checked.read:.1%})" if checked.read else ""
    verdict = f"{checked.kept:,} of {checked.read:,} records of {folder.source} would be read{share}"
    nothing = InputError(f"{folder.url}: no record could be read") if not checked.kept else None
    return Shown(
        facts={
            "source": folder.source,
            "folder": folder.url,
            "records": checked.read,
            "kept": checked.kept,
            "quarantined": lost,
            "left_out": left_out,
            "first_records": [_record_facts(record) for record in checked.first],
        },
        tables={
            **{_title(record): _turns(record) for record in checked.first},
            **_some("Records that would not be read", lost),
            **_some("Files that are left out", left_out),
        },
        closing=[verdict],
        failure=nothing,
    )


def _title(record: ReadRecord) -> str:
    return f"{record.origin_file}, record {record.origin_position}, {len(record.turns)} turns"


def _turns(record: ReadRecord) -> list[Row]:
    rows: list[Row] = [{"role": role, "text": _short(text)} for role, text in record.turns[:SHOWN_TURNS]]
    more = len(record.turns) - SHOWN_TURNS
    return [*rows, {"role": "…", "text": f"{more} more turns"}] if more > 0 else rows


def _record_facts(record: ReadRecord) -> dict[str, object]:
    return {
        "origin_file": record.origin_file,
        "origin_position": record.origin_position,
        "messages": [{"role": role, "content": _short(text)} for role, text in record.turns],
    }


def _short(text: str) -> str:
    """The start of the text on one line, without what a terminal would obey."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= SHOWN_CHARACTERS else f"{plain[: SHOWN_CHARACTERS - 1]}…"


def _some(title: str, rows: Sequence[Row]) -> dict[str, Sequence[Row]]:
    if len(rows) > SHOWN_FILES:
        title = f"{title} (the first {SHOWN_FILES} of {len(rows):,}; --json has all)"
    return {title: rows[:SHOWN_FILES]} if rows else {}


def _decisions(draft: Draft, path: Path, written: bool) -> list[str]:
    unsure = [f"unsure: {doubt}" for doubt in draft.doubts]
    if not written:
        return [*unsure, "", draft.yaml]
    return [*unsure, f"written: {path}; decide there: {', '.join(DECISIONS)}"]


def _next(folder: SourceFolder) -> list[str]:
    clean = f"dataset-platform sources clean {folder.source}"
    return [
        f"next: {clean}"
        if folder.is_landed
        else f"next: put the files in {folder.landing_url}/, then {clean}"
    ]
