"""What reviewers decided on some rows, and the digests that decisions and releases depend on."""

from collections.abc import Iterable

from daft import DataFrame, col, lit

from dataset_platform import curate
from dataset_platform.errors import ContractError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import read_manifest


def reviews_on(storage: Storage, rows: DataFrame) -> curate.Reviews:
    """The decisions in the project's review files on the conversations of these rows.

    Only ids are read of the rows, and none where nobody has reviewed anything.
    """
    reviews = curate.read_reviews(storage.settings.reviews_dir)
    return reviews.on(_known(rows, reviews)) if reviews.reviews else reviews


def review_files(storage: Storage, rows: DataFrame, sources: Iterable[str]) -> list[tuple[str, str]]:
    """Name and SHA-256 of every review file that says anything about the rows.

    Raises ContractError where a source's decisions were made with other reviews.
    """
    reviews = reviews_on(storage, rows)
    for source in sorted(sources):
        decisions = read_manifest(storage.store, storage.result_prefix("filter_decisions", source))
        wanted = reviews_on(storage, rows.where(col("source") == lit(source))).digest
        if decisions and decisions.inputs["reviews"] != wanted:
            raise ContractError(
                f"filter_decisions of {source} is older than a review file; "
                f"try `dataset-platform sources clean {source}`"
            )
    return [(f"reviews/{name}", digest) for name, digest in sorted(reviews.sha256s.items())]


def _known(rows: DataFrame, reviews: curate.Reviews) -> set[str]:
    found = rows.where(col("conversation_id").is_in(reviews.ids)).select("conversation_id").distinct()
    return set(found.to_pydict()["conversation_id"])
