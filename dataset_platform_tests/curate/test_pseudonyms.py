"""Pseudonyms: the same value and the same person look the same in a conversation, and nowhere else."""

import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from dataset_platform import curate
from dataset_platform.curate.columns import Turns
from dataset_platform.curate.configuration import Cleaning, PrivateKind, Pseudonyms
from dataset_platform.curate.privacy import pseudonymised
from dataset_platform.curate.pseudonyms import Identities
from dataset_platform.curate.surrogates import Surrogates
from dataset_platform.errors import UsageError
from dataset_platform.quality import private_data
from dataset_platform.settings import load_settings

KEY = "k" * 32
SURROGATE = Cleaning(pseudonyms=Pseudonyms.SURROGATE)
PEOPLE = ["Siobhan", "Okonkwo", "Tobias", "Marcus", "Annika"]


def said(
    turns: list[str],
    cleaning: Cleaning = Cleaning(),  # noqa: B008
    attributes: str = "{}",
    conversation_id: str = "c1",
    key: str = KEY,
) -> tuple[list[str], str]:
    messages = [[{"role": "user", "content": turn} for turn in turns]]
    shape = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    done = pseudonymised(
        Turns.of(pa.array(messages, shape)),
        pa.array([attributes], pa.large_string()),
        pa.array([conversation_id], pa.large_string()),
        cleaning,
        Surrogates(key.encode()),
    )
    return done.contents.to_pylist(), done.attributes.to_pylist()[0]


def test_a_person_has_one_number_however_called() -> None:
    turns, _ = said(["My name is Siobhan Clarke.", "Hi Siobhan, and Tobias?", "Dr. Clarke, Tobias is ill."])
    assert turns == [
        "My name is [NAME_1].",
        "Hi [NAME_1], and [NAME_2]?",
        "Dr. [NAME_1], [NAME_2] is ill.",
    ]


def test_the_same_value_has_one_number_and_another_has_the_next() -> None:
    turns, _ = said(["Call 905-674-3793 or a.b@example.org", "905 674 3793? No, 905-674-3794."])
    assert turns == ["Call [PHONE_1] or [EMAIL_1]", "[PHONE_1]? No, [PHONE_2]."]


def test_a_name_found_in_one_turn_is_replaced_in_all_and_in_the_attributes() -> None:
    turns, attributes = said(["My name is Siobhan.", "SIOBHAN or Siobhan"], attributes='{"who":"Siobhan"}')
    assert turns[1].endswith("[NAME_1]")
    assert json.loads(attributes) == {"who": "[NAME_1]"}


def test_numbers_begin_behind_those_that_stood_there() -> None:
    turns, _ = said(["I told [NAME_4] and [NAME] to write to a.b@example.org.", "My name is Siobhan."])
    assert turns == ["I told [NAME_4] and [NAME] to write to [EMAIL_1].", "My name is [NAME_5]."]


def test_plain_masks_tell_nothing_apart() -> None:
    turns, _ = said(["My name is Siobhan. Hi Tobias, hello."], Cleaning(pseudonyms=Pseudonyms.MASK))
    assert turns == ["My name is [NAME]. Hi [NAME], hello."]


def test_json_keys_and_numbers_stay() -> None:
    document = json.dumps({"b": ["a.b@example.org", {"c": 9056743793}], "a.b@example.org": "x"})
    assert json.loads(said([], attributes=document)[1]) == {
        "b": ["[EMAIL_1]", {"c": 9056743793}],
        "a.b@example.org": "x",
    }


def test_short_labels_in_json_are_no_names() -> None:
    assert said([], attributes='{"category":"Carl Rogers"}')[1] == '{"category":"Carl Rogers"}'


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=6))
def test_numbers_follow_the_order_of_first_appearance(names: list[str]) -> None:
    turns, _ = said([f"My name is {name}." for name in names])
    order = list(dict.fromkeys(names))
    assert turns == [f"My name is [NAME_{order.index(name) + 1}]." for name in names]


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from([f"My name is {name}." for name in PEOPLE] + ["I feel low.", "Call 905-674-3793"])
    )
)
def test_replacing_twice_equals_once(turns: list[str]) -> None:
    once, _ = said(turns)
    assert said(once)[0] == once


@settings(max_examples=40)
@example(["Ann", "Lee", "Bo", "Ann Lee"])
@given(st.lists(st.sampled_from(["Ann Lee", "Ann", "Lee", "Bo Lee", "Bo", "ann lee"]), min_size=1))
def test_identities_do_not_depend_on_being_asked_again(names: list[str]) -> None:
    identities = Identities.of([(PrivateKind.NAME, name) for name in names], {})
    first = [identities.number(PrivateKind.NAME, name) for name in names]
    assert first == [identities.number(PrivateKind.NAME, name) for name in names]
    assert sorted(set(first)) == list(range(1, len(set(first)) + 1))


TEXT = (
    "My name is Siobhan Clarke. Write to a.b@example.com or call 905-674-3793. "
    "Siobhan lives at 12 Old Mill Rd."
)


def test_surrogates_are_the_same_for_key_and_conversation_and_others_elsewhere() -> None:
    once, again = said([TEXT], SURROGATE)[0], said([TEXT], SURROGATE)[0]
    assert once == again
    assert once != said([TEXT], SURROGATE, conversation_id="c2")[0]
    assert once != said([TEXT], SURROGATE, key="q" * 32)[0]


def test_a_surrogate_keeps_a_person_one_person() -> None:
    ((text,), _) = said([TEXT], SURROGATE)
    given, surname = re.match(r"My name is (\w+) (\w+)\.", text).groups()
    assert f"{given} lives at" in text
    assert {given, surname} & {"Siobhan", "Clarke"} == set()


@settings(max_examples=30)
@example(PrivateKind.IBAN, "1\U000b1c3a\U00041bd5\U0009fd8f")
@given(st.sampled_from(list(PrivateKind)), st.text(min_size=1, max_size=8))
def test_no_gate_takes_a_surrogate_for_private_data(kind: PrivateKind, value: str) -> None:
    drawn = Surrogates(KEY.encode()).value("c1", kind, value)
    column = pa.array([f"It is {drawn}."], pa.large_string())
    gating = [k for k in private_data.KINDS if k.name != "phone"]
    assert [k.name for k in gating if private_data.matches(column, k)[1]] == []


def test_surrogates_without_a_key_are_refused() -> None:
    with pytest.raises(UsageError, match="DATASET_PSEUDONYM_KEY"):
        curate.surrogates_of(SURROGATE, None)


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASET_PSEUDONYM_KEY", KEY)
    surrogates = curate.surrogates_of(SURROGATE, SecretStr(KEY))
    assert KEY not in f"{load_settings()!r} {surrogates!r} {surrogates.key_id()}"


def test_a_short_key_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASET_PSEUDONYM_KEY", "hunter22")
    with pytest.raises(UsageError, match="DATASET_PSEUDONYM_KEY") as refused:
        load_settings()
    assert "hunter22" not in str(refused.value)
