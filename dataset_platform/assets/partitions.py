"""The two partition dimensions: a source is a landing folder, a version a release spec."""

import dagster as dg

SOURCES = dg.DynamicPartitionsDefinition(name="source")
VERSIONS = dg.DynamicPartitionsDefinition(name="version")
ALL_SOURCES = dg.AllPartitionMapping()
