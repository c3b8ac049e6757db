"""Contestants with known needs, run by the harness like any other."""

import subprocess
import sys
import time
from pathlib import Path

MB = 1_000_000
HOLD = "import time; held = bytearray(b'x') * {}; time.sleep(1)"


def quick(task, clock):
    with clock("work"):
        Path(task["out"], "done").write_text("done")


def slow(task, clock):  # noqa: ARG001
    with clock("work"):
        time.sleep(0.2)


def child_holds_memory(task, clock):
    """Allocates in a child process, nothing here."""
    with clock("work"):
        subprocess.run([sys.executable, "-c", HOLD.format(task["bytes"])], check=True)


def burns(task, clock):  # noqa: ARG001
    """Half a second of CPU in a child that this process waits for."""
    code = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    with clock("work"):
        subprocess.run([sys.executable, "-c", code], check=True)


def burns_unwaited(task, clock):  # noqa: ARG001
    """The same in a child that nobody waits for."""
    code = "import time\nwhile time.process_time() < 0.6: pass\nprint(flush=True)\ntime.sleep(60)"
    with clock("work"):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(3)  # to be looked at
        child.returncode = -1  # as if it had been seen to end


def fails(task, clock):  # noqa: ARG001
    raise ValueError(f"cannot read {task['input']}\nfor two reasons")


def lacks_a_package(task, clock):  # noqa: ARG001
    import surely_not_installed  # noqa: F401


def dies(task, clock):  # noqa: ARG001
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def leaves_a_child_behind(task, clock):
    """A child that would outlive this process, and its id."""
    with clock("work"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(task["pid"]).write_text(str(child.pid))


def never_ends(task, clock):  # noqa: ARG001
    time.sleep(60)
