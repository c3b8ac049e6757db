"""What the licences of the sources allow: a reviewed table of SPDX identifiers, held against a release's use.

The table states what matters for a dataset made from other people's texts, which is an adaptation that is
passed on. Its entries were held against the conditions that choosealicense.com lists (all software licences,
CC0-1.0, CC-BY-4.0, CC-BY-SA-4.0, ODbL-1.0), the deeds of Creative Commons (NC, SA and ND), the summaries of
Open Data Commons (PDDL, ODC-By, ODbL) and cdla.dev (CDLA). Earlier versions of a Creative Commons licence ask
for the same in these respects. An identifier that is not in the table allows nothing. None of this is legal
advice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from license_expression import ExpressionError, ExpressionParseError, LicenseSymbol, get_spdx_licensing

from dataset_platform.errors import InputError
from dataset_platform.release.spec import Licenses, Use


class Terms(IntEnum):
    """What a licence asks for, from the mildest to the strictest."""

    FREE = 0
    ATTRIBUTION = 1
    SHARE_ALIKE = 2
    NON_COMMERCIAL = 3
    NON_COMMERCIAL_SHARE_ALIKE = 4
    NO_ADAPTATIONS = 5
    UNKNOWN = 6

    @property
    def phrase(self) -> str:
        return PHRASES[self]


PHRASES = {
    Terms.FREE: "no conditions",
    Terms.ATTRIBUTION: "name the authors and the licence",
    Terms.SHARE_ALIKE: "name the authors and pass adaptations on under the same licence",
    Terms.NON_COMMERCIAL: "no commercial use",
    Terms.NON_COMMERCIAL_SHARE_ALIKE: "no commercial use, and adaptations under the same licence",
    Terms.NO_ADAPTATIONS: "pass on no adaptations",
    Terms.UNKNOWN: "terms unknown",
}
REVIEWED = {
    Terms.FREE: "CC0-1.0 CC-PDDC PDDL-1.0 Unlicense 0BSD MIT-0",
    Terms.ATTRIBUTION: (
        "CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 ODC-By-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 "
        "MIT BSD-2-Clause BSD-3-Clause ISC Apache-2.0"
    ),
    Terms.SHARE_ALIKE: (
        "CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0 ODbL-1.0 CDLA-Sharing-1.0 "
        "GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later"
    ),
    Terms.NON_COMMERCIAL: "CC-BY-NC-2.0 CC-BY-NC-3.0 CC-BY-NC-4.0",
    Terms.NON_COMMERCIAL_SHARE_ALIKE: "CC-BY-NC-SA-2.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0",
    Terms.NO_ADAPTATIONS: (
        "CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0"
    ),
}  # fmt: skip
TERMS = {name: terms for terms, names in REVIEWED.items() for name in names.split()}
STRICTEST_ALLOWED = {Use.RESEARCH: Terms.NON_COMMERCIAL_SHARE_ALIKE, Use.COMMERCIAL: Terms.SHARE_ALIKE}
_SPDX = get_spdx_licensing()


@dataclass(frozen=True)
class StrictestTerm:
    """What whoever uses the whole release must keep to, and the licences that say so."""

    terms: Terms
    licenses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.terms.phrase} ({', '.join(self.licenses)})" if self.licenses else self.terms.phrase


def terms_of(license_: str) -> Terms:
    """The terms of an SPDX expression: the strictest of what is joined by AND, the mildest by OR."""
    try:
        parsed = _SPDX.parse(license_)
    except (ExpressionError, ExpressionParseError):
        return Terms.UNKNOWN
    return Terms.UNKNOWN if parsed is None else _terms(parsed)


def hold_against_use(licenses: Mapping[str, Iterable[str]], use: Use, settled: Licenses) -> StrictestTerm:
    """The strictest term among the licences, by source, of the rows of a release.

    Raises InputError naming each source whose licence forbids the use, or is not known, unless the spec
    accepts that licence.
    """
    found = {license_: terms_of(license_) for names in licenses.values() for license_ in names}
    refused = [
        f"source {source}: licence {license_!r} {_why(found[license_])}"
        for source, names in sorted(licenses.items())
        for license_ in sorted(names)
        if found[license_] > STRICTEST_ALLOWED[use] and license_ not in settled.accept
    ]
    if refused:
        raise InputError(
            f"{'; '.join(refused)}: not in order for `use: {use}`. Leave those rows out with "
            "`filters: {licenses: […]}`, or name the licence under `licenses: {accept: […]}` if their owners "
            "agreed."
        )
    strictest = max(found.values(), default=Terms.FREE)
    return StrictestTerm(
        strictest, tuple(sorted(name for name, terms in found.items() if terms is strictest))
    )


def _why(terms: Terms) -> str:
    return "has terms that are not known here" if terms is Terms.UNKNOWN else f"says: {terms.phrase}"


def _terms(parsed: object) -> Terms:
    if isinstance(parsed, LicenseSymbol):
        return TERMS.get(parsed.key, Terms.UNKNOWN)
    if not getattr(parsed, "args", ()):
        return Terms.UNKNOWN  # a licence WITH an exception: nobody reviewed those
    parts = [_terms(part) for part in parsed.args]  # type: ignore[attr-defined]
    return max(parts) if isinstance(parsed, _SPDX.AND) else min(parts)
