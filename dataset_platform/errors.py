"""Every error that the platform raises on purpose.

    PlatformError                 1   shown as one line, never as a traceback
    ├── UsageError                2   a flag, a version or a setting cannot be used
    ├── InputError                2   a description, a spec or a data file is wrong
    ├── ContractError             1   rows break a contract, or the accounts do not close
    ├── GateFailed                1   a quality gate is below its threshold
    ├── VerificationFailed        1   stored bytes differ from their manifest
    ├── AlreadyPublished          1   a version exists and a published version never changes
    ├── TrainingFailed            1   a training run cannot start or go on
    └── RunFailed                 1   a run stopped on an error that nobody expected

The number is the exit status of the command line. A message says what, where
(file and record), and what to do; it holds ids, counts and positions, never
conversation text or credentials.
"""

from typing import ClassVar


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


class TrainingFailed(PlatformError):
    """A training run cannot start, or cannot go on."""


class RunFailed(PlatformError):
    """A run stopped on an error that nobody expected; the run's page has the trace."""
