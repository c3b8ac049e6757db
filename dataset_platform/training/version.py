"""Version of the training step."""

VERSION = "3"
"""Raised when the same release and configuration would give another checkpoint."""
