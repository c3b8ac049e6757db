"""Benchmarks: the same work done by the platform and by what else one would take, side by side.

Each contestant runs in a process of its own, in turn with the others, so that what disturbs
one disturbs all. No Dagster: a benchmark is no run of the pipeline.
"""
