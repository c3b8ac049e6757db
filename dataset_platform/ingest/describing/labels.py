"""How a name begins a turn in a text: `Therapist: …`, be a time before it, or stars around it."""

import re
from collections.abc import Iterable

_TIME = (
    r"(?:[\[(<]?\d(?:[\d./:,\-\u2013\u00a0\u202f \t]|T(?=\d)|Z(?=[\s\])>]))*+"
    r"(?:[AaPp]\.?[Mm]\.?)?[\])>]?[ \t]*(?:[-\u2013][ \t]*)?)?"
)
_STRESS = r"(?P<stress>\*\*|__)"
_COLON = r"(?(stress)(?:(?P=stress)[ \t]*:|[ \t]*:[ \t]*(?P=stress))|[ \t]*:)"


def label(name: str) -> str:
    """A pattern for the start of a line that has what the pattern `name` matches as its group `name`.

    A time, a date or a number may come before the name, as in what messengers export and in minutes
    (`[12/03/2024, 21:04:11] Anna: …`, `00:15 Client: …`), and Markdown may stress it (`**Client:** …`).
    """
    return rf"^[ \t\u200e]*{_TIME}{_STRESS}?(?P<name>{name}){_COLON}"


def label_of(names: Iterable[str]) -> re.Pattern[str]:
    """What begins a turn of one of the names, with the space that follows."""
    alternatives = "|".join(re.escape(name.strip()) for name in names)
    return re.compile(rf"{label(alternatives)}[ \t]*", re.IGNORECASE | re.MULTILINE)
