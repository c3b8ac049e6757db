"""A project that the command line filled, Dagster's own web server on it, and a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COMMAND_LINE = "from dataset_platform.cli import main; main()"
PIPELINE = (
    ("sources", "samples"),
    ("sources", "clean"),
    ("export", "--version", "1.0.0", "--target-samples", "200", "--seed", "42"),
)
SOURCES_AT_A_TIME = 2
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 20
PAGE_TIMEOUT_S = 60
# Waits are for what shall be seen, and patient, as a busy machine answers late; nothing is tried again.
expect.set_options(timeout=PAGE_TIMEOUT_S * 1000)


@pytest.fixture(scope="session")
def browser():
    executable = next((path for path in BROWSERS if Path(path).exists()), None)
    if executable is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def project(browser, tmp_path_factory):  # noqa: ARG001
    """A project folder with the sample sources cleaned and release 1.0.0 cut; asked after the browser."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    for arguments in PIPELINE:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND_LINE, *arguments],
            cwd=folder,
            env=_environment(folder),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"dataset-platform {' '.join(arguments)}:\n{done.stderr}"
    return folder


@pytest.fixture(scope="session")
def server_log(project):
    return project / "dagster-dev.log"


@pytest.fixture(scope="session")
def server(project, server_log):
    """The address of `dagster dev` on the project, where two sources are read at a time."""
    limit = ["-m", "dagster", "instance", "concurrency", "set", "sources", str(SOURCES_AT_A_TIME)]
    subprocess.run([sys.executable, *limit], cwd=project, env=_environment(project), check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with server_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)],
            cwd=project,
            env=_environment(project),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_answer(url, process, server_log)
        yield url
    finally:
        _stop(process)


@pytest.fixture
def page(browser, server):
    """An empty page in a browser that was never here; waits for what it is asked for."""
    with browser.new_context(base_url=server, viewport={"width": 1400, "height": 900}) as context:
        context.set_default_timeout(PAGE_TIMEOUT_S * 1000)
        yield context.new_page()


@pytest.fixture(scope="session")
def objections():
    """What axe-core objects to on a page, colours included: a line for each rule, with the places."""

    def found(page):
        return [
            f"{rule['id']}: {', '.join(' '.join(node['target']) for node in rule['nodes'])}"
            for rule in Axe().run(page).response["violations"]
        ]

    return found


@pytest.fixture(scope="session")
def screenshots():
    """DATASET_SCREENSHOTS_DIR, or `artifacts/` at the top of the repository, which git ignores."""
    folder = Path(os.environ.get("DATASET_SCREENSHOTS_DIR", REPOSITORY / "artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _environment(project):
    """The caller's environment without settings of another project."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "DATASET_"))
    }
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return kept | {"DAGSTER_HOME": str(project), "PYTHONPATH": path}


def _await_answer(url, process, log):
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"dagster dev ended with status {process.returncode}:\n{log.read_text()}")
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"dagster dev gave no answer in {START_TIMEOUT_S} s:\n{log.read_text()}")


def _stop(process):
    """Asks the parent, which stops its children in order; then ends what is left of the process group."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
