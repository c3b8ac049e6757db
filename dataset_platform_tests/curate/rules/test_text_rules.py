"""Rules for texts: what they change, what they must not, that once is enough, and what they count."""

import html
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.curate import Cleaning, Links
from dataset_platform.curate.normalisation import normalise
from dataset_platform.curate.rules import Rule, text_rules
from dataset_platform.curate.rules.rule import TextRule
from dataset_platform_tests.curate.rules.examples import CHANGED, FRAGMENTS, UNCHANGED

RULES = text_rules(Cleaning())
LINK_RULES = tuple(
    rule
    for links in (Links.HOST, Links.REMOVE)
    for rule in text_rules(Cleaning(links=links))
    if rule.name is Rule.LINKS
)
by_rule = pytest.mark.parametrize("rule", [*RULES, *LINK_RULES], ids=lambda rule: rule.change.__name__)
texts = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(FRAGMENTS)), max_size=8).map("".join)


def column(*values: str) -> pa.Array:
    return pa.array(values, pa.large_string())


def after(rule: TextRule, text: str) -> str:
    return rule.apply(column(text)).to_pylist()[0]


def normalised(text: str, cleaning: Cleaning = Cleaning()) -> str:  # noqa: B008
    return normalise(column(text), text_rules(cleaning))[0].to_pylist()[0]


def test_every_text_rule_of_the_defaults_has_examples() -> None:
    assert CHANGED.keys() == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("name", "before", "expected"), [(name, *pair) for name, pairs in CHANGED.items() for pair in pairs]
)
def test_a_rule_does_what_its_examples_say(name: Rule, before: str, expected: str) -> None:
    (rule,) = (rule for rule in RULES if rule.name is name)
    assert after(rule, before) == expected


@pytest.mark.parametrize("text", UNCHANGED)
def test_ordinary_text_must_not_change(text: str) -> None:
    assert normalised(text) == text


@by_rule
@settings(max_examples=30)
@given(text=texts)
def test_a_rule_twice_equals_once_and_lengthens_no_more_than_it_states(rule: TextRule, text: str) -> None:
    once = after(rule, text)
    assert after(rule, once) == once
    assert len(once) <= rule.lengthens * len(text)


@by_rule
@settings(max_examples=25)
@given(batch=st.lists(texts, max_size=4))
def test_a_rule_sees_one_text_at_a_time(rule: TextRule, batch: list[str]) -> None:
    together = rule.apply(column(*batch)).to_pylist()
    assert together == [after(rule, text) for text in batch]
    assert rule.apply(column(*reversed(batch))).to_pylist() == together[::-1]


@by_rule
@settings(max_examples=30)
@given(text=texts)
def test_a_text_without_the_hint_of_a_rule_is_none_of_its_business(rule: TextRule, text: str) -> None:
    one = column(text)
    if not pc.match_substring_regex(one, rule.hint).true_count:
        assert rule.change(one).to_pylist() == [text]


@pytest.mark.parametrize("links", Links)
@settings(max_examples=25)
@given(text=texts)
def test_normalising_twice_equals_once(links: Links, text: str) -> None:
    once = normalised(text, Cleaning(links=links))
    assert normalised(once, Cleaning(links=links)) == once


@settings(max_examples=40)
@given(st.text())
def test_clean_text_is_nfc_without_controls_or_outer_blanks(text: str) -> None:
    clean = normalised(text)
    assert clean == unicodedata.normalize("NFC", clean)
    assert clean == clean.strip()
    assert not any(unicodedata.category(character) == "Cc" for character in clean if character != "\n")
    assert "\n\n\n" not in clean
    assert "  " not in clean


@settings(max_examples=40)
@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=1))
def test_letters_and_digits_are_never_lost(text: str) -> None:
    assert normalised(f" \t{text}\u200b<br>") == text


@settings(max_examples=40)
@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=20).map(str.strip))
def test_escaping_html_is_undone(text: str) -> None:
    assert normalised(html.escape(html.escape(text))) == normalised(html.escape(text))


def test_one_rule_uncovers_work_for_another_and_each_text_is_counted_once_a_rule() -> None:
    batch = column("&lt;br&gt;**a**&lt;br&gt;", "plain", "b  c ")
    tidy, changed = normalise(batch, RULES)
    assert tidy.to_pylist() == ["a", "plain", "b c"]
    assert {name: places.tolist() for name, places in changed.items() if places.any()} == {
        Rule.HTML_ENTITIES: [True, False, False],
        Rule.HTML_TAGS: [True, False, False],
        Rule.MARKDOWN: [True, False, False],
        Rule.SPACES: [False, False, True],
        Rule.OUTER_SPACE: [True, False, True],
    }


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (Links.KEEP, "see https://www.nami.org/help?a=1 (www.example.org/x)."),
        (Links.HOST, "see www.nami.org (www.example.org)."),
        (Links.REMOVE, "see."),
    ],
)
def test_links_are_kept_shortened_or_removed_by_setting(links: Links, expected: str) -> None:
    text = "see https://www.nami.org/help?a=1 (www.example.org/x)."
    assert normalised(text, Cleaning(links=links)) == expected


def test_a_text_of_nothing_but_marks_ends_soon() -> None:
    assert normalised("*a " * 20_000 + "<" * 20_000)
