"""Label noise: replies by the client, and roles that are swapped."""

import pytest

from dataset_platform.quality.speakers import Speakers
from dataset_platform_tests.quality.test_validators import chunk, row

CLIENT = "I have been so anxious lately that I can't sleep, and my husband says I'm always tired."
THERAPIST = "It sounds like the nights have been hard. What do you notice when you lie awake?"


def test_swapped_roles_and_replies_by_the_client_are_found() -> None:
    found = Speakers().judge(
        chunk(
            [
                row(1, [("user", CLIENT), ("assistant", THERAPIST)]),
                row(2, [("user", THERAPIST), ("assistant", CLIENT)]),
                row(3, [("user", CLIENT), ("assistant", THERAPIST), ("assistant", CLIENT)]),
                row(4, [("user", CLIENT)]),
            ]
        )
    )
    assert found["replies"].tolist() == [1, 1, 2, 0]
    assert found["client_like_replies"].tolist() == [0, 1, 1, 0]
    assert found["roles_swapped"].tolist() == [0, 1, 0, pytest.approx(float("nan"), nan_ok=True)]
