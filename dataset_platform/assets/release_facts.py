"""What the UI shows of a release: rows, files, mix, accounts and a picture of them; no text."""

from pathlib import Path
from typing import Any

from dataset_platform import release
from dataset_platform.assets.column_lineage import column_lineage
from dataset_platform.schemas import RELEASE
from dataset_platform.storage.presentation import COLUMN_LINEAGE, picture, table


def release_facts(folder: Path) -> dict[str, Any]:
    """The metadata of a release folder; the picture is an image within the page."""
    manifest = release.read_manifest(folder)
    plot = release.picture(release.measure(folder, manifest.version).rows)
    return {
        "dagster/row_count": manifest.rows,
        COLUMN_LINEAGE: column_lineage(RELEASE),
        "dataset_hash": manifest.dataset_hash,
        "licence": manifest.strictest_term,
        "files": table([file.model_dump() for file in manifest.files]),
        "mix": table([line.model_dump(exclude={"source"}) for line in manifest.mix_by_stage]),
        "mix_by_source": table([line.model_dump() for line in manifest.mix_by_source]),
        "accounts": table([line.model_dump() for line in manifest.ledger]),
        "losses": table([line.model_dump() for line in manifest.reasons]),
        "splits": table([line.model_dump() for line in manifest.distribution]),
        "picture": picture(plot, "png", "Rows by stage and source, lengths"),
    }
