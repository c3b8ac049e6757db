"""Holds a lazy frame against its contract, batch by batch."""

from contextlib import closing

import daft
from daft import col, lit

from dataset_platform.schemas import Contract, Violation
from dataset_platform.streaming import streamed


def broken_rules(frame: daft.DataFrame, contract: Contract) -> list[Violation]:
    """Every rule of the contract that rows of the frame break; empty when it holds.

    Beside the columns' own rules, the contract's key occurs once in the whole
    frame, and the turns of every conversation keep the contract's contract of turns.
    """
    found = _violations(contract, frame)
    if any(violation.column == "(schema)" for violation in found):
        return found
    found += _repeated_keys(frame, contract)
    if contract.turns:
        found += _violations(contract.turns, turns(frame))
    return found


def turns(frame: daft.DataFrame) -> daft.DataFrame:
    """One row a turn (conversation_id, role, content) of every conversation that has any."""
    frame = frame.where(col("messages").list_count("all") > lit(0))
    exploded = frame.select("conversation_id", "messages").explode("messages")
    return exploded.select(
        "conversation_id", col("messages")["role"].alias("role"), col("messages")["content"].alias("content")
    )


def _violations(contract: Contract, frame: daft.DataFrame) -> list[Violation]:
    with closing(streamed(frame)) as batches:
        return contract.violations(batches)


def _repeated_keys(frame: daft.DataFrame, contract: Contract) -> list[Violation]:
    if not contract.key:
        return []
    first = contract.key[0]
    repeated = (
        frame.groupby(*contract.key)
        .agg(col(first).count("all").alias("rows"))
        .where(col("rows") > lit(1))
        .sort(list(contract.key))
        .to_pydict()
    )
    count = len(repeated["rows"])
    examples = tuple(
        "#".join(str(repeated[name][row]) for name in contract.key) for row in range(min(count, 5))
    )
    rule = f"{' + '.join(contract.key)} occurs once"
    return [Violation(first, rule, count, examples)] if count else []
