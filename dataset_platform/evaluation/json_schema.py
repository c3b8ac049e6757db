"""Writes `docs/schemas/eval_report.schema.json`: what the JSON of an eval report looks like.

`python -m dataset_platform.evaluation.json_schema docs/schemas`
"""

import sys
from pathlib import Path

from dataset_platform.evaluation.report import EvalReport
from dataset_platform.release.json_schemas import schema_text

NAME = "eval_report.schema.json"


def json_schema() -> str:
    return schema_text(EvalReport.model_json_schema())


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(json_schema(), encoding="utf-8")
