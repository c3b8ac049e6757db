"""docs/release-spec.md: its spec is one with every key, and its Python opens a release."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dataset_platform import release
from dataset_platform.release import ReleaseSpec
from dataset_platform.schemas import Stage

PAGE = (Path(__file__).resolve().parents[2] / "docs/release-spec.md").read_text()
(SPEC,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(SNIPPET,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_a_spec_with_every_key(tmp_path):
    path = tmp_path / "1.0.0.yaml"
    path.write_text(SPEC)
    spec = release.load_spec(path)
    shown = YAML(typ="safe").load(SPEC)
    assert set(shown) == set(ReleaseSpec.model_fields)
    for section in ("mix", "filters", "licenses", "splits", "formats", "gates"):
        assert set(shown[section]) == set(getattr(spec, section).model_dump())
    of_sources = {key for mix in shown["sources"].values() for key in mix}
    assert of_sources == set(release.SourceMix.model_fields)
    assert spec.stages.of(Stage.EDGE_CASE).cap == 1500


def test_a_spec_with_every_key_reads_back_after_writing(tmp_path):
    path = tmp_path / "1.0.0.yaml"
    path.write_text(SPEC)
    spec = release.load_spec(path)
    assert release.load_spec(release.write_spec(spec, tmp_path / "again")) == spec


def test_the_snippet_opens_a_release(pristine, monkeypatch, tmp_path):
    for package in ("datasets", "duckdb"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(pristine.folder.parent)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found: dict = {}
    exec(SNIPPET.replace('"v1.0.0")', f'"v1.0.0", cache_dir={str(tmp_path)!r})'), found)
    assert set(found["splits"]) == {"train", "validation", "test"}
    assert len(found["rows"]) == pristine.manifest.rows
    assert len(found["train"]) == found["splits"]["train"].num_rows
    assert found["test"].collect().height == found["splits"]["test"].num_rows
