"""The bundled samples hold exactly what they say, and nothing else."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from dataset_platform import samples
from dataset_platform.samples import Planted
from dataset_platform.samples.novelty import jaccard, shingles
from dataset_platform.schemas import QuarantineReason, Role, Stage

CRISIS = re.compile(
    r"\b(suicid|self-harm|hurt(ing)? myself|kill|overdose|abus|"
    r"end my life|violen|murder|weapon|rape|psychosis)",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def area(tmp_path_factory):
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="module")
def sample(area):
    return samples.lay_down(area / "raw", area / "sources")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_about_1200_conversations_over_the_five_sources(sample):
    assert {name: source.stage for name, source in sample.sources.items()} == {
        "dual_persona": Stage.VOICE_PERSONA,
        "edge_cases": Stage.EDGE_CASE,
        "pixel_voice": Stage.VOICE_PERSONA,
        "psychology_knowledge": Stage.EXPERTISE,
        "standard_therapeutic": Stage.FOUNDATION,
    }
    assert 1_200 <= len(sample.conversations) <= 1_400


def test_another_process_and_hash_seed_write_the_same_bytes(area, sample, tmp_path):  # noqa: ARG001
    code = (
        "import sys; from pathlib import Path; from dataset_platform import samples;"
        "samples.lay_down(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "raw", tmp_path / "sources"],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert digests(tmp_path) == digests(area)


def test_another_seed_writes_other_bytes(area, sample, tmp_path):  # noqa: ARG001
    samples.lay_down(tmp_path / "raw", tmp_path / "sources", seed=43)
    assert digests(tmp_path / "raw") != digests(area / "raw")


def test_second_call_touches_nothing_and_mends_what_was_changed(tmp_path):
    samples.lay_down(tmp_path / "raw", tmp_path / "sources")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    edited = tmp_path / "sources" / "pixel_voice.yaml"
    edited.write_text("mine: true\n")
    damaged = tmp_path / "raw" / "pixel_voice" / "pixel_voice.json"
    damaged.write_text("[]")
    samples.lay_down(tmp_path / "raw", tmp_path / "sources")
    assert edited.read_text() == "mine: true\n"
    assert damaged.stat().st_size > 10_000
    assert all(
        path.stat().st_mtime_ns == mtime for path, mtime in before.items() if path not in (edited, damaged)
    )
    assert before.keys() == {path for path in tmp_path.rglob("*") if path.is_file()}


def test_exact_copies_have_an_original_and_originals_no_accidental_twin(sample):
    counts = Counter(
        tuple((turn.role, turn.content) for turn in one.turns)
        for one in sample.conversations
        if one.planted is not Planted.NEAR
    )
    exact = sum(source.exact_duplicates for source in sample.sources.values())
    assert exact >= 15
    assert sum(count - 1 for count in counts.values()) == exact
    assert max(counts.values()) <= 3


def test_near_copies_are_near_and_nothing_else_is(sample):
    distinct = {one.text: one.planted for one in sample.conversations}
    grams = [(shingles(text), planted) for text, planted in distinct.items()]
    holders = defaultdict(list)
    for i, (own, _) in enumerate(grams):
        for gram in own:
            holders[gram].append(i)
    meeting = {pair for together in holders.values() for pair in combinations(together, 2)}
    alike = [(jaccard(grams[i][0], grams[j][0]), {grams[i][1], grams[j][1]}) for i, j in sorted(meeting)]
    near = sum(source.near_duplicates for source in sample.sources.values())
    assert near >= 15
    assert all(Planted.NEAR in kinds for similarity, kinds in alike if similarity >= 0.5)
    assert sum(similarity >= 0.8 for similarity, _ in alike) >= near


def test_replies_do_not_repeat_unless_planted(sample):
    replies = Counter(
        turn.content
        for one in sample.conversations
        if one.planted is Planted.ORIGINAL
        for turn in one.turns
        if turn.role is Role.ASSISTANT
    )
    assert sum(count for count in replies.values() if count > 1) < 0.02 * replies.total()


def test_crisis_words_stay_in_edge_cases(sample):
    elsewhere = [
        CRISIS.search(one.text)
        for name, source in sample.sources.items()
        if name != "edge_cases"
        for one in source.conversations
    ]
    assert [match[0] for match in elsewhere if match] == []
    assert any(CRISIS.search(one.text) for one in sample.sources["edge_cases"].conversations)


def test_no_template_mark_is_left(sample):
    assert [
        one.topic for one in sample.conversations if one.quirk is None and re.search(r"[<>|]", one.text)
    ] == []


def test_private_data_stands_in_the_files(area, sample):
    kinds = Counter()
    for name, source in sample.sources.items():
        landed = b"".join(path.read_bytes() for path in sorted((area / "raw" / name).iterdir())).decode(
            "utf-8", "replace"
        )
        assert all(datum.value in landed for datum in source.private)
        kinds.update(source.private_by_kind)
    assert len(kinds) == 8


def test_therapeutic_json_breaks_off_inside_a_string_once(area, sample):
    text = (area / "raw/standard_therapeutic/conversations.json").read_text()
    with pytest.raises(json.JSONDecodeError, match="Unterminated string"):
        json.loads(text)
    whole = json.loads(text[: text.rindex(",\n")] + "]}")["conversations"]
    source = sample.sources["standard_therapeutic"]
    assert len(whole) == source.whole + len(source.broken) - 1
    shapes = {shape for item in whole if isinstance(item, dict) for shape in item}
    assert {"conversation", "messages", "text", "prompt"} <= shapes


def test_knowledge_mixes_objects_and_strings(area, sample):
    concepts = json.loads((area / "raw/psychology_knowledge/concepts.json").read_bytes())["concepts"]
    source = sample.sources["psychology_knowledge"]
    strings = sum(isinstance(entry, str) for entry in concepts.values())
    assert strings == source.quarantined[QuarantineReason.WRONG_TYPE] > 0
    assert len(concepts) == source.whole + len(source.broken)


def test_jsonl_lines_break_as_declared(area, sample):
    for path in ("edge_cases/edge_cases.jsonl", "dual_persona/dialogues.jsonl"):
        content = (area / "raw" / path).read_bytes().removeprefix(b"\xef\xbb\xbf")
        lines = [line for line in content.split(b"\n") if line.strip()]
        source = sample.sources[path.split("/")[0]]
        assert len(lines) == source.whole + len(source.broken)
    assert b"\r\n" in content
    assert (area / "raw/pixel_voice/pixel_voice_part_2.json").stat().st_size == 0


def test_every_edge_case_has_a_category_and_a_level(sample):
    originals = sample.sources["edge_cases"].conversations
    assert 25 <= len({one.topic for one in originals}) <= 27
    assert {one.level for one in originals} == {"moderate", "high", "severe"}
    assert all(one.turns[0].role is Role.ASSISTANT for one in originals)
