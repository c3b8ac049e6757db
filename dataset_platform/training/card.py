"""The model card: what a checkpoint was trained on and how, for people who find it without the platform."""

from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from dataset_platform.training.checkpoint import MANIFEST_NAME, CheckpointManifest
from dataset_platform.training.config import Method

CARD_NAME = "README.md"
TEMPLATE = Path(__file__).parent / "templates" / "card.md.j2"


def write_card(manifest: CheckpointManifest, folder: Path) -> None:
    """Writes the card into `folder`; `manifest` may lack the digests of files, which the card is one of."""
    adapter = manifest.config.method is not Method.FULL
    front_matter = ModelCardData(
        base_model=manifest.base_model.name,
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["dataset-platform", manifest.config.objective.value, manifest.config.method.value],
        model_name=f"{manifest.base_model.name} on release {manifest.release.version}",
    )
    card = ModelCard.from_template(front_matter, template_path=str(TEMPLATE), **_facts(manifest, adapter))
    (folder / CARD_NAME).write_text(str(card).rstrip() + "\n", encoding="utf-8")


def _facts(manifest: CheckpointManifest, adapter: bool) -> dict[str, Any]:
    losses = manifest.validation_losses
    return {
        "m": manifest,
        "adapter": adapter,
        "first_loss": losses[0] if losses else None,
        "last_loss": losses[-1] if losses else None,
        "manifest_name": MANIFEST_NAME,
    }
