import re

import pytest

from dataset_platform import release
from dataset_platform.errors import InputError, UsageError
from dataset_platform_tests.release.release_records import make_spec

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


def test_specs_come_in_order_of_version_not_of_name(tmp_path):
    for version in ("1.10.0", "1.9.0", "1.9.0-rc.1"):
        release.write_spec(make_spec(version=version), tmp_path)
    assert list(release.load_specs(tmp_path)) == ["1.9.0-rc.1", "1.9.0", "1.10.0"]
