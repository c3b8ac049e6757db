"""The rules of cleaning, a family a file, and the one place that states their order.

First each text by itself, then the turns of each conversation; `normalisation` repeats both
until nothing changes, so that one rule may uncover work for another (`&lt;br&gt;`).
"""

from collections.abc import Set

from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.rules.boilerplate import remove_closings, remove_signatures
from dataset_platform.curate.rules.layout import (
    break_lines_with_newlines,
    collapse_spaces,
    limit_blank_lines,
    trim,
)
from dataset_platform.curate.rules.links import LINK_RULES, remove_tracking
from dataset_platform.curate.rules.markup import remove_markdown, remove_tags, unescape_html
from dataset_platform.curate.rules.reasoning import take_reasoning
from dataset_platform.curate.rules.rule import Applied, Rule, Taken, TextRule, TurnRule
from dataset_platform.curate.rules.speakers import remove_prefixes, split_speakers
from dataset_platform.curate.rules.turns import collapse_loops, merge_neighbours, remove_empty
from dataset_platform.curate.rules.unicode import (
    compose_unicode,
    plain_characters,
    remove_control_characters,
    remove_invisible_characters,
    repair_mojibake,
)

TURN_RULES: tuple[TurnRule, ...] = (
    take_reasoning,
    split_speakers,
    remove_prefixes,
    remove_empty,
    collapse_loops,
    merge_neighbours,
)


def text_rules(cleaning: Cleaning, closings: Set[int] = frozenset()) -> tuple[TextRule, ...]:
    """The rules for texts in the order in which they act. `closings` are digests of what a source repeats."""
    return (
        repair_mojibake,
        unescape_html,
        remove_tags,
        break_lines_with_newlines,
        remove_control_characters,
        remove_invisible_characters,
        plain_characters,
        compose_unicode,
        remove_tracking,
        remove_markdown,
        *LINK_RULES[cleaning.links],
        remove_signatures,
        *((remove_closings(closings),) if closings else ()),
        collapse_spaces,
        limit_blank_lines,
        trim,
    )


__all__ = ["TURN_RULES", "Applied", "Rule", "Taken", "TextRule", "TurnRule", "text_rules"]
