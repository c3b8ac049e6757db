"""Every error that the platform raises on purpose.

    PlatformError                 1   shown as one line, never as a traceback
    ├── UsageError                2   a flag, a version or a setting cannot be used
    ├── InputError                2   a description, a spec or a data file is wrong
    ├── ContractError             1   rows break a contract, or the accounts do not close
    ├── GateFailed                1   a quality gate is below its threshold
    ├── VerificationFailed        1   stored bytes differ from their manifest
    ├── AlreadyPublished          1   a version exists and a published version never changes
    ├── StorageError              1   a disk or an object store cannot do what was asked of it now
    ├── FetchFailed               1   a remote origin does not give its files
    ├── TrainingFailed            1   a training run cannot start or go on
    ├── NotTold                   1   a notification did not reach whom it was for
    └── RunFailed                 1   a run stopped on an error that nobody expected

The number is the exit status of the command line. A message says what, where
(file and record), and what to do; it holds ids, counts and positions, never
conversation text or credentials.
"""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

FRAMES_SHOWN = 6
_TOLD = re.compile("⟪([A-Za-z]+): ([^⟪⟫]*)⟫")


class PlatformError(Exception):
    """Base of all expected errors."""

    exit_status: ClassVar[int] = 1


class UsageError(PlatformError):
    """A flag, a version or a setting cannot be used as given."""

    exit_status = 2


class InputError(PlatformError):
    """A source description, a release spec or a data file is wrong."""

    exit_status = 2


class ContractError(PlatformError):
    """Rows break a contract, or the accounts of a step do not close."""


class GateFailed(PlatformError):
    """A quality gate is below its threshold."""


class VerificationFailed(PlatformError):
    """Stored bytes differ from what their manifest says."""


class AlreadyPublished(PlatformError):
    """The place is taken by something published earlier, which never changes."""


class StorageError(PlatformError):
    """A disk or an object store cannot do what was asked of it now: full, down, or not allowed."""


class FetchFailed(PlatformError):
    """A remote origin gives no answer, or refuses."""


class TrainingFailed(PlatformError):
    """A training run cannot start, or cannot go on."""


class NotTold(PlatformError):
    """A notification did not reach whom it was for."""


class RunFailed(PlatformError):
    """A run stopped on an error that nobody expected; the run's page has the trace."""


class Stopped(Exception):
    """A person stopped the command; the message says what became of its work. Exit status 130."""


def refusal(error: OSError, place: object = "") -> str:
    """One line for a path that the disk refuses: the error's own, or `place` where it names none."""
    return (
        f"{error.filename or place}: {error.strerror}; see that every folder of this path is one, and that "
        "this user may read and write there"
    )


class ToldByWorker(Exception):
    """A platform error on its way from a worker of a cluster; `unquoted` raises it again."""


@contextmanager
def told_by_worker() -> Iterator[None]:
    """Marks platform errors so that they are known again behind what engines wrap around errors."""
    try:
        yield
    except PlatformError as error:
        raise ToldByWorker(f"⟪{type(error).__name__}: {error}⟫") from None


@contextmanager
def unquoted() -> Iterator[None]:
    """Turns an error that nobody expected into RunFailed without its message.

    Messages of libraries may quote what they worked on, and Dagster stores
    every message. What stays is the kind of error and where it was raised;
    errors of the operating system speak of files only and keep their text.
    What a worker of a cluster told is raised here as it was there.
    """
    try:
        yield
    except PlatformError:
        raise
    except Exception as error:
        if told := _TOLD.search(str(error)):
            known = {kind.__name__: kind for kind in PlatformError.__subclasses__()}
            raise known[told[1]](told[2]) from None
        text = f" ({error})" if isinstance(error, OSError) else ""
        raise RunFailed(f"{type(error).__name__}{text} at {places_of(error)}") from None


def places_of(error: BaseException) -> str:
    """Where an error came from, innermost last: what another process noted of it, or its own trace.

    The first frame is left out, which is whoever asks.
    """
    noted = getattr(error, "places", None)
    if isinstance(noted, str):
        return noted
    frames = traceback.extract_tb(error.__traceback__)[1:][-FRAMES_SHOWN:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
