"""Writes `docs/schemas/`: what the JSON files of a release and of the log look like, for programs of others.

`python -m dataset_platform.release.json_schemas docs/schemas`
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dataset_platform.release.lock import ConfigLock
from dataset_platform.release.manifest import Manifest
from dataset_platform.release.withdrawals import Withdrawal

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DESCRIBED: dict[str, type[BaseModel]] = {
    "config_lock": ConfigLock,
    "manifest": Manifest,
    "withdrawal": Withdrawal,
}


def json_schemas() -> dict[str, str]:
    """The text of each schema, by the name of its file; what a field may lack, older files do lack."""
    return {
        f"{name}.schema.json": schema_text(model.model_json_schema()) for name, model in DESCRIBED.items()
    }


def schema_text(schema: Mapping[str, Any]) -> str:
    """A model's schema as the file that is published."""
    return json.dumps({"$schema": DIALECT, **schema}, indent=1) + "\n"


def write_json_schemas(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in json_schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_json_schemas(Path(sys.argv[1]))
