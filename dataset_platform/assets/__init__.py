"""Dagster's view of the pipeline: one file a step, named as the step."""
