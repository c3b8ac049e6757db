import re

import pytest

from dataset_platform import release
from dataset_platform.errors import InputError, UsageError
from dataset_platform_tests.release.release_records import make_spec

BEGIN = "version: 1.0.0\ntarget_samples: 10\nseed: 1\n"
MISTAKES = {
    "unknown key": ("version: 1.0.0\ntarget_samples: 10\nseed: 1\ncolour: red\n", 4, "colour"),
    "missing key": ("version: 1.0.0\ntarget_samples: 10\n", 1, "seed"),
    "wrong type": ("version: 1.0.0\ntarget_samples: many\nseed: 1\n", 2, "target_samples"),
    "number in quotes": ("version: 1.0.0\ntarget_samples: '10'\nseed: 1\n", 2, "target_samples"),
    "no rows asked": ("version: 1.0.0\ntarget_samples: 0\nseed: 1\n", 2, "target_samples"),
    "seed too large for JSON": (f"version: 1.0.0\ntarget_samples: 1\nseed: {2**53}\n", 3, "seed"),
    "nested": ("version: 1.0.0\ntarget_samples: 1\nseed: 1\nmix:\n  foundation: 2\n", 5, "mix.foundation"),
    "shares do not sum": ("version: 1.0.0\ntarget_samples: 1\nseed: 1\nmix:\n  foundation: 0.5\n", 4, "mix"),
    "not semantic": ("version: '1.0'\ntarget_samples: 1\nseed: 1\n", 1, "version"),
    "a number": ("version: 1.0\ntarget_samples: 1\nseed: 1\n", 1, "version"),
    "leading v": ("version: v1.0.0\ntarget_samples: 1\nseed: 1\n", 1, "version"),
    "build metadata": ("version: 1.0.0+x\ntarget_samples: 1\nseed: 1\n", 1, "version"),
    "other version than the file": ("seed: 1\ntarget_samples: 1\nversion: 2.0.0\n", 3, "version"),
    "list": ("- 1\n", 1, ""),
    "empty": ("", 1, ""),
    "twice the same key": ("version: 1.0.0\nseed: 1\nseed: 2\n", 3, ""),
    "item of a list": (f"{BEGIN}filters:\n  languages:\n    - en\n    - 5\n", 7, "filters.languages.1"),
    "merged": (f"{BEGIN}gates: &all {{overall: 0.5}}\nsplits: {{<<: *all}}\n", 5, "splits.overall"),
    "floors of stages": (f"{BEGIN}stages:\n  edge_case: {{floor: 11}}\n", 4, "stages"),
    "floors of sources": (f"{BEGIN}use: research\nsources: {{a: {{floor: 11}}}}\n", 5, "sources"),
    "broken YAML": ("version: [1.0.0\ntarget_samples: 1\n", 2, ""),
}


@pytest.mark.parametrize(("text", "line", "key"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_with_file_line_and_key(tmp_path, text, line, key):
    path = tmp_path / "1.0.0.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        release.load_spec(path)
    message = str(error.value)
    assert "\n" not in message
    assert re.match(rf"{re.escape(str(path))}, line {line}(, {re.escape(key)})?: .+", message)
    assert key in message


CURES = {
    "mixx: {}": "mixx: this key is not known; there are version, target_samples, seed, use, mix, ",
    "splits: {val: 0.1}": "splits.val: this key is not known; there are train, validation, test",
    "canaries: {number: 3}": "canaries.number: this key is not known; there are count, repeats",
    "sources: {a: {max: 4}}": "sources.a.max: this key is not known; there are floor, cap, share, weight",
    "mix:": "mix: write a key and a value in each line below: foundation, expertise, edge_case, ",
    "sources: [a]": "sources: write a key and what it says in each line below",
    "sources: {5: {cap: 1}}": "sources.5: write the key in quotes",
    "filters: {languages: en}": 'filters.languages: write a list, such as ["en"]',
    "filters: {languages: []}": "filters.languages: write at least one, or remove the key",
    "mix: {foundation: 40%}": 'mix.foundation: must be a valid number, not "40%"',
    "use: fun": "use: must be 'research' or 'commercial', not \"fun\"",
    "canaries: {count: 0}": "canaries.count: must be greater than or equal to 1, not 0",
    "stages: {edge_case: {floor: 11}}": "stages: the floors ask for 11 rows and target_samples for 10; lower",
}


@pytest.mark.parametrize(("line", "cure"), CURES.items(), ids=CURES)
def test_a_mistake_says_what_to_write_instead(tmp_path, line, cure):
    path = tmp_path / "1.0.0.yaml"
    path.write_text(f"{BEGIN}{line}\n")
    with pytest.raises(InputError) as error:
        release.load_spec(path)
    assert f"{path}, line 4, {cure}" in str(error.value)


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path):
    (tmp_path / "1.0.0.yaml").write_text("version: x\ntarget_samples: 0\nseed: -1\n")
    with pytest.raises(InputError) as error:
        release.load_specs(tmp_path)
    assert len(str(error.value).splitlines()) == 3


def test_bytes_that_are_no_text_are_an_input_error(tmp_path):
    (tmp_path / "1.0.0.yaml").write_bytes(b"version: \xff\xfe\n")
    with pytest.raises(InputError, match="not valid YAML"):
        release.load_spec(tmp_path / "1.0.0.yaml")


def test_defaults_are_those_of_the_design(tmp_path):
    (tmp_path / "1.0.0.yaml").write_text("version: 1.0.0\ntarget_samples: 10\nseed: 42\n")
    spec = release.load_spec(tmp_path / "1.0.0.yaml")
    assert list(spec.mix.shares.values()) == [0.40, 0.25, 0.20, 0.15]
    assert list(spec.splits.shares.values()) == [0.8, 0.1, 0.1]
    assert spec.gates.model_dump() == {
        "semantic_coherence": 0.80,
        "therapeutic_appropriateness": 0.70,
        "crisis_flags": 0.005,
        "private_data": 0,
        "bias": 0.60,
        "overall": 0.75,
    }


def test_a_written_spec_reads_back_and_may_be_written_again(tmp_path):
    spec = make_spec(version="1.1.0-rc.1")
    path = release.write_spec(spec, tmp_path / "releases")
    assert path.name == "1.1.0-rc.1.yaml"
    assert release.load_spec(path) == spec
    assert release.write_spec(spec, tmp_path / "releases") == path


def test_another_spec_for_a_version_is_refused_and_names_what_differs(tmp_path):
    release.write_spec(make_spec(seed=42), tmp_path)
    with pytest.raises(UsageError, match=r"differs in target_samples: 60, now 61; seed: 42, now 43\."):
        release.write_spec(make_spec(seed=43, target_samples=61), tmp_path)
    assert release.load_spec(tmp_path / "1.0.0.yaml").seed == 42


def test_a_spec_of_another_ending_is_not_passed_over_for_the_default(tmp_path):
    (tmp_path / "1.0.0.yml").write_text(BEGIN)
    with pytest.raises(UsageError, match=r"1\.0\.0\.yml is not read; rename it to 1\.0\.0\.yaml"):
        release.wanted_spec(tmp_path, "1.0.0")


def test_specs_come_in_order_of_version_not_of_name(tmp_path):
    for version in ("1.10.0", "1.9.0", "1.9.0-rc.1"):
        release.write_spec(make_spec(version=version), tmp_path)
    assert list(release.load_specs(tmp_path)) == ["1.9.0-rc.1", "1.9.0", "1.10.0"]


def test_a_release_that_is_not_there_is_one_to_export_or_none_that_could_be():
    assert "try `dataset-platform export --version 9.0.0`" in str(release.not_published("9.0.0"))
    for version in ("../1.0.0", "1.0", "", "1.0.0+b"):
        assert str(release.not_published(version)).startswith(f"no release: {version!r} ")
