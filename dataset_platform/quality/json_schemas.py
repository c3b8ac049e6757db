"""Writes the schema of the QA report, for programs of others.

`python -m dataset_platform.quality.json_schemas docs/schemas`
"""

import json
import sys
from pathlib import Path

from dataset_platform.quality.report import Report

NAME = "qa_report.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def report_schema() -> str:
    """The text of the schema that every `qa_report_v<version>.json` of this version keeps."""
    schema = Report.model_json_schema(mode="serialization")
    return json.dumps({"$schema": DIALECT, **schema}, indent=1) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(report_schema(), encoding="utf-8")
