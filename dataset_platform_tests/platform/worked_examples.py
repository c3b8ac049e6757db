"""Worked examples of a page: files as they stand there, a description, and what comes out of reading them."""

import re
from dataclasses import dataclass
from pathlib import Path

from dataset_platform_tests.ingest.hand_made import Read

_SECTION = re.compile(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^(?:`([^`]+)`|(What comes out)):\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PACKED = {".gz": "gzip", ".zst": "zstd", ".parquet": "parquet"}


@dataclass(frozen=True)
class WorkedExample:
    """`files` by the name that the page gives them, with their encoding in brackets where it is not UTF-8."""

    title: str
    name: str
    files: dict[str, str]
    yaml: str
    outcome: str


def worked_examples(page: Path) -> list[WorkedExample]:
    return [_example(title, text) for title, text in _SECTION.findall(page.read_text())]


def _example(title: str, text: str) -> WorkedExample:
    blocks = {name or outcome: content for name, outcome, content in _BLOCK.findall(text)}
    outcome = blocks.pop("What comes out")
    (described,) = [name for name in blocks if name.startswith("sources/")]
    yaml = blocks.pop(described)
    return WorkedExample(title, Path(described).stem, blocks, yaml, outcome)


def packing(shown: str) -> str | None:
    """What turns the text on the page into the file: a packing, or an encoding named in brackets."""
    name, _, encoding = shown.partition(" ")
    return encoding.strip("()") or _PACKED.get(Path(name).suffix)


def rendered(read: Read) -> str:
    """The conversations as the page shows them."""
    return "\n".join(_conversation(read, number) for number in range(len(read.records)))


def _conversation(read: Read, number: int) -> str:
    lines = [f"{role}: {content}\n" for role, content in read.turns[number]]
    attributes = read.records[number]["attributes"]
    return "".join([*lines, *([f"attributes: {attributes}\n"] if attributes != "{}" else [])])
