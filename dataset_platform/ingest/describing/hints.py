"""What somebody may have meant who wrote what a description cannot have."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing
from pydantic import BaseModel

from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.describing.turn_shapes import Described

_OWN_LICENSE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_ALIKE = 0.7
_SHOWN_CHARACTERS = 60


def about_key(path: tuple[str, ...]) -> str:
    """Where an unknown key belongs, or which it is near; empty where neither is known."""
    *above, key = path
    if above and key in SourceDescription.model_fields:
        return "; it belongs at the top, beside `name`"
    owner = next((name for name, block in _blocks() if key in block.model_fields), None)
    if owner is not None and owner not in above:
        return f"; it belongs under `{owner}`"
    near = get_close_matches(key, _keys() if above else list(SourceDescription.model_fields), 1, _ALIKE)
    return f"; did you mean `{near[0]}`?" if near else ""


def about_license(license_: str) -> str:
    """What is wrong with a licence that is no SPDX expression; empty where it is one.

    Names that begin with `LicenseRef-` are SPDX's way to name a licence of one's own.
    """
    licensing = get_spdx_licensing()
    try:
        names = licensing.unknown_license_keys(license_)
    except (ExpressionError, ExpressionParseError):
        names = [license_]
    unknown = [name for name in names if not _OWN_LICENSE.fullmatch(name)]
    if not unknown:
        return ""
    near = get_close_matches("-".join(unknown[0].split()), licensing.known_symbols, 1, _ALIKE)
    meant = f"did you mean {near[0]}? Else write" if near else "write"
    shown = unknown[0][:_SHOWN_CHARACTERS]
    return f"{shown!r} is no SPDX id: {meant} one of https://spdx.org/licenses/, or LicenseRef-<words>"


def _blocks() -> Iterator[tuple[str, type[BaseModel]]]:
    """The keys that hold a block of others, with its model."""
    for name, field in SourceDescription.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Described):
            yield name, field.annotation


def _keys() -> list[str]:
    """Every key that a description may have anywhere."""
    return sorted({key for model in Described.__subclasses__() for key in model.model_fields})
