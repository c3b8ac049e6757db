"""Labelled and public conversation sets, read from the folders in which their origins publish them.

Nothing of them is shipped: a calibration takes figures and digests away, never text.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from pathlib import Path

from dataset_platform.errors import InputError

Message = tuple[str, str]


@dataclass(frozen=True)
class Dialogue:
    """A conversation and what it is about; `high_quality` where the set labels it."""

    id: str
    topic: str
    messages: tuple[Message, ...]
    high_quality: bool | None = None


@dataclass(frozen=True)
class Utterance:
    """A therapist's turn with its labelled behaviours."""

    session: str
    text: str
    reflection: bool
    open_question: bool


RISKS = ("Supportive", "Indicator", "Ideation", "Behavior", "Attempt")


@dataclass(frozen=True)
class Posts:
    """What one user wrote, and the label of the user's suicide risk, one of `RISKS`."""

    texts: tuple[str, ...]
    risk: str

    @property
    def at_risk(self) -> bool:
        return self.risk in RISKS[2:]


@dataclass(frozen=True)
class HateCase:
    """A sentence that tests one functionality of a hate detector."""

    text: str
    functionality: str
    hateful: bool


@dataclass(frozen=True)
class Sentence:
    """A text with its labelled spans of private data; sentences of one template say the same of others."""

    text: str
    spans: tuple["PrivateSpan", ...]
    template: int


@dataclass(frozen=True)
class PrivateSpan:
    """Private data at [start, end) of a sentence."""

    kind: str
    start: int
    end: int

    def meets(self, start: int, end: int) -> bool:
        """Whether it shares a character with [start, end)."""
        return start < self.end and self.start < end


def digest(files: Iterable[Path]) -> str:
    """SHA-256 of one file, or of the digests of several in order of their names."""
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of a set; InputError where there are none."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError(f"{folder}: no {pattern}. Lay the set down as its origin publishes it.")
    return found


def of_set(folder: Path, pattern: str) -> list[Path]:
    """The files of a set under its folder, or under `raw/` in it."""
    raw = folder / "raw"
    return files(raw if raw.is_dir() else folder, pattern)


def _dialogue(id_: str, topic: str, turns: Iterable[Message], high_quality: bool | None = None) -> Dialogue:
    """A dialogue in which consecutive turns of one role are one turn."""
    said = ((role, " ".join(text.split())) for role, text in turns)
    merged = groupby((turn for turn in said if turn[1]), key=lambda turn: turn[0])
    messages = tuple((role, " ".join(text for _, text in run)) for role, run in merged)
    return Dialogue(id_, topic.strip(), messages, high_quality)


def esconv(path: Path) -> list[Dialogue]:
    """Peer support (CC BY-NC 4.0): the supporter is the assistant."""
    return [
        _dialogue(
            str(place),
            item["problem_type"],
            (
                ("assistant" if turn["speaker"] == "listener" else "user", turn["content"])
                for turn in item["dialog"]
            ),
        )
        for place, item in enumerate(json.loads(path.read_text(encoding="utf-8")))
    ]


def _annomi_sessions(path: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of each transcript in order; of several annotators' rows of an utterance, the first."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sessions: dict[str, dict[int, dict[str, str]]] = {}
    for row in rows:
        sessions.setdefault(row["transcript_id"], {}).setdefault(int(row["utterance_id"]), row)
    return {
        session: [utterances[key] for key in sorted(utterances)]
        for session, utterances in sorted(sessions.items())
    }


def annomi(path: Path) -> list[Dialogue]:
    """Motivational interviewing sessions, labelled high or low quality."""
    return [
        _dialogue(
            session,
            rows[0]["topic"],
            (
                ("assistant" if row["interlocutor"] == "therapist" else "user", row["utterance_text"])
                for row in rows
            ),
            rows[0]["mi_quality"] == "high",
        )
        for session, rows in _annomi_sessions(path).items()
    ]


def annomi_utterances(path: Path) -> list[Utterance]:
    return [
        Utterance(
            session,
            row["utterance_text"],
            row["reflection_exists"] == "True",
            row["question_subtype"] == "open",
        )
        for session, rows in _annomi_sessions(path).items()
        for row in rows
        if row["interlocutor"] == "therapist"
    ]


def counsel_chat(path: Path) -> list[Dialogue]:
    """Questions to licensed therapists (MIT), each with its first answer."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if row["questionText"].strip() and row["answerText"].strip()
        ]
    first = {row["questionID"]: row for row in reversed(rows)}
    return [
        _dialogue(
            question,
            row["topic"],
            (
                ("user", _plain(f"{row['questionTitle']} {row['questionText']}")),
                ("assistant", _plain(row["answerText"])),
            ),
        )
        for question, row in sorted(first.items())
    ]


def _plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", markup))


def vera_mh(paths: list[Path]) -> list[Dialogue]:
    """Simulated crisis conversations (MIT-like); the persona is the topic."""
    dialogues = []
    for path in paths:
        parts = re.split(r"(?m)^(user|agent): ", path.read_text(encoding="utf-8"))
        turns = [
            ("user" if speaker == "user" else "assistant", text)
            for speaker, text in zip(parts[1::2], parts[2::2], strict=True)
        ]
        dialogues.append(_dialogue(path.name, path.stem.split("_")[1], turns))
    return dialogues


def schema_guided(paths: list[Path]) -> list[Dialogue]:
    """Task dialogues (CC BY-SA 4.0), which no therapist's rule was written for."""
    return [
        _dialogue(
            item["dialogue_id"],
            ",".join(item["services"]),
            (
                ("user" if turn["speaker"] == "USER" else "assistant", turn["utterance"])
                for turn in item["turns"]
            ),
        )
        for path in paths
        for item in json.loads(path.read_text(encoding="utf-8"))
    ]


def crisis_posts(path: Path) -> list[Posts]:
    """Reddit users by suicide risk: Ideation, Behavior and Attempt are at risk.

    A cell is a Python list of strings, but some are cut off at a spreadsheet's limit,
    so it is split at what stands between two posts instead of being evaluated.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Posts(
                tuple(re.split(r"""['"], ['"]""", row["Post"].strip("[]"))),
                row["Label"],
            )
            for row in csv.DictReader(file)
        ]


def hate_cases(path: Path) -> list[HateCase]:
    """HateCheck's test cases (CC BY 4.0)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            HateCase(row["test_case"], row["functionality"], row["label_gold"] == "hateful")
            for row in csv.DictReader(file)
        ]


def private_sentences(path: Path) -> list[Sentence]:
    """Synthetic sentences with spans of private data (MIT)."""
    return [
        Sentence(
            item["full_text"],
            tuple(
                PrivateSpan(span["entity_type"], span["start_position"], span["end_position"])
                for span in item["spans"]
            ),
            item["template_id"],
        )
        for item in json.loads(path.read_text(encoding="utf-8"))
    ]


EPITOME = {
    "emotional_reactions": "emotional-reactions-reddit.csv",
    "interpretations": "interpretations-reddit.csv",
    "explorations": "explorations-reddit.csv",
}


@dataclass(frozen=True)
class Response:
    """A reply to a post with whether it shows a mechanism of empathy, and the passages that show it."""

    seeker: str
    post: str
    text: str
    shows: bool
    passages: tuple[str, ...]


def epitome(path: Path) -> list[Response]:
    """EPITOME's responses (Sharma et al. 2020); levels 1 and 2 both show the mechanism."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Response(
                row["sp_id"],
                row["seeker_post"],
                row["response_post"],
                int(row["level"]) > 0,
                tuple(p.strip() for p in row["rationales"].split("|") if len(p.strip()) > 2),
            )
            for row in csv.DictReader(file)
        ]
