"""Source files → conversation records and quarantine, with nothing lost.

`load_descriptions` reads what each source looks like; `read_source` reads its files into tables, `read_rows`
hands their rows on.
"""

from dataset_platform.ingest.accounts import FileAccount, read_accounts
from dataset_platform.ingest.describing.description import Reader, SourceDescription
from dataset_platform.ingest.describing.description_files import (
    description_paths,
    load_description,
    load_descriptions,
)
from dataset_platform.ingest.describing.filters import Filters
from dataset_platform.ingest.describing.queries import Query
from dataset_platform.ingest.landing import LandedFile
from dataset_platform.ingest.previous import Previous
from dataset_platform.ingest.reading import Ingested, ReadFiles, read_rows, read_source
from dataset_platform.ingest.rejection import Rejection

VERSION = "6"
"""Raised whenever the same files would give other rows."""

__all__ = [
    "VERSION",
    "FileAccount",
    "Filters",
    "Ingested",
    "LandedFile",
    "Previous",
    "Query",
    "ReadFiles",
    "Reader",
    "Rejection",
    "SourceDescription",
    "description_paths",
    "load_description",
    "load_descriptions",
    "read_accounts",
    "read_rows",
    "read_source",
]
