"""The command groups of `dataset-platform`, one module each, and what they share."""
