"""Python, packages, Dagster and the engine."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import daft
import dagster as dg
from packaging.requirements import Requirement

from dataset_platform.diagnosis.finding import Finding, failed, ok, warning
from dataset_platform.errors import PlatformError

OLDEST_PYTHON = (3, 11)
TESTED_PYTHON = (3, 11)
CONSTRAINTS = Path("constraints.txt")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)$")
Installed = Callable[[str], str]
"""Version of an installed package; raises PackageNotFoundError."""
OpenInstance = Callable[[], AbstractContextManager[dg.DagsterInstance]]


def python_version(running: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Whether this Python is one that the platform runs on, and was tested with."""
    detail = ".".join(map(str, running))
    tested = ".".join(map(str, TESTED_PYTHON))
    if running < OLDEST_PYTHON:
        return failed(
            "Python", detail, f"install Python {tested}; name it: make PYTHON=/path/to/python{tested}"
        )
    if running != TESTED_PYTHON:
        return warning("Python", detail, f"tested with {tested}; if something fails, try that")
    return ok("Python", detail)


def package_versions(
    wanted: Sequence[str] | None = None, constraints: Path = CONSTRAINTS, installed: Installed = version
) -> Finding:
    """Installed packages against what this package requires, and against the pins it was tested with."""
    try:
        requirements = requires("dataset-platform") if wanted is None else wanted
    except PackageNotFoundError:
        return failed("packages", "dataset-platform itself is not installed", "run `make setup`")
    broken = list(_broken(requirements or (), installed))
    if broken:
        return failed("packages", "; ".join(broken), "run `make setup`, or pip install what is named")
    if not constraints.exists():
        return ok("packages", "all requirements are met; no constraints.txt here to compare the pins with")
    differing = list(_differing(constraints, installed))
    if differing:
        shown = ", ".join(differing[:5]) + (f" and {len(differing) - 5} more" if len(differing) > 5 else "")
        return warning(
            "packages",
            f"{len(differing)} differ from {constraints}: {shown}",
            f"pip install -c {constraints} -e .; releases are rebuilt byte by byte with the pins only",
        )
    return ok("packages", f"as pinned in {constraints}")


def dagster_home(open_instance: OpenInstance) -> Finding:
    """Whether Dagster's instance opens and its run storage answers."""
    check = f"Dagster {dg.__version__}"
    try:
        with open_instance() as instance:
            return ok(check, f"{instance.get_runs_count():,} runs in {type(instance.run_storage).__name__}")
    except PlatformError as error:
        return failed(check, str(error), "see docs/runbook.md, Daily work")
    except Exception as error:  # whatever a team's dagster.yaml names may fail in its own way
        return failed(
            check,
            f"the instance does not open ({type(error).__name__})",
            "mend dagster.yaml, or DAGSTER_HOME",
        )


def engine() -> Finding:
    """Whether Daft computes."""
    check = f"Daft {daft.__version__}"
    try:
        total = daft.from_pydict({"n": [1, 2, 3]}).sum("n").to_pydict()["n"]
    except Exception as error:  # the engine's runners raise what they like
        return failed(check, f"a query failed ({type(error).__name__})", "pip install --force-reinstall daft")
    if total != [6]:
        return failed(check, f"1 + 2 + 3 gave {total}", "pip install --force-reinstall daft")
    return ok(check, f"a query ran on the {daft.get_or_infer_runner_type()} runner")


def _broken(wanted: Sequence[str], installed: Installed) -> Iterator[str]:
    """A phrase for each requirement that is not met; those of extras are not asked for."""
    for text in wanted:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = installed(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement} is not installed"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement} is wanted, {found} installed"


def _differing(constraints: Path, installed: Installed) -> Iterator[str]:
    """A phrase for each installed package of another version than its pin."""
    for line in constraints.read_text(encoding="utf-8").splitlines():
        pin = _PIN.match(line.split("#")[0].split(";")[0].strip())
        if not pin:
            continue
        try:
            found = installed(pin["name"])
        except PackageNotFoundError:
            continue
        if found.split("+")[0] != pin["version"].split("+")[0]:
            yield f"{pin['name']} {found} (pinned {pin['version']})"
