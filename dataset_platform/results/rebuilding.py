"""A release that was built again, as a command shows it."""

from dataset_platform.display import Row, Shown
from dataset_platform.errors import VerificationFailed
from dataset_platform.release import Rebuilt


def rebuild_result(rebuilt: Rebuilt) -> Shown:
    """Every file with its verdict, and what could explain a difference; a failure when there is one."""
    files: list[Row] = [
        {"file": file.name, "same": file.same, "expected": file.expected, "found": file.found}
        for file in rebuilt.files
    ]
    differing = rebuilt.differing
    since = f"withdrawn since this release: {', '.join(rebuilt.withdrawn_since)}; do not use it any more"
    verdict = (
        f"release {rebuilt.version}, rebuilt, differs in {', '.join(differing)}; "
        f"{'; '.join(rebuilt.made_with) or 'nothing that the lock names explains it'}"
        if differing
        else f"release {rebuilt.version}, rebuilt: the same bytes"
    )
    return Shown(
        facts={
            "version": rebuilt.version,
            "same": not differing,
            "files": files,
            "made_with": rebuilt.made_with,
            "withdrawn_since": rebuilt.withdrawn_since,
        },
        tables={
            "Files": files,
            **({"Made with": [{"differs": one} for one in rebuilt.made_with]} if rebuilt.made_with else {}),
        },
        closing=[*([] if differing else [verdict]), *([since] if rebuilt.withdrawn_since else [])],
        failure=VerificationFailed(verdict) if differing else None,
    )
