"""Text rules: what they change, what they must not, and that once is enough."""

import html
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.curate.normalisation import NORMALISERS, normalise

CHANGED = [
    ("donâ€™t give up", "don’t give up"),  # noqa: RUF001
    ("cafÃ© au lait", "café au lait"),
    ("Tom &amp; Ann &lt;3", "Tom & Ann <3"),
    ("&amp;amp;lt;b&amp;amp;gt;loud&amp;amp;lt;/b&amp;amp;gt;", "loud"),
    ("one<br/>two<BR>three", "one\ntwo\nthree"),
    ("<p>first</p><p>second</p>", "first\n\nsecond"),
    ('see <a href="https://example.org?a=1">this</a>', "see this"),
    ("<style>p {color: red}</style>plain<!-- gone -->", "plain"),
    ("a\r\nb\rc\x0cd\u2028e", "a\nb\nc\nd\ne"),
    ("be\x00ll\x07 rings\x1b", "bell rings"),
    ("zero\u200bwidth\ufeff so\u00adft", "zerowidth soft"),
    ("left\u202eright", "leftright"),
    ("e\u0301te\u0301", "été"),
    ("too \t  many\u00a0\u3000 blanks", "too many blanks"),
    ("line  \n  \n \n\n end", "line\n\nend"),
    ("  \n trim me \t\n", "trim me"),
    ("a\u200d b", "a b"),
    ("\u200b \ufeff", ""),
]
UNCHANGED = [
    "I love you <3",
    "x < y and y > z",
    "is a <b and c> d",
    "R&B, AT&T and Q&A;",
    "use List<String> here",
    "👩‍👩‍👧 family",
    "می‌خواهم",  # a joiner that shapes Persian
    "naïve café, “quoted” — and so on…",
    "first\n\nsecond",
    "Привет, как дела?",
    "5 > 3 & 2 < 4",
]

texts = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                "<br>",
                "</p>",
                "<b>",
                "&amp;",
                "&lt;",
                "br&gt;",
                "&#8203;",
                "â€™",
                "\r",
                "\u200d",
                "\u0301",
                " \n",
                "é",
            ]
        ),
    ),
    max_size=8,
).map("".join)


def normalised(text: str) -> str:
    return normalise(pa.array([text], pa.large_string())).to_pylist()[0]


@pytest.mark.parametrize(("before", "after"), CHANGED)
def test_residue_is_cleaned(before: str, after: str) -> None:
    assert normalised(before) == after


@pytest.mark.parametrize("text", UNCHANGED)
def test_ordinary_text_must_not_change(text: str) -> None:
    assert normalised(text) == text


@given(texts)
def test_normalising_twice_equals_once(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@pytest.mark.parametrize("rule", NORMALISERS, ids=lambda rule: rule.__name__)
@given(st.lists(texts, max_size=4))
def test_each_rule_sees_one_text_at_a_time(rule, column: list[str]) -> None:
    together = rule(pa.array(column, pa.large_string())).to_pylist()
    alone = [rule(pa.array([text], pa.large_string())).to_pylist()[0] for text in column]
    assert together == alone


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=1))
def test_letters_and_digits_are_never_lost(text: str) -> None:
    assert normalised(f" \t{text}\u200b<br>") == text


@given(st.text())
def test_clean_text_is_nfc_without_controls_or_outer_blanks(text: str) -> None:
    clean = normalised(text)
    assert clean == unicodedata.normalize("NFC", clean)
    assert clean == clean.strip()
    assert not any(unicodedata.category(character) == "Cc" for character in clean if character != "\n")
    assert "\n\n\n" not in clean
    assert "  " not in clean


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=20).map(str.strip))
def test_escaping_html_is_undone(text: str) -> None:
    assert normalised(html.escape(html.escape(text))) == normalised(html.escape(text))
