"""Writes `docs/schemas/eval_report.schema.json`: what the JSON of an eval report looks like.

`python -m dataset_platform.evaluation.json_schema docs/schemas`
"""

import json
import sys
from pathlib import Path

from dataset_platform.evaluation.report import EvalReport

NAME = "eval_report.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> str:
    return json.dumps({"$schema": DIALECT, **EvalReport.model_json_schema()}, indent=1) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(json_schema(), encoding="utf-8")
