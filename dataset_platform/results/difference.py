"""The difference of two releases: as tables, as JSON, and as one page that needs nothing else."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dataset_platform import quality, release
from dataset_platform.display import Row, Shown, counted
from dataset_platform.results.releases import release_folder
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.staging import on_disk

NOT_JUDGED = "not judged"
SMALLEST_SHIFT = 0.005  # of all rows; the page and the JSON have the others, too


def difference_result(storage: Storage, before: str, after: str, html: Path | None) -> Shown:
    """What changed from one release to another; written to a page, too, where one is named."""
    folders = [release_folder(storage, version) for version in (before, after)]
    found = release.difference(*folders)
    gates = _gates(
        *(_judged(folder, version) for folder, version in zip(folders, (before, after), strict=True))
    )
    changes: list[Row] = [{**asdict(one), "change": one.change.value} for one in found.changes]
    facts = {**asdict(found), "changes": changes, "gates": gates}
    if html:
        with on_disk(html):
            html.write_text(as_html(facts), encoding="utf-8")
    shifts = [
        shift for shift in found.shifts if abs(shift.share_after - shift.share_before) >= SMALLEST_SHIFT
    ]
    sums = ", ".join(f"{found.rows(change):,} {change}" for change in release.Change)
    return Shown(
        facts=facts,
        tables={
            **({"Rows": changes} if changes else {}),
            **({"Shares of all rows that moved": [_shift(one) for one in shifts]} if shifts else {}),
            "Lengths": [asdict(one) for one in found.lengths],
            **({"Gates that moved": moved} if (moved := [gate for gate in gates if gate["moved"]]) else {}),
        },
        closing=[
            f"{before} has {counted(found.rows_before, 'row')}, {after} has "
            f"{counted(found.rows_after, 'row')}: {sums}, {found.unchanged:,} unchanged",
            *([f"page: {html}"] if html else []),
        ],
    )


def as_html(facts: Mapping[str, Any]) -> str:
    """One page without scripts or requests; everything on it is escaped."""
    environment = Environment(
        loader=PackageLoader("dataset_platform.results"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("difference.html.j2").render(facts)


def _shift(shift: release.Shift) -> Row:
    return {
        **asdict(shift),
        "share_before": f"{shift.share_before:.1%}",
        "share_after": f"{shift.share_after:.1%}",
    }


def _judged(folder: Path, version: str) -> dict[str, quality.Gate]:
    """Gates of the QA report beside a release, by name; none where it was not judged."""
    if not (folder / release.ReleaseFiles(version).qa_reports[0]).exists():
        return {}
    return {gate.name: gate for gate in quality.read_report(folder, version).gates}


def _gates(before: Mapping[str, quality.Gate], after: Mapping[str, quality.Gate]) -> list[Row]:
    """Value and verdict of each gate in both reports; `moved` where either differs."""
    rows: list[Row] = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        values = [gate and gate.measurement.value for gate in (old, new)]
        verdicts = [gate.verdict.value if gate else NOT_JUDGED for gate in (old, new)]
        rows.append(
            {
                "gate": name,
                "before": values[0],
                "after": values[1],
                "verdict_before": verdicts[0],
                "verdict_after": verdicts[1],
                "moved": values[0] != values[1] or verdicts[0] != verdicts[1],
            }
        )
    return rows
