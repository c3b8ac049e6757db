"""The tiny base model and release of the training tests."""

from dataset_platform_tests.training.conftest import base_model, config, rows, tokenizer

__all__ = ["base_model", "config", "rows", "tokenizer"]
