"""Reviews: which conversations wait for a person, and what in the review files leads nowhere."""

from collections.abc import Sequence
from typing import Any

import daft
from daft import Expression, col, lit

from dataset_platform import curate
from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import InputError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import open_folder

_PLACE: list[Expression | str] = ["origin_file", "origin_position"]


def reviews_result(storage: Storage, sources: Sequence[str], limit: int | None = None) -> Shown:
    """The unresolved conversations of these sources, gravest first, then by place; no text of them.

    Also names the conversations on which reviewers disagree, counts those reviewed that no source holds, and
    says how far reviewers agree.
    """
    reviews = curate.read_reviews(storage.settings.reviews_dir)
    if not sources:
        raise InputError("no source was cleaned yet; try `dataset-platform sources clean`")
    clean = daft.read_parquet(
        [path for name in sources for path in _paths(storage, "clean_conversations", name)]
    )
    decisions = daft.read_parquet(
        [path for name in sources for path in _paths(storage, "filter_decisions", name)]
    )
    rows = _unresolved(clean, decisions)
    known = set(decisions.select("conversation_id").distinct().to_pydict()["conversation_id"])
    unknown = [] if reviews.reviews == () else sorted(set(reviews.ids) - known)
    conflicts = [id_ for id_ in reviews.conflicts if id_ in known]
    agreements: list[Row] = [vars(agreement) for agreement in curate.agreements(reviews)]
    listed = rows if limit is None else rows[:limit]
    some = "" if len(listed) == len(rows) else f", the first {len(listed):,} of {len(rows):,}"
    return Shown(
        facts={
            "unresolved": len(rows),
            "conversations": listed,
            "conflicts": conflicts,
            "unknown": len(unknown),
            "agreements": agreements,
        },
        tables={
            **({f"Waiting for a reviewer{some}": [_shown(row) for row in listed]} if listed else {}),
            **({"Agreement of two reviewers (Cohen's kappa)": agreements} if agreements else {}),
        },
        closing=[
            f"{counted(len(rows), 'conversation')} wait for a reviewer"
            if rows
            else "no conversation waits for a reviewer",
            *(f"reviewers disagree on {id_}; it waits until one more decides" for id_ in conflicts),
            *_about_unknown(len(unknown)),
        ],
    )


def _about_unknown(count: int) -> list[str]:
    if not count:
        return []
    return [f"warning: {counted(count, 'reviewed conversation')} are in none of these sources; see their ids"]


def _unresolved(clean: daft.DataFrame, decisions: daft.DataFrame) -> list[dict[str, Any]]:
    waiting = decisions.where(col("drop_reason").is_null() & (col("unresolved").list_count("all") > lit(0)))
    measured = clean.select(*_PLACE, "flags", "crisis_severity", "toxicity")
    found = waiting.select(*_PLACE, "conversation_id", "source", "unresolved").join(measured, on=_PLACE)
    rows = found.sort(["crisis_severity", *_PLACE], desc=[True, False, False]).to_pylist()
    return [
        {
            "conversation_id": row["conversation_id"],
            "source": row["source"],
            "unresolved": row["unresolved"],
            "flags": row["flags"],
            "severity": row["crisis_severity"],
            "toxicity": row["toxicity"],
            "place": f"{row['origin_file']}#{row['origin_position']}",
        }
        for row in rows
    ]


def _shown(row: dict[str, Any]) -> Row:
    """A row with its lists as one cell each."""
    return {**row, "unresolved": ", ".join(row["unresolved"]), "flags": ", ".join(row["flags"])}


def _paths(storage: Storage, asset: str, source: str) -> list[str]:
    folder = open_folder(storage.store, storage.result_prefix(asset, source))
    if folder is None:
        raise InputError(
            f"source {source} was not cleaned yet; try `dataset-platform sources clean {source}`"
        )
    return [str(folder.path / file.name) for file in folder.manifest.files]
