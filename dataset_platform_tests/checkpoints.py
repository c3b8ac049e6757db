"""Checkpoints that were never trained."""

from dataset_platform.training import CheckpointManifest, load_preset
from dataset_platform.training.checkpoint import MANIFEST_NAME, digest_files


def write_checkpoint(folder, manifest_sha256="0" * 64):
    """The smallest folder that calls itself a checkpoint, and is one."""
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    manifest = CheckpointManifest(
        training_version="1",
        release={"version": "1.0.0", "manifest_sha256": manifest_sha256},
        base_model={"name": "tiny", "sha256": "0" * 64},
        config=load_preset("cpu-demo"),
        counts={"trainable": 1, "seen": 1, "truncated": 0, "turns_cut": 0, "skipped": {}, "validation": 1},
        steps=1,
        tokens_seen=1,
        tokens_trained=1,
        loss_curve=(),
        packages={},
        hardware={},
        duration_s=1.0,
        tokens_per_s=1.0,
        peak_rss_bytes=1,
        files=digest_files(folder),
    )
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json())
