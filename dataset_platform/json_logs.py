"""Log records as lines of JSON, for collectors; `deploy/dagster.postgres.yaml` names this formatter."""

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class JsonLines(logging.Formatter):
    """Time, level, logger and message; for a run its id, job, partition, step and kind of event, too.

    The text of an error stays out, since those of libraries may quote what they worked on: its kind and where
    it was raised stand in its place. The run's page in the UI has what is to be known of it.
    """

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", None)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": meta["orig_message"] if meta else record.getMessage(),
            **(_facts_of_run(meta) if meta else {}),
        }
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__name__
            line["at"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, default=str)


def _facts_of_run(meta: Mapping[str, Any]) -> dict[str, str]:
    event = meta["dagster_event"]
    facts = {
        "run_id": meta["run_id"],
        "job": meta["job_name"],
        "partition": (meta["job_tags"] or {}).get("dagster/partition"),
        "step": meta["step_key"],
        "event": event.event_type_value if event else None,
    }
    return {name: str(value) for name, value in facts.items() if value}
