"""What the splits keep together: rows that share a duplicate cluster or a group, and whatever hangs on them.

Splits of this kind are known as grouped ones, as of scikit-learn's GroupKFold.
"""

import polars as pl

from dataset_platform.curate.components import components

NO_GROUP = b""


def kept_together(rows: pl.DataFrame) -> pl.Series:
    """For each row the name of its connected component: the smallest group in it, else its cluster.

    `rows` have cluster_id and split_group as bytes, the latter empty for rows in no group. Neither the order
    of rows nor rows of other components decide a name, and a component with groups keeps its name whichever
    rows come or go.
    """
    grouped = rows.filter(pl.col("split_group") != NO_GROUP)
    if grouped.is_empty():
        return rows["cluster_id"].alias("together")
    named = _names_of_clusters(grouped)
    joined = rows.select("cluster_id").join(named, on="cluster_id", how="left", maintain_order="left")
    return joined.select(pl.coalesce("together", "cluster_id").alias("together")).to_series()


def _names_of_clusters(grouped: pl.DataFrame) -> pl.DataFrame:
    """The component of each cluster that has a row in a group: cluster_id and together."""
    edges = grouped.select("cluster_id", "split_group").unique().sort("split_group")
    edges = edges.with_columns(group=pl.col("split_group").rle_id()).sort("cluster_id", maintain_order=True)
    edges = edges.with_columns(cluster=pl.col("cluster_id").rle_id())
    groups, clusters = edges["group"].to_numpy(), edges["cluster"].to_numpy()
    n_groups = edges["group"].n_unique()
    nodes = n_groups + edges["cluster"].n_unique()
    component = components(nodes, groups, n_groups + clusters)[groups]
    return (
        edges.with_columns(component=component)
        .with_columns(together=pl.col("split_group").min().over("component"))
        .select("cluster_id", "together")
        .unique()
    )
