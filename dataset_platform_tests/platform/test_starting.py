"""What every process of a run pays for before it does anything."""

import subprocess
import sys

SECONDS_TO_IMPORT = {"torch", "lightning", "transformers", "spacy", "sklearn", "ray"}
# Daft looks for tensors, and loads what makes them, where it is given what is no plain value.
RUN = """
import sys
import daft
import dataset_platform.definitions
import dataset_platform.operations
import dataset_platform.results.sources
from dataset_platform import engine
from dataset_platform.curate import safety_counts
from dataset_platform.schemas import CLEAN
from dataset_platform.settings import load_settings
engine.start(load_settings())
safety_counts.flag_counts(daft.from_arrow(CLEAN.arrow.empty_table()))
print(*sys.modules)
"""


def test_reading_and_cleaning_load_no_model_library():
    told = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True)
    assert SECONDS_TO_IMPORT.isdisjoint(told.stdout.split())
