"""Medical-dose advice of the therapist: given or not."""

import pyarrow as pa
import pytest

from dataset_platform.curate.safety.medication import gives_dose

ADVICE = [
    "Take 50 mg of sertraline every morning.",
    "I recommend 0.5 mg twice a day.",
    "You should stop taking your medication.",
    "It is safe to stop taking Lexapro.",
    "You could try melatonin before bed.",
    "Just double your dose tonight.",
    "You can take two extra pills if you can't sleep.",
    "The usual dose of fluoxetine is 20 mg per day.",
]
NO_ADVICE = [
    "Don't stop your medication without talking to your doctor.",
    "Are you still taking 50 mg?",
    "Talk to your doctor about increasing your dose.",
    "You mentioned you started Zoloft last week.",
    "Your psychiatrist started you on lithium.",
    "What happens when you stop the medication?",
    "Medication can help some people.",
    "",
]


def advised(text: str | None) -> bool:
    return bool(gives_dose(pa.array([text], pa.large_string()))[0])


@pytest.mark.parametrize("text", ADVICE)
def test_a_dose_or_a_change_of_medicine_is_advice(text: str) -> None:
    assert advised(text)
    assert advised(text.upper())


@pytest.mark.parametrize("text", NO_ADVICE)
def test_questions_warnings_and_what_doctors_decide_are_none(text: str) -> None:
    assert not advised(text)
