"""Writes the schema of the QA report, for programs of others.

`python -m dataset_platform.quality.json_schemas docs/schemas`
"""

import sys
from pathlib import Path

from dataset_platform.quality.report import Report
from dataset_platform.release.json_schemas import schema_text

NAME = "qa_report.schema.json"


def report_schema() -> str:
    """The text of the schema that every `qa_report_v<version>.json` of this version keeps."""
    return schema_text(Report.model_json_schema(mode="serialization"))


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(report_schema(), encoding="utf-8")
