"""Who competes, on what, and what a run of one gave."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

Task = Mapping[str, str]
Facts = Mapping[str, int | str]
LIMIT_S = 900.0


@dataclass(frozen=True)
class Contestant:
    """A function of a script, and the Python that runs it.

    The function takes its task and a clock, and starts the clock for the work that
    counts: `with clock(part): …`. `packages` are what pip installs for it.
    """

    name: str
    script: Path
    function: str
    packages: tuple[str, ...] = ()
    python: Path = Path(sys.executable)
    ours: bool = False


@dataclass(frozen=True)
class Case:
    """A contestant and the workload that it competes on.

    `bytes` is what each part of the work moves. `setting` is entered for each run and adds to
    its task; `audit` looks at what the run left behind, of which `task["out"]` is the folder. Of its facts,
    those whose names begin with `_` are for findings, not for tables.
    `environment` is added to that of the process, which is stopped after `limit_s` seconds.
    `rows` are those of the input where they are counted; `once` asks for one round and no warm-up;
    `autopsy` looks at what a run left behind that failed.
    """

    contestant: Contestant
    workload: str
    task: Task
    bytes: int
    audit: Callable[[Task], Facts] = field(default=lambda _: {})
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    limit_s: float = LIMIT_S
    setting: Callable[[], AbstractContextManager[Task]] = field(default=lambda: nullcontext({}))
    rows: int | None = None
    once: bool = False
    autopsy: Callable[[Task], Facts] = field(default=lambda _: {})


@dataclass(frozen=True)
class Run:
    """One run: seconds of each part of the work, and what its whole process tree took, start included."""

    parts: Mapping[str, float]
    process_s: float
    cpu_s: float
    peak_bytes: int
    facts: Facts
    versions: Mapping[str, str]


class Failed(Exception):
    """A contestant did not finish; the message is one line, `facts` what it left behind."""

    def __init__(self, message: str, facts: Facts | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}


@dataclass
class Outcome:
    """The runs of a case by round, without the warm-up; `failure` says why there are no more, and
    `left` what the failed one left behind."""

    case: Case
    runs: list[Run] = field(default_factory=list)
    failure: str = ""
    left: Facts = field(default_factory=dict)
