"""Review queues on the way to Argilla, Label Studio and spreadsheets, and decisions on the way back.

The answers below are golden: written by hand in the form that argilla 2.8 and label-studio-sdk 2.1 write and
accept, which both were asked about once.
"""

import csv
import io
import json
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.errors import InputError
from dataset_platform.quality import ReviewFormat, exported, imported
from dataset_platform.quality.review.queue import SCHEMA

ONE, TWO = "1" * 64, "2" * 64
ANA, BO = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
HOSTILE = '<script>alert("1")</script>, =1+1\u2028"quoted"'


def entry(id_: str, rank: int) -> dict[str, Any]:
    known = {
        "rank": rank,
        "conversation_id": id_,
        "source": "made_by_hand",
        "stage": "foundation",
        "split": "train",
        "reasons": ["unresolved_flag", "inappropriate"],
        "findings": ["flag: crisis_abuse"],
        "crisis_severity": 2,
        "crisis_probability": 0.4,
        "toxicity": 0.0,
        "messages": [
            {"role": "user", "content": HOSTILE},
            {"role": "assistant", "content": "What then?"},
        ],
    }
    return dict.fromkeys(SCHEMA.names) | known


QUEUE = [entry(ONE, 1), entry(TWO, 2)]


def decisions(content: Any, format_: ReviewFormat, **names: str) -> tuple[list[tuple], int]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    found, undecided = imported(raw, "answers", format_, names)
    return [(a.conversation_id, a.decision, a.reviewer, a.note, a.date) for a in found], undecided


def test_argilla_gets_a_dataset_with_settings_and_a_record_each():
    files = {
        name: json.loads(content)
        for name, content in exported(QUEUE, ReviewFormat.ARGILLA, "1.0.0", 2).items()
    }
    assert set(files) == {".argilla/dataset.json", ".argilla/settings.json", "records.json"}
    assert files[".argilla/dataset.json"]["name"] == "review_v1_0_0"
    rules = files[".argilla/settings.json"]
    assert rules["distribution"] == {"strategy": "overlap", "min_submitted": 2}
    assert [option["value"] for option in rules["questions"][0]["settings"]["options"]] == ["keep", "drop"]
    assert not any(field["settings"]["use_markdown"] for field in rules["fields"])
    first = files["records.json"][0]
    assert first["id"] == ONE
    assert first["fields"]["conversation"] == QUEUE[0]["messages"]
    assert "coherence" not in first["metadata"]
    assert set(first["metadata"]) <= {one["name"] for one in rules["metadata"]}


ARGILLA_NESTED = [
    {
        "id": ONE, "fields": {}, "metadata": {}, "suggestions": {}, "vectors": {}, "status": "completed",
        "_server_id": "x",
        "responses": {
            "decision": [{"value": "keep", "user_id": ANA}, {"value": "drop", "user_id": BO}],
            "note": [{"value": "sound", "user_id": ANA}],
        },
    },
    {"id": TWO, "fields": {}, "responses": {}},
]  # fmt: skip
ARGILLA_FLAT = [
    {
        "id": ONE, "status": "completed", "conversation": [],
        "decision.responses": ["keep", "drop", "keep"],
        "decision.responses.users": [ANA, BO, "someone"],
        "decision.responses.status": ["submitted", "submitted", "draft"],
        "note.responses": ["sound"], "note.responses.users": [ANA],
    },
    {"id": TWO, "status": "pending", "decision.responses": None},
]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [ARGILLA_NESTED, ARGILLA_FLAT, "\n".join(map(json.dumps, ARGILLA_FLAT)).encode()],
    ids=["nested", "flat", "lines"],
)
def test_argillas_answers_come_back_with_users_and_without_drafts(content):
    found, undecided = decisions(content, ReviewFormat.ARGILLA, **{ANA: "ana"})
    assert found == [(ONE, "keep", "ana", "sound", ""), (ONE, "drop", BO, "", "")]
    assert undecided == 1


def test_label_studio_gets_a_config_and_tasks_that_fit_each_other():
    files = exported(QUEUE, ReviewFormat.LABEL_STUDIO, "1.0.0", 1)
    assert set(files) == {"labeling_config.xml", "tasks-00001.json"}
    config = ElementTree.fromstring(files["labeling_config.xml"])
    tasks = json.loads(files["tasks-00001.json"])
    wanted = {element.get("value")[1:] for element in config if (element.get("value") or "").startswith("$")}
    assert wanted == {"why", "conversation"}
    assert all(wanted <= task["data"].keys() for task in tasks)
    assert [choice.get("value") for choice in config.iter("Choice")] == ["keep", "drop"]
    assert tasks[0]["data"]["conversation"][0]["content"] == HOSTILE


def test_many_tasks_come_in_several_files():
    files = exported([entry(ONE, n) for n in range(201)], ReviewFormat.LABEL_STUDIO, "1.0.0", 1)
    sizes = [len(json.loads(content)) for name, content in files.items() if name.startswith("tasks")]
    assert sizes == [200, 1]


def annotation(by: Any, decision: str, time: str, note: str = "", skipped: bool = False) -> dict[str, Any]:
    result = [
        {"id": "a", "from_name": "decision", "to_name": "conversation", "type": "choices",
         "value": {"choices": [decision]}}
    ]  # fmt: skip
    if note:
        text = {"id": "b", "from_name": "note", "to_name": "conversation", "type": "textarea"}
        result.append(text | {"value": {"text": [note]}})
    return {"id": 1, "completed_by": by, "result": result, "was_cancelled": skipped, "updated_at": time}


def test_label_studios_answers_come_back_the_latest_of_each_person():
    person = {"id": 7, "email": "ana@clinic.example"}
    content = [
        {"id": 1, "data": {"conversation_id": ONE}, "annotations": [
            annotation(person, "drop", "2026-02-02T10:00:00.000000Z", "on second thought"),
            annotation(person, "keep", "2026-02-01T10:00:00.000000Z"),
            annotation(9, "keep", "2026-02-03T23:00:00Z"),
            annotation(10, "keep", "2026-02-03T23:00:00Z", skipped=True),
        ]},
        {"id": 2, "data": {"conversation_id": TWO}, "annotations": [{"completed_by": 9, "result": []}]},
    ]  # fmt: skip
    found, undecided = decisions(content, ReviewFormat.LABEL_STUDIO, **{"9": "bo"})
    assert found == [
        (ONE, "drop", "ana@clinic.example", "on second thought", "2026-02-02"),
        (ONE, "keep", "bo", "", "2026-02-03"),
    ]
    assert undecided == 1


def test_a_filled_table_comes_back_and_empty_rows_wait():
    (content,) = exported(QUEUE, ReviewFormat.CSV, "1.0.0", 1).values()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert HOSTILE in rows[0]["conversation"]
    rows[0] |= {"decision": " drop ", "reviewer": "ana", "note": "a, b\nc", "date": "2026-02-01"}
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    found, undecided = decisions(out.getvalue().encode(), ReviewFormat.CSV)
    assert found == [(ONE, "drop", "ana", "a, b\nc", "2026-02-01")]
    assert undecided == 1


@pytest.mark.parametrize("format_", ReviewFormat)
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"{", b"3", b'[{"a": 1}]', b'[{"id": 3, "responses": [1]}]']
)
def test_what_is_no_export_is_refused_in_a_line_without_its_content(format_, content):
    with pytest.raises(InputError) as error:
        imported(content, "answers.json", format_, {})
    assert str(error.value).startswith("answers.json")
    assert "\n" not in str(error.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "data", "annotations", "result", "value", "responses", "decision", "choices"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(JSON, max_size=3), st.sampled_from([ReviewFormat.ARGILLA, ReviewFormat.LABEL_STUDIO]))
def test_any_json_is_read_or_refused_clearly(content, format_):
    with suppress(InputError):
        imported(json.dumps(content).encode(), "answers", format_, {})
