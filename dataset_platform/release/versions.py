"""What a release may be called, and which came before."""

from collections.abc import Iterable

import semver

from dataset_platform.errors import InputError


def release_version(value: object) -> str:
    """The value itself if it is a semantic version without build metadata; ValueError otherwise."""
    if not isinstance(value, str) or not semver.Version.is_valid(value):
        raise ValueError(f"{value!r} is not a semantic version such as 1.0.0 or 1.1.0-rc.1 (semver.org)")
    if semver.Version.parse(value).build:
        raise ValueError(f"{value!r} has build metadata, which does not tell versions apart: remove `+…`")
    return value


def is_release_version(name: str) -> bool:
    """Whether a release may be called so."""
    try:
        return bool(release_version(name))
    except ValueError:
        return False


def earlier_versions(version: str, known: Iterable[str]) -> list[str]:
    """Known versions before this one, newest first."""
    own = semver.Version.parse(version)
    return sorted((v for v in known if semver.Version.parse(v) < own), key=semver.Version.parse, reverse=True)


def not_published(version: str) -> InputError:
    """What to raise for a release that is not there; says so where no release can have this name."""
    try:
        release_version(version)
    except ValueError as error:
        return InputError(f"no release: {error}")
    return InputError(
        f"release {version} is not published; try `dataset-platform export --version {version}`"
    )
