"""The published JSON Schemas are those of the code, and real files keep them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from dataset_platform import release
from dataset_platform.release.json_schemas import json_schemas
from dataset_platform.release.withdrawals import Request, read_log, record
from dataset_platform.schemas import FINGERPRINTS, WithdrawnBy
from dataset_platform.storage.local import LocalStore

DOCS = Path(__file__).resolve().parents[2] / "docs/schemas"
FILES = release.ReleaseFiles("1.0.0")


def validator(name):
    schema = json.loads((DOCS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def test_the_published_schemas_are_those_of_the_code():
    published = {name: (DOCS / name).read_text() for name in json_schemas()}
    assert published == json_schemas(), "python -m dataset_platform.release.json_schemas docs/schemas"


@pytest.mark.parametrize(
    ("schema", "file"), [("manifest", FILES.manifest), ("config_lock", "config_lock.json")]
)
def test_a_release_keeps_the_published_schemas(pristine, schema, file):
    content = json.loads((pristine.folder / file).read_text())
    validator(schema).validate(content)
    with pytest.raises(jsonschema.ValidationError, match="was unexpected"):
        validator(schema).validate(content | {"more": 1})


def test_an_entry_of_the_log_keeps_the_published_schema(tmp_path):
    store = LocalStore(tmp_path)
    request = Request(
        by=WithdrawnBy.SOURCE, value="a", reason="b", withdrawn_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    record(store, "withdrawals", request, FINGERPRINTS.arrow.empty_table())
    (withdrawal,) = read_log(store, "withdrawals").withdrawals
    validator("withdrawal").validate(json.loads(withdrawal.content))
