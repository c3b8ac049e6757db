"""Every command that the docs tell people to run, in blocks and within sentences."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OURS = "dataset-platform"
# What stands before a block whose commands cannot be run here, with the reason.
_NOT_RUN = r"(?:^<!-- not run: ([^\n]+) -->\n)?"
_BLOCK = re.compile(rf"{_NOT_RUN}^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE = re.compile(rf"`((?:\.venv/bin/)?{OURS} [^`\n]+)`")
_LANGUAGES_OF_COMMANDS = ("", "sh", "bash", "console")


@dataclass(frozen=True)
class Documented:
    """A command as it stands on a page, without comment; why it is not run, where the page says so."""

    page: str
    line: str
    not_run: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(shlex.split(self.line, comments=True))

    @property
    def is_ours(self) -> bool:
        return self.words[0].rpartition("/")[2] == OURS


def documented_commands() -> Iterator[Documented]:
    """In the order of the pages; a line of a block that ends with a backslash goes on in the next."""
    for page in PAGES:
        text = page.read_text()
        for not_run, language, block in _BLOCK.findall(text):
            if language in _LANGUAGES_OF_COMMANDS:
                for line in filter(None, map(str.strip, block.replace("\\\n", " ").splitlines())):
                    yield Documented(page.name, line, not_run or None)
        for command in _INLINE.findall(_COMMENT.sub("", _BLOCK.sub("", text))):
            if "…" not in command:
                yield Documented(page.name, command)
