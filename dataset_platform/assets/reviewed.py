"""What reviewers decided on some rows, and the digests that decisions and releases depend on."""

from collections.abc import Iterable

from daft import DataFrame, col

from dataset_platform import curate
from dataset_platform.errors import ContractError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import read_manifest


def reviews_on(storage: Storage, rows: DataFrame) -> curate.Reviews:
    """The decisions in the project's review files on the conversations of these rows.

    Only ids are read of the rows, and none where nobody has reviewed anything.
    """
    reviews = curate.read_reviews(storage.settings.reviews_dir)
    return reviews.on({id_ for id_, _ in _reviewed(rows, reviews)})


def review_files(storage: Storage, rows: DataFrame, sources: Iterable[str]) -> list[tuple[str, str]]:
    """Name and SHA-256 of every review file that says anything about the rows.

    Raises ContractError where a source's decisions were made with other reviews.
    """
    reviews = curate.read_reviews(storage.settings.reviews_dir)
    reviewed = _reviewed(rows, reviews)
    for source in sorted(sources):
        decisions = read_manifest(storage.store, storage.result_prefix("filter_decisions", source))
        wanted = reviews.on({id_ for id_, of in reviewed if of == source}).digest
        if decisions and decisions.inputs.get("reviews") != wanted:
            raise ContractError(
                f"filter_decisions of {source} is older than a review file; "
                f"try `dataset-platform sources clean {source}`"
            )
    concerned = reviews.on({id_ for id_, _ in reviewed})
    return [(f"reviews/{name}", digest) for name, digest in sorted(concerned.sha256s.items())]


def _reviewed(rows: DataFrame, reviews: curate.Reviews) -> set[tuple[str, str]]:
    """Id and source of those rows that somebody has reviewed."""
    if not reviews.reviews:
        return set()
    found = rows.where(col("conversation_id").is_in(reviews.ids)).select("conversation_id", "source")
    columns = found.distinct().to_pydict()
    return set(zip(columns["conversation_id"], columns["source"], strict=True))
