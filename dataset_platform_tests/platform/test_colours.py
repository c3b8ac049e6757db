"""Colours of plots are seen on paper and by the colour-blind: what they tell is told by lightness, too.

Contrast is WCAG 2.1's ratio of relative luminances, which asks for 3 between graphics and their ground.
"""

from itertools import combinations

import pytest

from dataset_platform.evaluation import plots as evaluation
from dataset_platform.quality import charts
from dataset_platform.release import plots as release
from dataset_platform.training import plots as training

WHITE = "#ffffff"
DRAWN = {charts.BAR, release.BAR, training.LINE, training.OTHER, *evaluation.COLOURS.values()}


def luminance(colour):
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", sorted(DRAWN))
def test_what_is_drawn_stands_out_from_the_ground(colour):
    assert contrast(colour, WHITE) >= 3


@pytest.mark.parametrize("ink", sorted({charts.INK, release.INK, training.INK}))
def test_labels_can_be_read(ink):
    assert contrast(ink, WHITE) >= 7


@pytest.mark.parametrize("pair", list(combinations(evaluation.COLOURS.values(), 2)))
def test_models_of_a_plot_differ_in_lightness(pair):
    assert contrast(*pair) >= 1.4
