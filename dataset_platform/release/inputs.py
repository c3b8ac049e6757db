"""What decides the bytes of a release: its spec, the code's versions, models, input files and withdrawals."""

from collections.abc import Mapping
from pathlib import Path

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.files import CONFIG_LOCK
from dataset_platform.release.lock import ConfigLock, Ingredients
from dataset_platform.release.spec import ReleaseSpec
from dataset_platform.release.spec_files import flat


def deciding_inputs(spec: ReleaseSpec, ingredients: Ingredients) -> dict[str, str]:
    """Name and value, or digest, of everything that two equal releases have in common."""
    return {
        **{f"spec {key}": str(value) for key, value in flat(spec.model_dump(mode="json")).items()},
        **{f"code {step}": version for step, version in ingredients.code_versions.items()},
        **{f"model {name}": digest for name, digest in ingredients.models.items()},
        **{f"file {name}": sha256 for name, sha256 in ingredients.input_files},
        **{f"withdrawal {sha256[:16]}": sha256 for sha256 in ingredients.withdrawals},
    }


def inputs_of_release(folder: Path) -> dict[str, str]:
    """The deciding inputs of a published release, from its lock."""
    lock = read_lock(folder)
    return deciding_inputs(lock.spec, lock.ingredients)


def differing_inputs(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """One phrase for each input that was added, removed or changed, sorted."""
    return [
        f"{name} {'added' if name not in before else 'removed' if name not in now else 'changed'}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def read_lock(folder: Path) -> ConfigLock:
    """The lock of a release folder; raises VerificationFailed if there is none that can be read."""
    try:
        return ConfigLock.model_validate_json((folder / CONFIG_LOCK).read_bytes())
    except (OSError, ValueError):
        raise VerificationFailed(
            f"{folder / CONFIG_LOCK} cannot be read; restore the release folder"
        ) from None
