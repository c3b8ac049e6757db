"""The page `docs/gallery.md`: what commands print in the project of these tests, and their pictures."""

from collections.abc import Callable, Sequence

HEADER = """# Gallery

What people see, in a project with the bundled sample sources and a release of 200 rows. Sessions and pictures
come from a test run; numbers may differ a little on your machine.
"""
# Title, what to look at, and the words of each command.
SESSIONS: Sequence[tuple[str, str, Sequence[str]]] = (
    (
        "Sources and what became of their records",
        "Every record was read, quarantined or dropped.",
        ("sources", "list"),
    ),
    (
        "What could not be read, and the cure",
        "Groups first, then each record with its place: no text.",
        ("sources", "quarantine", "edge_cases", "--limit", "3"),
    ),
    (
        "A release, with its accounts",
        "Repeating a command is safe: the release is verified and left alone.",
        ("export", "--version", "1.0.0", "--no-quality"),
    ),
    (
        "The verdict",
        "No figure stands without the measured accuracy of its validator.",
        ("qa", "--version", "1.0.0"),
    ),
    (
        "Every byte as published",
        "",
        ("verify", "--version", "1.0.0"),
    ),
    (
        "Where a source went",
        "",
        ("trace", "pixel_voice"),
    ),
)
MISTAKE = ("verify", "--version", "9.9.9")
PICTURES = (
    ("The asset graph", "asset-graph.png"),
    ("An asset: what it is, what to do when it is red, every column", "asset-page.png"),
    ("A check that failed", "failed-check.png"),
    ("A gate of a release", "checks.png"),
    ("A release asked for in the launchpad", "launchpad.png"),
    ("A backfill of all sources", "backfill-done.png"),
    ("The QA report", "qa-report.png"),
    ("What changed between two releases", "difference.png"),
)


def gallery(run: Callable[[Sequence[str]], tuple[str, str]]) -> str:
    """The page; `run` gives standard output and error of a command."""
    parts = [HEADER, "## On the command line\n"]
    for title, remark, words in SESSIONS:
        parts += [f"### {title}\n", *([f"{remark}\n"] if remark else []), _session(words, run(words)[0])]
    parts += ["### A mistake is one line\n", _session(MISTAKE, run(MISTAKE)[1]), "## In the browser\n"]
    parts += [f"### {title}\n\n![{title}](images/{name})\n" for title, name in PICTURES]
    return "\n".join(parts)


def _session(words: Sequence[str], printed: str) -> str:
    lines = "\n".join(line.rstrip() for line in printed.splitlines())
    return f"```\ndataset-platform {' '.join(words)}\n```\n\n```text\n{lines}\n```\n"
