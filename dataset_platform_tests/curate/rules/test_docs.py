"""docs/curation.md has every rule in its order, with the sentence that the rule itself has."""

import re
from pathlib import Path

from dataset_platform.curate import Cleaning, Links
from dataset_platform.curate.rules import TURN_RULES, Rule, text_rules
from dataset_platform.ingest import Filters

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "curation.md").read_text()


def test_the_table_of_rules_is_that_of_the_code() -> None:
    rules = [*text_rules(Cleaning(links=Links.HOST), closings={1}), *TURN_RULES]
    table = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE[: PAGE.index("## Figures")], re.MULTILINE)
    assert table == [(str(rule.name), rule.says) for rule in rules]
    assert {name for name, _ in table} == set(Rule)


def test_every_filter_is_in_the_example() -> None:
    example = PAGE[PAGE.index("```yaml") : PAGE.index("Without the block")]
    assert [name for name in Filters.model_fields if f"{name}:" not in example] == []
