"""Holds the pinned packages against the advisories that are known, and exits 1 where one is not excepted.

An exception stands in `.ci/audit-exceptions.toml` with its reason and the day on which it ends. Where the
service of advisories cannot be reached, nothing was audited, which is said and is no failure.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PINS, EXCEPTIONS = Path("constraints.txt"), Path(".ci/audit-exceptions.toml")
WELL_KNOWN = "pip==26.0\n"  # asked for first: without an answer for it, no other is asked for


@dataclass(frozen=True)
class Excepted:
    """An advisory that is lived with until a day."""

    id: str
    reason: str
    until: date


def excepted(path: Path) -> list[Excepted]:
    entries = tomllib.loads(path.read_text())
    return [Excepted(id, entry["reason"], entry["until"]) for id, entry in entries.items()]


def audited(pins: str) -> list[Mapping[str, Any]] | None:
    """What pip-audit says of each package; None when it could ask nobody."""
    with TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(pins)
        options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *options, "-r", requirements],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        found: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        if "ConnectionError" in done.stderr or "ServiceError" in done.stderr:
            return None
        sys.exit(f"pip-audit failed: {done.stderr.strip()}")
    return None if all("skip_reason" in package for package in found) else found


def problems(
    packages: Sequence[Mapping[str, Any]], exceptions: Sequence[Excepted], today: date
) -> Iterator[str]:
    """A line for each advisory that is not excepted, or no longer, and each package that was not audited."""
    lived_with = {one.id: one for one in exceptions}
    for package in packages:
        if "skip_reason" in package:
            yield f"{package['name']}: {package['skip_reason']}"
        for advisory in package.get("vulns", ()):
            known = next(
                (lived_with[i] for i in (advisory["id"], *advisory["aliases"]) if i in lived_with), None
            )
            where = f"{package['name']} {package['version']}: {advisory['id']}"
            if known is None:
                fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
                yield f"{where}, fixed in {fixed}; renew the pin, or except it in {EXCEPTIONS}"
            elif known.until < today:
                yield f"{where}: its exception ended on {known.until}"


def main() -> None:
    if audited(WELL_KNOWN) is None:
        print("not audited: the service of advisories cannot be reached from here")
        return
    packages = audited(PINS.read_text())
    if packages is None:
        print("not audited: the service of advisories stopped answering")
        return
    found = [*problems(packages, excepted(EXCEPTIONS), date.today())]
    print("\n".join(found) or f"{len(packages)} packages audited, no advisory that is not excepted")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
