"""Whose terms a release must keep to, and which releases they forbid."""

import pytest

from dataset_platform import release
from dataset_platform.errors import InputError
from dataset_platform.release.licences import TERMS, Terms, terms_of
from dataset_platform.release.spec import Use
from dataset_platform_tests.release.release_records import full_inputs, make_spec

CASES = {
    "CC0-1.0": Terms.FREE,
    "MIT": Terms.ATTRIBUTION,
    "cc-by-4.0": Terms.ATTRIBUTION,
    "CC-BY-SA-4.0": Terms.SHARE_ALIKE,
    "CC-BY-NC-4.0": Terms.NON_COMMERCIAL,
    "CC-BY-NC-SA-4.0": Terms.NON_COMMERCIAL_SHARE_ALIKE,
    "CC-BY-NC-ND-4.0": Terms.NO_ADAPTATIONS,
    "MIT OR CC-BY-NC-4.0": Terms.ATTRIBUTION,
    "MIT AND CC-BY-NC-4.0": Terms.NON_COMMERCIAL,
    "(MIT OR LicenseRef-x) AND CC0-1.0": Terms.ATTRIBUTION,
    "GPL-2.0-only WITH Classpath-exception-2.0": Terms.UNKNOWN,
    "LicenseRef-ask-the-owner": Terms.UNKNOWN,
    "CC BY 4.0": Terms.UNKNOWN,
    "MIT AND": Terms.UNKNOWN,
    "": Terms.UNKNOWN,
}


@pytest.mark.parametrize(("stated", "terms"), CASES.items(), ids=repr)
def test_the_terms_of_a_licence(stated, terms):
    assert terms_of(stated) is terms


def test_every_reviewed_licence_is_an_spdx_identifier():
    assert [name for name in TERMS if terms_of(name) is not TERMS[name]] == []


def licensed(license_: str):
    inputs = full_inputs()
    inputs.clean = [row | {"license": license_} if row["source"] == "voice" else row for row in inputs.clean]
    return inputs


REFUSED = {
    ("CC-BY-NC-4.0", Use.COMMERCIAL): "says: no commercial use",
    ("CC-BY-ND-4.0", Use.RESEARCH): "says: pass on no adaptations",
    ("ask the owner", Use.RESEARCH): "has terms that are not known here",
}


@pytest.mark.parametrize(("license_", "use"), REFUSED, ids=str)
def test_a_use_that_a_source_forbids_is_refused_and_named(tmp_path, license_, use):
    with pytest.raises(InputError) as error:
        licensed(license_).build(tmp_path / "out", make_spec(use=use))
    refusal = f"source voice: licence {license_!r} {REFUSED[license_, use]}: not in order for `use: {use}`"
    assert str(error.value).startswith(refusal)
    assert not (tmp_path / "out/manifest_v1.0.0.json").exists()


def test_what_the_spec_accepts_is_released_and_stated(tmp_path):
    spec = make_spec(use=Use.COMMERCIAL, licenses=release.Licenses(accept=("CC-BY-NC-4.0",)))
    built = licensed("CC-BY-NC-4.0").build(tmp_path / "out", spec)
    assert built.manifest.strictest_term == "no commercial use (CC-BY-NC-4.0)"
    card = (built.folder / "README.md").read_text()
    assert "no commercial use (CC-BY-NC-4.0)" in card
    assert "Accepted for this release by those who made it: CC-BY-NC-4.0." in card


def test_rows_that_a_filter_leaves_out_forbid_nothing(tmp_path):
    spec = make_spec(use=Use.COMMERCIAL, filters=release.Filters(licenses=("CC0-1.0", "CC-BY-4.0")))
    built = licensed("CC-BY-NC-4.0").build(tmp_path / "out", spec)
    assert built.manifest.strictest_term == "name the authors and the licence (CC-BY-4.0)"
