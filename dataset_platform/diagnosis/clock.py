"""This machine's clock against that of a server."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from dataset_platform.diagnosis.finding import Finding, failed, ok, warning

TIMEOUT_S = 5
# Signed requests to S3 are refused beyond 15 minutes (RequestTimeTooSkewed).
TOLERATED_S, REFUSED_S = 60, 900
REMEDY = "set this machine's clock by NTP: timedatectl set-ntp true"


def clock_skew(endpoint: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Finding:
    """How far the clock is from the `Date` of any answer of the server; it needs no credentials."""
    asked = clock()
    date = _date(endpoint)
    if date is None:
        return warning(
            "clock", f"{endpoint} gave no Date to compare with", "check the endpoint and the way to it"
        )
    here = asked + (clock() - asked) / 2
    skew_s = (here - date).total_seconds()
    detail = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} {endpoint}"
    if abs(skew_s) > REFUSED_S:
        return failed("clock", detail, REMEDY)
    if abs(skew_s) > TOLERATED_S:
        return warning("clock", detail, REMEDY)
    return ok("clock", detail)


def _date(endpoint: str) -> datetime | None:
    try:
        with urlopen(Request(endpoint, method="HEAD"), timeout=TIMEOUT_S) as answer:
            date = answer.headers["Date"]
    except HTTPError as refusal:  # an answer, too
        date = refusal.headers["Date"]
    except (URLError, OSError):
        return None
    return parsedate_to_datetime(date) if date else None
