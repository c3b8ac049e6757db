"""Each validator on cases made by hand."""

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.curate.surrogates import INVENTED_WORDS
from dataset_platform.quality import census_names, crisis, private_data
from dataset_platform.quality.appropriateness import BEHAVIOURS, Appropriateness, shown
from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.groups import AXES, GENDER
from dataset_platform.quality.hygiene import Hygiene
from dataset_platform.quality.leakage import split_leak
from dataset_platform_tests.quality.conftest import BagOfWords, Row, frame, good_row, row

BEHAVIOUR = {behaviour.name: behaviour for behaviour in BEHAVIOURS}
KIND = {kind.name: kind for kind in private_data.KINDS}


def chunk(rows: list[Row]) -> Chunk:
    return Chunk(pa.table(frame(rows).to_arrow()), BagOfWords())


@pytest.mark.parametrize(
    ("behaviour", "text"),
    [
        ("reflection", "It sounds like the evenings are hardest."),
        ("reflection", "So you have carried this alone."),
        ("open question", "What would a better week look like?"),
        ("open question", "Okay. Tell me about the last time."),
        ("affirmation", "That took courage."),
        ("autonomy and permission", "It is up to you; would it be okay if I shared a thought?"),
        ("validation", "That makes sense after such a month."),
        ("confrontation", "That's an excuse."),
        ("confrontation", "Why didn't you call?"),
        ("unasked advice", "You should stop seeing him."),
        ("warning", "You're going to end up alone."),
        ("minimising", "It could be worse."),
    ],
)
def test_behaviour_is_recognised(behaviour: str, text: str) -> None:
    assert shown(pa.array([text]), BEHAVIOUR[behaviour])[0] == 1


@pytest.mark.parametrize("behaviour", BEHAVIOUR)
def test_small_talk_shows_no_behaviour(behaviour: str) -> None:
    assert shown(pa.array(["Hello. The room is on the left."]), BEHAVIOUR[behaviour])[0] == 0


def test_consistent_session_scores_above_confronting_one_and_silence_is_missing() -> None:
    client = ("user", "I drank again.")
    found = Appropriateness().judge(
        chunk(
            [
                row(1, [client, ("assistant", "It sounds like you are disappointed. What happened?")]),
                row(2, [client, ("assistant", "You need to stop. That's an excuse.")]),
                row(3, [client, ("assistant", "Okay.")]),
                row(4, [client, ("assistant", "You need to stop.")], is_edge_case=True),
            ]
        )
    )["appropriateness"]
    assert found[0] > 0.7 > 0.4 > found[1]
    assert np.isnan(found[2:]).all()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "write to ana.lee@mail.org please"),
        ("phone", "call (415) 555-2671 tonight"),
        ("phone", "call +44 20 7946 0958"),
        ("card", "it was 4111 1111 1111 1111"),
        ("ssn", "my number is 219-09-9999"),
        ("iban", "pay GB82 WEST 1234 5698 7654 32"),
        ("ip address", "from 203.1.113.77 again"),
        ("street address", "I live at 42 Old Mill Road now"),
        ("link to a person", "see https://example.org/u/ana.lee"),
        ("name", "Ruth."),
        ("name", "I told Tom about it"),
        ("name", "this helps. Be well, Robin J. Whitfield"),
        ("name", "well, thank you Mike"),
        ("name", "it was [NAME] Cooper who helped"),
        ("name", "by Don [NAME_2]"),
        ("name", "with [NAME], kristina and me"),
        ("name", "hey, i'm kevin"),
        ("name", "hey, it's Kevin"),
        ("name", "see ms. lopez first"),
    ],
)
def test_private_data_is_found(kind: str, text: str) -> None:
    assert list(private_data.matches(pa.array(["nothing", text]), KIND[kind])[0]) == [1]


@pytest.mark.parametrize("kind", KIND)
@pytest.mark.parametrize(
    "text",
    [
        "Write to [EMAIL] or call [PHONE]; I live at [ADDRESS].",
        "From 2019-2021 I slept 4 to 5 hours, since 2020-01-15 more.",
        "It took 20 minutes, 3 or 4 times a day, on 100-200 mg.",
        "Version 1.2.3.4 of the order 4111 1111 1111 1112.",
        "The local server 127.0.0.1 and 192.168.0.1 are mine.",
        "On the way to the 3 streets I saw 2 courts.",
        "In May I will call the Trevor Project, the John Howard Society and San Jose.",
        "[NAME] and I hope that she will mark the date: a ruby, a penny, Grace Street, [LOCATION] Wayne.",
        "Bill me later. Drew a long face. Art helps. Mi casa. Ginger tea",
        "it's joy with a shadow, and this is grace",
    ],
)
def test_masks_and_harmless_numbers_are_not_hits(kind: str, text: str) -> None:
    assert not len(private_data.matches(pa.array([text]), KIND[kind])[0])


def test_names_that_pseudonyms_are_made_of_are_no_hits() -> None:
    texts = [f"I told {name.capitalize()} about it, and {name}." for name in sorted(INVENTED_WORDS)]
    assert not len(private_data.matches(pa.array(texts), KIND["name"])[0])


@pytest.mark.parametrize(
    ("kind", "letters", "private"),
    [
        ("email", "QUJD", "ana@mail.org"),
        ("link to a person", "http://", "https://mail.org/in/ana"),
        ("link to a person", "http://", "http://ana@mail.org"),
    ],
)
def test_a_long_word_is_looked_at_once(kind: str, letters: str, private: str) -> None:
    """From each of its letters anew, a minute would not be enough."""
    word = letters * (400_000 // len(letters))
    start = len(word) + 1
    assert KIND[kind].spans(f"{word} {private}") == [(start, start + len(private))]


def test_a_link_with_a_user_is_found_within_another() -> None:
    text = "http://mail.org/http://ana@mail.org"
    assert KIND["link to a person"].spans(text) == [(text.rindex("http"), len(text))]


def test_what_the_sweep_finds_is_masked() -> None:
    assert private_data.masked("I told Donna Reed: ana@mail.org") == "I told [NAME]: [EMAIL]"


def test_packaged_names_are_those_that_the_packages_of_names_and_words_give() -> None:
    fresh, stored = census_names.gathered(), census_names.packaged()
    for column in ("hashes", "likelihoods", "given"):
        assert (getattr(fresh, column) == getattr(stored, column)).all()


def test_crisis_flags_count_where_curation_left_them_unresolved() -> None:
    rows = [
        good_row(1, flags=["crisis_suicide"], unresolved=["crisis_suicide"]),
        good_row(2, flags=["crisis_suicide"], is_edge_case=True),
        good_row(3, flags=["crisis_abuse", "toxic"], unresolved=["toxic"]),
    ]
    found = crisis.CrisisFlags().judge(chunk(rows))
    assert found["crisis_unresolved"].tolist() == [1, 0, 0]
    assert found["crisis_deliberate"].tolist() == [0, 1, 0]


def test_replies_that_break_off_are_those_whose_writer_ends_sentences() -> None:
    said = ("That is hard. What would you", "That is hard. What would you?", "that is hard", "Sure. Ok :)")
    rows = [row(n, [("user", "No sentence. And no"), ("assistant", reply)]) for n, reply in enumerate(said)]
    assert Hygiene().judge(chunk(rows))["broken_off"].tolist() == [1, 0, 0, 0]


def test_long_words_read_harder_than_short_ones_and_few_words_have_no_grade() -> None:
    easy, hard = "I am so glad that you came to me. " * 3, "Considerable ambivalence characterises " * 7 + "."
    rows = [row(n, [("user", "Hi."), ("assistant", reply)]) for n, reply in enumerate((easy, hard, "Hm."))]
    grades = Hygiene().judge(chunk(rows))["reading_grade"]
    assert grades[0] < 5 < 20 < grades[1]
    assert np.isnan(grades[2])


def test_hygiene_counts_broken_order_and_repeats() -> None:
    said = "I keep saying the very same sentence."
    rows = [
        good_row(1),
        row(2, [("user", said), ("assistant", "Go on."), ("user", said), ("assistant", "Go on.")]),
        row(3, [("user", "One."), ("user", "Two."), ("assistant", "Three.")]),
        row(4, [("system", "Be kind."), ("user", "Hello."), ("assistant", "Hello.")]),
    ]
    found = Hygiene().judge(chunk(rows))
    assert found["role_order_broken"].tolist() == [0, 0, 1, 0]
    assert found["repeated_turns"].tolist() == [0, 1, 0, 0]


def test_what_there_is_to_learn_is_replies_to_somebody_each_told_once() -> None:
    rows = [
        row(1, [("user", "One."), ("assistant", "12345"), ("user", "Two."), ("assistant", "12345")]),
        row(2, [("assistant", "Welcome."), ("user", "Thanks."), ("assistant", "123")]),
        row(3, [("user", "Nobody answers.")]),
    ]
    assert Hygiene().judge(chunk(rows))["taught"].tolist() == [5, 3, 0]


def test_near_duplicate_across_splits_leaks_and_within_a_split_does_not() -> None:
    long = " ".join(f"word{place}" for place in range(60))
    rows = [
        row(1, [("user", long), ("assistant", "Go on.")], split="train"),
        row(2, [("user", long + " indeed"), ("assistant", "Go on.")], split="test"),
        row(3, [("user", long[::-1]), ("assistant", "Go on.")], split="validation"),
        row(4, [("user", long[::-1]), ("assistant", "Go on.")], split="validation"),
    ]
    leak = split_leak(frame(rows))
    assert (leak.held_out, leak.checked, leak.leaking) == (3, 3, 1)
    assert leak.examples == (rows[1]["conversation_id"],)


def test_group_words_are_aligned_and_swaps_keep_capitals() -> None:
    assert all(len({len(words) for words in axis.groups.values()}) == 1 for axis in AXES)
    assert GENDER.swap("She told her wife. Theresa cannot.", "women", "men") == (
        "He told his husband. Theresa cannot."
    )


def test_identical_texts_and_groups_in_two_splits_are_counted_each_by_itself() -> None:
    said = [("user", "Hello."), ("assistant", "Go on.")]
    ids = {"text_sha256": ["1", "1", "2", "3"], "split_group": ["", "g", "", "g"]}
    rows = [
        row(number, said, split=split) | {name: values[number] for name, values in ids.items()}
        for number, split in enumerate(("train", "test", "test", "validation"))
    ]
    leak = split_leak(frame(rows))
    assert (leak.identical, leak.groups) == (1, 1)
    assert (split_leak(frame(rows[2:])).identical, split_leak(frame(rows[2:])).groups) == (0, 0)
