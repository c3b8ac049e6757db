"""Provable fine-tuning datasets from raw conversations, on Dagster."""
