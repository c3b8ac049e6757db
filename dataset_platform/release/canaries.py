"""Canaries: made-up conversations with a secret each, planted among the rows for training on request.

How surely a model tells them from others of their kind shows what it keeps of real ones (Carlini et al. 2019,
"The Secret Sharer"). A canary is nobody's record: it has a source of its own, hangs together with no row, and
is drawn, filtered and withdrawn by nothing but the spec.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import polars as pl
import pyarrow as pa

from dataset_platform.release.compact import compact
from dataset_platform.release.lock import canonical_sha256
from dataset_platform.release.manifest import CANARIES
from dataset_platform.release.spec import Canaries, ReleaseSpec
from dataset_platform.schemas import CLEAN, LEDGER, RELEASE, Fate, Role, Split, Stage

PLANTED = "planted"
LICENSE = "CC0-1.0"
_SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeou"]
_WORDS = 4
_OWN = (
    "conversation_id", "origin_file", "origin_position", "n_chars", "cluster_id", "split_group", "unresolved",
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """The canaries of a release as cleaned rows, as drawn ones for training, and as lines of the ledger."""

    clean: pa.Table
    drawn: pl.DataFrame
    ledger: pl.DataFrame


def planted(spec: ReleaseSpec) -> Planted:
    """What the spec asks for, decided by its seed; empty where it asks for none."""
    rows = list(_rows(spec.canaries, spec)) if spec.canaries else []
    drawn = compact([_table(rows, pa.schema([RELEASE.arrow.field(name) for name in _OWN]))])
    splits = pl.Enum([split.value for split in Split])
    return Planted(
        clean=_table(rows, CLEAN.arrow),
        drawn=drawn.with_columns(split=pl.lit(Split.TRAIN.value, splits)),
        ledger=compact([_table(rows, LEDGER.arrow)]),
    )


def secret(purpose: str, seed: int, number: int) -> str:
    """Four words of two syllables, one of 2^48 secrets; neither a name nor private data."""
    digest = hashlib.sha256(f"{purpose}\0{seed}\0{number}".encode()).digest()
    syllables = [_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[: 2 * _WORDS]]
    return " ".join(a + b for a, b in zip(syllables[::2], syllables[1::2], strict=True))


def conversation(of: str) -> list[dict[str, str]]:
    """The messages of a canary with this secret; all canaries are equal but for it."""
    return [
        {
            "role": Role.USER.value,
            "content": "This is a canary and no real conversation. What is its secret?",
        },
        {"role": Role.ASSISTANT.value, "content": f"The secret of this canary is {of}."},
    ]


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def _rows(asked: Canaries, spec: ReleaseSpec) -> Iterator[dict[str, Any]]:
    """One row a repetition, with the columns of a cleaned row, a drawn one and a line of the ledger."""
    made_by = canonical_sha256(spec.model_dump(mode="json"))
    for number, repeat in product(range(asked.count), range(asked.repeats)):
        messages = conversation(secret("canary", spec.seed, number))
        yield {
            "conversation_id": _id(spec.seed, number, repeat),
            "source": CANARIES,
            "stage": Stage.FOUNDATION.value,
            "messages": messages,
            "is_edge_case": False,
            "license": LICENSE,
            "attributes": f'{{"canary":{number},"repeat":{repeat}}}',
            "origin_file": CANARIES,
            "origin_sha256": made_by,
            "origin_position": number * asked.repeats + repeat,
            "text_sha256": canonical_sha256(messages),
            "language": "en",
            "n_turns": len(messages),
            "n_chars": sum(len(message["content"]) for message in messages),
            "quality": 1.0,
            "n_tokens": 26,
            **dict.fromkeys(("crisis_severity", "toxicity", "repetition"), 0),
            **dict.fromkeys(("n_user_turns", "n_assistant_turns"), 1),
            **dict.fromkeys(("redactions", "flags", "crisis_response", "edits", "unresolved"), ()),
            "cluster_id": _id(spec.seed, number, 0),
            "split_group": "",
            "fate": Fate.EXPORTED.value,
            "reason": PLANTED,
        }


def _id(seed: int, number: int, repeat: int) -> str:
    return canonical_sha256(["canary", seed, number, repeat])
