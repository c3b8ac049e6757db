"""A source's description held against its files, or drafted from them."""

from collections.abc import Sequence

from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import InputError
from dataset_platform.ingest.checking import CheckedSource, ReadRecord
from dataset_platform.ingest.describing.hints import about_license
from dataset_platform.ingest.quarantine import QuarantineGroup
from dataset_platform.ingest.sniffing import DECISIONS, UNDECIDED_LICENSE, Draft

SHOWN_TURNS = 6
SHOWN_CHARACTERS = 100
SHOWN_FILES = 10


def check_result(source: CheckedSource) -> Shown:
    """Three records as they would be read, how many would, why the others not, and what to do next."""
    checked, draft = source.checked, source.draft
    lost = [_group(group) for group in checked.quarantined]
    left_out = [_left_out(name, draft) for name in checked.ignored]
    return Shown(
        facts={
            "source": source.folder.source,
            "folder": source.folder.url,
            "description": str(source.path),
            "written": source.is_written,
            "draft": draft.yaml if draft else None,
            "unsure": list(draft.doubts) if draft else [],
            "records": checked.read,
            "kept": checked.kept,
            "quarantined": lost,
            "left_out": left_out,
            "warnings": _warnings(source),
            "first_records": [_record_facts(record) for record in checked.first],
        },
        tables={
            **{_title(record): _turns(record) for record in checked.first},
            **_some("Records that would not be read", lost),
            **_some("Files that are left out", left_out),
        },
        closing=[
            _verdict(source),
            *(f"warning: {warning}" for warning in _warnings(source)),
            *_unsettled(source),
            *_next(source),
        ],
        failure=None if checked.kept else InputError(f"{source.folder.url}: no record could be read"),
    )


def _group(group: QuarantineGroup) -> Row:
    return {
        "reason": group.reason.value,
        "file": group.origin_file,
        "records": group.records,
        "first": group.detail,
        "cure": group.cure,
    }


def _left_out(name: str, draft: Draft | None) -> Row:
    reasons = draft.left_out if draft else {}
    return {"file": name, "why": reasons.get(name, "no glob under `files` matches it")}


def _verdict(source: CheckedSource) -> str:
    checked = source.checked
    share = f" ({checked.kept / checked.read:.1%})" if checked.read else ""
    reader = f"{source.path} says" if source.is_written or source.draft is None else "the draft says"
    return (
        f"{checked.kept:,} of {counted(checked.read, 'record')} of {source.folder.source} "
        f"would be read{share} as {reader}{_left_out_in_all(source)}"
    )


def _left_out_in_all(source: CheckedSource) -> str:
    ignored = len(source.checked.ignored)
    if not ignored:
        return ""
    verb = "is" if ignored == 1 else "are"
    return f"; {ignored:,} of {counted(len(source.folder.files), 'file')} {verb} left out"


def _title(record: ReadRecord) -> str:
    return f"{record.origin_file}, record {record.origin_position}, {counted(len(record.turns), 'turn')}"


def _turns(record: ReadRecord) -> list[Row]:
    rows: list[Row] = [{"role": role, "text": _short(text)} for role, text in record.turns[:SHOWN_TURNS]]
    more = len(record.turns) - SHOWN_TURNS
    return [*rows, {"role": "…", "text": counted(more, "more turn")}] if more > 0 else rows


def _record_facts(record: ReadRecord) -> dict[str, object]:
    return {
        "origin_file": record.origin_file,
        "origin_position": record.origin_position,
        "messages": [{"role": role, "content": _short(text)} for role, text in record.turns],
    }


def _short(text: str) -> str:
    """The start of the text on one line, without what a terminal would obey."""
    start = text[: 4 * SHOWN_CHARACTERS]
    plain = " ".join("".join(c if c.isprintable() else " " for c in start).split())
    return plain if len(plain) <= SHOWN_CHARACTERS else f"{plain[: SHOWN_CHARACTERS - 1]}…"


def _some(title: str, rows: Sequence[Row]) -> dict[str, Sequence[Row]]:
    if len(rows) > SHOWN_FILES:
        title = f"{title} (the first {SHOWN_FILES} of {len(rows):,}; --json has all)"
    return {title: rows[:SHOWN_FILES]} if rows else {}


def _warnings(source: CheckedSource) -> list[str]:
    problem = about_license(source.description.license)
    return [f"`license` in {source.path}: {problem}"] if problem else []


def _unsettled(source: CheckedSource) -> list[str]:
    if source.draft is None:
        undecided = source.description.license == UNDECIDED_LICENSE
        return [f"undecided: `license` in {source.path}"] if undecided else []
    unsure = [f"unsure: {doubt}" for doubt in source.draft.doubts]
    decide = f"decide in {source.path}: {', '.join(DECISIONS)}"
    return [*unsure, decide] if source.is_written else [*unsure, "", source.draft.yaml]


def _next(source: CheckedSource) -> list[str]:
    folder = source.folder
    clean = f"dataset-platform sources clean {folder.source}"
    if not source.checked.kept or (source.draft and not source.is_written):
        return []
    if folder.is_landed:
        return [f"next: {clean}"]
    return [f"next: put the files in {folder.landing_url}/, then {clean}"]
