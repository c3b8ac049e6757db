"""The two partition dimensions, a source and a version, and the pools that bound what runs beside what."""

import dagster as dg

SOURCES = dg.DynamicPartitionsDefinition(name="source")
VERSIONS = dg.DynamicPartitionsDefinition(name="version")
ALL_SOURCES = dg.AllPartitionMapping()

# A pool has one slot until `dagster instance concurrency set <pool> <slots>` says otherwise.
READING = "sources"
TRAINING = "training"
