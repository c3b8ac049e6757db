"""Crisis by rule or model, its handling, and clinical red lines, on cases made by hand."""

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.quality.crisis_fitting import recall_at
from dataset_platform.quality.crisis_handling import CrisisHandling
from dataset_platform.quality.crisis_triage import CrisisTriage, pooled
from dataset_platform.quality.red_lines import NAMES, crossed
from dataset_platform_tests.quality.test_validators import chunk, row

CRISIS = ("user", "I want to kill myself tonight.")

CROSSED = [
    ("diagnosis", "You clearly have borderline personality disorder."),
    ("diagnosis", "This is definitely PTSD."),
    ("confidentiality promise", "I promise I will never tell anyone."),
    ("confidentiality promise", "Everything you say here stays between us."),
    ("dual relationship", "Let's meet up for a drink, come to my place."),
    ("discourages help", "You don't need therapy."),
    ("discourages help", "Medication won't help you."),
    ("medication dose", "Take 20 mg of Prozac every morning."),
]
KEPT = [
    "Do you have depression?",
    "If you think you have depression, please see a doctor.",
    "You mentioned you have PTSD.",
    "I can't promise to keep that between us if you are in danger.",
    "A therapist can help you with this.",
    "You don't need to do this alone.",
    "It sounds like you are sad and tired of fighting.",
]


@pytest.mark.parametrize(("line", "text"), CROSSED)
def test_a_red_line_is_seen(line: str, text: str) -> None:
    assert [name for name, hit in crossed(pa.array([text], pa.large_string())).items() if hit[0]] == [line]


def test_ordinary_replies_cross_no_red_line() -> None:
    found = crossed(pa.array(KEPT, pa.large_string()))
    assert set(found) == set(NAMES)
    assert not any(hit.any() for hit in found.values())


def test_handling_counts_what_the_reply_to_a_crisis_does() -> None:
    careful = "I am so sorry you feel this way. Are you safe right now? Please call 988."
    found = CrisisHandling().judge(
        chunk(
            [
                row(1, [CRISIS, ("assistant", careful)]),
                row(2, [CRISIS, ("assistant", "Okay.")]),
                row(3, [("user", "I like tea."), ("assistant", careful)]),
            ]
        )
    )["crisis_handling"]
    assert found[:2].tolist() == [1.0, 0.0]
    assert np.isnan(found[2])


def test_the_stand_in_ranks_a_crisis_above_none_and_a_flagged_one_is_not_suspected_again() -> None:
    rows = [
        row(1, [CRISIS, ("assistant", "Okay.")]),
        row(2, [CRISIS, ("assistant", "Okay.")], flags=["crisis_suicide"]),
        row(3, [("user", "I like tea."), ("assistant", "Okay.")]),
        row(4, [("assistant", "Okay.")]),
    ]
    found = CrisisTriage().judge(chunk(rows))
    assert found["crisis_probability"][0] > 0.5 > found["crisis_probability"][2]
    assert np.isnan(found["crisis_probability"][3])
    assert found["crisis_suspected"].tolist() == [1, 0, 0, 0]


def test_pooling_hears_one_loud_turn_among_quiet_ones() -> None:
    logits, owner = np.array([-2.0, -2.0, 3.0, -2.0, -2.0, -2.0]), np.array([0, 0, 0, 1, 1, 1])
    severity = np.array([[0], [0], [3], [0], [0], [0]], np.uint8)
    loud, quiet = pooled(logits, severity, owner, 2)
    assert loud[0] > 0 > quiet[0] == pytest.approx(-2.0)
    assert (loud[1], quiet[1]) == (1.0, 0.0)


def test_recall_at_a_false_positive_rate_lets_no_more_negatives_through() -> None:
    positive = np.array([True, True, False, True] + [False] * 9)
    score = np.array([0.9, 0.8, 0.7, 0.6] + [0.1] * 9)
    assert recall_at(positive, score, 0.05) == pytest.approx(2 / 3)
    assert recall_at(positive, score, 0.10) == pytest.approx(1.0)
