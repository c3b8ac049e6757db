"""Public sets of dialogues by their names."""

from collections.abc import Callable, Iterable
from pathlib import Path

from dataset_platform.quality import labelled
from dataset_platform.quality.labelled import Dialogue

REAL = ("esconv", "counsel_chat", "annomi", "vera_mh")
PERMITTED = ("counsel_chat", "vera_mh")
"""Sets whose licences allow that coefficients fitted on them are shipped."""
PERMITTED_BY = "MIT (counsel_chat); MIT-like permission grant (vera_mh)"
_SETS: dict[str, tuple[str, Callable[[list[Path]], list[Dialogue]]]] = {
    "esconv": ("*.json", lambda files: labelled.esconv(files[0])),
    "counsel_chat": ("*.csv", lambda files: labelled.counsel_chat(files[0])),
    "annomi": ("AnnoMI-full.csv", lambda files: labelled.annomi(files[0])),
    "vera_mh": ("*/*.txt", labelled.vera_mh),
    "schema_guided": ("dialogues_001.json", labelled.schema_guided),
}


def chats_of(conversations: Path, name: str) -> tuple[list[Path], list[Dialogue]]:
    """The files that are read of one set, and the dialogues in them; InputError where there are none."""
    pattern, read = _SETS[name]
    files = labelled.of_set(conversations / name, pattern)
    return files, read(files)


def turns_of(conversations: Path, names: Iterable[str]) -> list[str]:
    """What is said in the sets, in order."""
    return [
        text
        for name in names
        for dialogue in chats_of(conversations, name)[1]
        for _, text in dialogue.messages
    ]


def digested(conversations: Path, name: str) -> tuple[str, list[Dialogue]]:
    """SHA-256 of the files, and the dialogues, of one set."""
    files, dialogues = chats_of(conversations, name)
    return labelled.digest(files), dialogues
