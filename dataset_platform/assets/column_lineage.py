"""Where each column of a table comes from, column by column through the whole graph."""

from collections.abc import Sequence

import dagster as dg

from dataset_platform.schemas import (
    CLEAN,
    CLUSTERS,
    DECISIONS,
    HELDOUT_OVERLAP,
    PASTED,
    RAW,
    RELEASE,
    SIGNATURES,
    WITHDRAWN,
    Contract,
)

Origins = Sequence[tuple[Contract, str]]

# Tables whose columns of the same name are passed on, the first that has it.
PASSED_ON: dict[str, Sequence[Contract]] = {
    CLEAN.name: (RAW,),
    HELDOUT_OVERLAP.name: (CLEAN,),
    DECISIONS.name: (CLEAN,),
    SIGNATURES.name: (CLEAN,),
    WITHDRAWN.name: (RAW,),
    CLUSTERS.name: (SIGNATURES,),
    PASTED.name: (SIGNATURES,),
    RELEASE.name: (CLEAN, DECISIONS, CLUSTERS),
}
# What a column is computed from that is not passed on; otherwise from the turns, or from nothing stored.
COMPUTED: dict[tuple[str, str], Origins] = {
    (CLEAN.name, "redactions"): ((RAW, "messages"), (RAW, "attributes")),
    (DECISIONS.name, "drop_reason"): (
        (CLEAN, "flags"),
        (CLEAN, "language"),
        (CLEAN, "n_turns"),
        (CLEAN, "n_chars"),
        (CLEAN, "n_tokens"),
        (CLEAN, "n_user_turns"),
        (CLEAN, "n_assistant_turns"),
        (CLEAN, "repetition"),
        (CLEAN, "quality"),
        (HELDOUT_OVERLAP, "share"),
    ),
    (DECISIONS.name, "unresolved"): ((CLEAN, "flags"), (CLEAN, "crisis_response"), (CLEAN, "is_edge_case")),
    (DECISIONS.name, "split_group"): ((CLEAN, "attributes"),),
    (DECISIONS.name, "reviewed_by"): (),
    (WITHDRAWN.name, "withdrawal"): ((RAW, "messages"), (CLEAN, "text_sha256")),
    (WITHDRAWN.name, "withdrawn_by"): ((RAW, "messages"), (CLEAN, "text_sha256")),
    (CLUSTERS.name, "duplicate_of"): (
        (SIGNATURES, "text_sha256"),
        (SIGNATURES, "sketch"),
        (SIGNATURES, "quality"),
        (DECISIONS, "drop_reason"),
        (WITHDRAWN, "conversation_id"),
    ),
    (PASTED.name, "similarity"): ((SIGNATURES, "answer_ngrams"), (CLEAN, "messages")),
    (RELEASE.name, "split"): ((CLUSTERS, "cluster_id"), (DECISIONS, "split_group")),
}
# What else the columns of a table are computed from.
OTHERWISE: dict[str, Origins] = {
    CLEAN.name: ((RAW, "messages"),),
    HELDOUT_OVERLAP.name: ((CLEAN, "messages"),),
    SIGNATURES.name: ((CLEAN, "messages"),),
    CLUSTERS.name: ((SIGNATURES, "text_sha256"), (SIGNATURES, "sketch")),
    PASTED.name: ((SIGNATURES, "answers"),),
}


def column_lineage(contract: Contract) -> dg.TableColumnLineage:
    """For each column of a table that is made of other tables, the columns that it is made of."""
    return dg.TableColumnLineage(
        {
            name: [
                dg.TableColumnDep(asset_key=dg.AssetKey(table.name), column_name=column)
                for table, column in origins
            ]
            for name in contract.names
            if (origins := _origins(contract.name, name))
        }
    )


def _origins(table: str, column: str) -> Origins:
    if (table, column) in COMPUTED:
        return COMPUTED[table, column]
    passed_on = [source for source in PASSED_ON.get(table, ()) if column in source.names]
    return ((passed_on[0], column),) if passed_on else OTHERWISE.get(table, ())
