"""The checkpoint folder, in Hugging Face's layout, and the manifest that is written last.

adapter_model.safetensors   adapters          } peft's own format, so that
adapter_config.json         their settings    } any peft user can load them
model.safetensors, config.json                instead of these two: a model trained whole
generation_config.json      how the base model generates
tokenizer.json, …           tokenizer and chat template of the base model
README.md                   the model card
training_log.csv            step, loss, learning rate, tokens a second
samples.jsonl               replies to validation prompts, where the configuration asks for them
checkpoint_manifest.json    all of the above; a folder without it is no checkpoint
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from pydantic import ValidationError

from dataset_platform.errors import VerificationFailed
from dataset_platform.storage.files import sha256_of
from dataset_platform.training.config import Frozen, TrainingConfig

MANIFEST_NAME = "checkpoint_manifest.json"
LOG_NAME = "training_log.csv"
WEIGHTS_ENDING = ".safetensors"
FORMAT = "dataset-platform/checkpoint/2"
NEIGHBOURS = ("eval_report_v*", "manifest.json")  # later steps lay these beside it; no loader reads them


class GateOverride(Frozen):
    """Gates that the release failed, and the reason that somebody gave for training on it all the same."""

    failed: tuple[str, ...]
    reason: str


class ReleaseRef(Frozen):
    version: str
    manifest_sha256: str
    overridden: GateOverride | None = None


class BaseModelRef(Frozen):
    """`sha256` is over the model's files, see `base_model.describe_base`."""

    name: str
    sha256: str


class LossPoint(Frozen):
    """Loss in nats a trained token; the training loss is that of the step's own batch."""

    step: int
    train_loss: float | None = None
    validation_loss: float | None = None


class Counts(Frozen):
    """Conversations of the train split; `skipped` by reason; `seen` counts repeats."""

    trainable: int
    seen: int
    truncated: int
    turns_cut: int
    skipped: dict[str, int]
    validation: int


class Course(Frozen):
    """What happened on the way. Steps count from 1; `resumed_at` are the states that it went on from."""

    resumed_at: tuple[int, ...] = ()
    stopped_early: bool = False
    best_step: int | None = None
    micro_batch_halved_at: int | None = None
    tokens_per_forward: int | None = None


class FileDigest(Frozen):
    sha256: str
    bytes: int


class CheckpointManifest(Frozen):
    format: str = FORMAT
    training_version: str
    release: ReleaseRef
    base_model: BaseModelRef
    config: TrainingConfig
    counts: Counts
    steps: int
    course: Course = Course()
    tokens_seen: int
    tokens_trained: int
    loss_curve: tuple[LossPoint, ...]
    packages: dict[str, str]
    hardware: dict[str, str | int | None]
    duration_s: float
    tokens_per_s: float
    peak_rss_bytes: int
    peak_device_bytes: int | None = None
    files: dict[str, FileDigest]

    @property
    def validation_losses(self) -> list[float]:
        return [point.validation_loss for point in self.loss_curve if point.validation_loss is not None]


@dataclass(frozen=True)
class Checkpoint:
    folder: Path
    manifest: CheckpointManifest


def digest_files(folder: Path) -> dict[str, FileDigest]:
    """Digest of every file in the folder, by name, but for the manifest and its neighbours."""
    return {
        file.relative_to(folder).as_posix(): digest_file(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file != folder / MANIFEST_NAME
        and not (file.parent == folder and any(fnmatch(file.name, pattern) for pattern in NEIGHBOURS))
    }


def digest_file(file: Path) -> FileDigest:
    return FileDigest(sha256=sha256_of(file), bytes=file.stat().st_size)


def verify_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint, every byte of it compared with its manifest.

    Raises VerificationFailed with all findings: missing, changed and unlisted files.
    """
    path = folder / MANIFEST_NAME
    try:
        manifest = CheckpointManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise VerificationFailed(f"{folder}: no {MANIFEST_NAME}, so this is no finished checkpoint") from None
    except ValidationError as error:
        raise VerificationFailed(
            f"{path}: not a manifest of a checkpoint ({error.error_count()} errors)"
        ) from None
    found = digest_files(folder)
    findings = [
        *(f"{name} is missing" for name in sorted(manifest.files.keys() - found.keys())),
        *(f"{name} is not in the manifest" for name in sorted(found.keys() - manifest.files.keys())),
        *(
            f"{name} is not the file of the manifest"
            for name in sorted(found.keys() & manifest.files.keys())
            if found[name] != manifest.files[name]
        ),
    ]
    if not any(name.endswith(WEIGHTS_ENDING) for name in manifest.files):
        findings.append(f"the manifest lists no weights (*{WEIGHTS_ENDING})")
    if findings:
        raise VerificationFailed(f"{folder}: {'; '.join(findings)}. Train again, or restore the folder")
    return Checkpoint(folder, manifest)
