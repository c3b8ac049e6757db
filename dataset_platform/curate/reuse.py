"""Rows of an earlier cleaning, for files that did not change."""

from dataclasses import dataclass

import daft
from daft import DataFrame, col

from dataset_platform.curate.cleaning import closings_by_file
from dataset_platform.curate.configuration import Cleaning


@dataclass(frozen=True)
class Earlier:
    """Rows as `clean` left them under the same settings and version, from files read in the same way.

    The caller answers for that sameness. `closings` are those that were removed then.
    """

    rows: DataFrame
    closings: frozenset[int]


def reusable_files(
    raw: DataFrame, earlier: Earlier, closings: frozenset[int], cleaning: Cleaning
) -> list[str]:
    """Names of the files whose rows cleaning would leave as they are in `earlier`, sorted.

    These are the files with the same bytes, but for those with a closing line that the source
    has begun or ceased to repeat.
    """
    same = _files(raw) & _files(earlier.rows)
    flipped = closings ^ earlier.closings
    if same and flipped:
        touched = closings_by_file(raw, cleaning).where(col("closing").is_in(sorted(flipped)))
        names = set(touched.select("origin_file").distinct().to_pydict()["origin_file"])
        same = {(name, sha256) for name, sha256 in same if name not in names}
    return sorted(name for name, _ in same)


def _files(frame: daft.DataFrame) -> set[tuple[str, str]]:
    distinct = frame.select("origin_file", "origin_sha256").distinct().to_pydict()
    return set(zip(distinct["origin_file"], distinct["origin_sha256"], strict=True))
