"""Each kind of thing that a test can leave behind is found, named and charged to that test."""

import socket
import subprocess
import sys

import pytest

from tests.guards import leftovers

AFTERWARDS = """
def test_afterwards(): pass
def test_last(): pass
"""

THREAD = """
import threading
over = threading.Event()
def test_leaves():
    threading.Thread(target=over.wait, name="forgotten").start()
def test_mends():
    over.set()
"""

PORT = """
import socket
kept = []
def test_leaves():
    kept.append(socket.create_server(("127.0.0.1", 0)))
def test_mends():
    kept.pop().close()
"""

PROCESS = """
import subprocess, sys
kept = []
def test_leaves():
    kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
def test_mends():
    with kept.pop() as process:
        process.kill()
"""

TASK = """
import asyncio
async def test_leaves():
    asyncio.get_running_loop().create_task(asyncio.Event().wait(), name="forgotten")
"""

TIDY = """
import asyncio, socket, subprocess, sys, threading
import pytest

@pytest.fixture(scope="module")
def shared():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server

@pytest.fixture
async def ticking():
    task = asyncio.create_task(asyncio.Event().wait())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

def test_process():
    subprocess.run([sys.executable, "-c", ""], check=True)

def test_thread():
    thread = threading.Thread(target=int)
    thread.start()

def test_daemon():
    threading.Thread(target=threading.Event().wait, daemon=True).start()

def test_of_module_scope(shared): pass

async def test_task(ticking): pass
"""


@pytest.fixture
def run(pytester, monkeypatch):
    def run(source):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
        pytester.makepyfile(source + AFTERWARDS)
        return pytester.runpytest_inprocess("-p", "pytest_asyncio.plugin", "-p", "tests.guards.leftovers")

    return run


@pytest.mark.parametrize(
    ("source", "named"),
    [(THREAD, "thread 'forgotten'"), (PORT, "listening socket ('127.0.0.1', *)"), (PROCESS, "process *-c input()")],
    ids=["thread", "port", "process"],
)
def test_leftover_is_charged_to_its_test_alone(run, source, named, monkeypatch):
    monkeypatch.setattr(leftovers, "_PATIENCE", 0.01)
    result = run(source)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_leaves*", "*test_leaves left behind:", f"*{named}*"])


def test_task_is_charged_to_its_test_alone(run):
    result = run(TASK)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_leaves*", "*task*forgotten*"])


def test_tidy_tests_pass(run):
    run(TIDY).assert_outcomes(passed=7)


def test_module_fixture_that_never_closes_is_found_at_the_end(run, monkeypatch):
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        monkeypatch.setenv("KEPT", str(kept.fileno()))
        result = run("""
import os, socket, pytest
@pytest.fixture(scope="module")
def shared():
    kept = socket.socket(fileno=int(os.environ["KEPT"]))
    kept.listen()
    kept.detach()
def test_uses(shared): pass
""")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_last*", "*listening socket*"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are found through /proc")
def test_orphan_is_found_at_the_end_with_the_test_that_opened_it(run, monkeypatch):
    """A child of a child, whose parent is gone: its environment still names the test."""
    theirs, ours = socket.socketpair()
    with ours:
        with theirs:
            monkeypatch.setenv("THEIRS", str(theirs.fileno()))
            result = run("""
import os, subprocess, sys
def test_leaves():
    grandchild = "import sys; sys.stdin.read()"
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}])"
    subprocess.run([sys.executable, "-c", child], stdin=int(os.environ["THEIRS"]), check=True)
""")
        ours.shutdown(socket.SHUT_WR)
        assert ours.recv(1) == b""  # the orphan has ended
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_last*", "*sys.stdin.read()*opened in *test_leaves*"])


def test_looking_is_cheap():
    """No figure is asserted here; with no children there is no walk through /proc, and that is what must hold."""
    assert not leftovers._has_children()
    child = subprocess.Popen([sys.executable, "-c", ""])
    assert leftovers._has_children()
    child.wait()
