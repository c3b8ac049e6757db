"""Raw and clean records by hand, as Daft frames with the columns of their contracts."""

from collections.abc import Sequence
from hashlib import sha256

import daft
import pyarrow as pa

from dataset_platform import curate
from dataset_platform.schemas import CLEAN, RAW
from dataset_platform_tests import rows

Turn = tuple[str, str]


def raw_record(turns: Sequence[Turn], position: int = 0, **fields: object) -> dict[str, object]:
    return {
        "conversation_id": sha256(repr(turns).encode()).hexdigest(),
        "source": "handmade",
        "stage": "foundation",
        "messages": [{"role": role, "content": content} for role, content in turns],
        "is_edge_case": False,
        "license": "CC0-1.0",
        "attributes": "{}",
        "origin_file": "handmade/a.jsonl",
        "origin_sha256": "0" * 64,
        "origin_position": position,
    } | fields


def raw_frame(records: Sequence[dict[str, object]]) -> daft.DataFrame:
    return daft.from_arrow(pa.Table.from_pylist(list(records), schema=RAW.arrow))


def clean_record(turns: Sequence[Turn], position: int = 0, **fields: object) -> dict[str, object]:
    """A record as cleaning would leave it, for tests of what comes after."""
    text = "\x1e".join(f"{role}\x1f{content}" for role, content in turns)
    roles = [role for role, _ in turns]
    return (
        rows.nothing(CLEAN)
        | raw_record(turns, position)
        | {
            "text_sha256": sha256(text.encode()).hexdigest(),
            "language": "en",
            "quality": 1.0,
            "n_turns": len(turns),
            "n_chars": sum(len(content) for _, content in turns),
            "n_user_turns": roles.count("user"),
            "n_assistant_turns": roles.count("assistant"),
        }
        | fields
    )


def clean_frame(records: Sequence[dict[str, object]]) -> daft.DataFrame:
    return daft.from_arrow(pa.Table.from_pylist(list(records), schema=CLEAN.arrow))


def decisions_on(records: Sequence[dict[str, object]]) -> daft.DataFrame:
    return curate.decide(clean_frame(records))
