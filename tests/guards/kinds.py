"""`@pytest.mark.requires("node")`: skip with the reason where a machine lacks something, fail where it must not.

A skip is honest on a laptop and a hole in CI. So `REQUIRE="node go"` names the kinds that this run promises:
every skip of a test that requires one of them becomes a failure, whoever asked for the skip.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterable, Mapping

import pytest


def _command(*names: str, version: str = "--version", get: str) -> Callable[[], str | None]:
    """Return a detection that asks the first of `names` on the path for its version.

    It runs the command because a name on the path proves little: version managers leave stubs that only complain.
    """

    def why_missing() -> str | None:
        found = next(filter(None, map(shutil.which, names)), None)
        if found is None:
            return f"no `{'` or `'.join(names)}` on the path; get it: {get}"
        run = subprocess.run([found, version], capture_output=True, stdin=subprocess.DEVNULL, check=False)
        return None if run.returncode == 0 else f"`{found} {version}` fails; get one that runs: {get}"

    return why_missing


def _library(*command: str, get: str) -> Callable[[], str | None]:
    """Return a detection that runs a command which does nothing but load what is needed."""

    def why_missing() -> str | None:
        run = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        return None if run.returncode == 0 else f"`{' '.join(command)}` fails; get what it loads: {get}"

    return why_missing


def _both(*detections: Callable[[], str | None]) -> Callable[[], str | None]:
    """Return a detection of several things that are of use together only."""
    return lambda: next(filter(None, (detection() for detection in detections)), None)


def _where_asked_for() -> str | None:
    """Return why there is no time: there is as much as one has, so it is there where the run promises it."""
    return None if "time" in required_by_environment() else "it takes too long for every run; REQUIRE=time has it run"


KINDS: Mapping[str, Callable[[], str | None]] = {
    "node": _command("node", get="Node.js with npm, on Debian `apt-get install nodejs npm`"),
    "go": _command("go", version="version", get="Go, on Debian `apt-get install golang-go`"),
    "ruby": _both(
        _command("ruby", get="Ruby, on Debian `apt-get install ruby`"),
        _library("ruby", "-roauth2", "-rwebrick", "-e", "", get="on Debian `apt-get install ruby-oauth2 ruby-webrick`"),
    ),
    "browser": _both(
        _command("chromium", get="Chromium, on Debian `apt-get install chromium`"),
        _command("chromedriver", get="Chromium's driver, on Debian `apt-get install chromium-driver`"),
    ),
    "redis": _command("redis-server", get="Redis, on Debian `apt-get install redis-server`"),
    "time": _where_asked_for,
}


@functools.cache
def why_missing(kind: str) -> str | None:
    """Say why this machine lacks `kind`, or None where it has it. Asked once per run."""
    return KINDS[kind]()


def required_by_environment() -> frozenset[str]:
    """Return the kinds that REQUIRE names, separated by spaces or commas."""
    return frozenset(os.environ.get("REQUIRE", "").replace(",", " ").split())


def kinds_of(item: pytest.Item) -> tuple[str, ...]:
    """Return the kinds that a test's marks name."""
    return tuple(kind for mark in item.iter_markers("requires") for kind in mark.args)


def _check(kinds: Iterable[str], where: str) -> None:
    unknown = sorted(set(kinds) - KINDS.keys())
    if unknown:
        raise pytest.UsageError(f"{where}: unknown kind {', '.join(unknown)}; known are {', '.join(KINDS)}")


def pytest_configure(config: pytest.Config) -> None:
    _check(required_by_environment(), "REQUIRE in the environment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marks = list(item.iter_markers("requires"))
        _check(kinds_of(item), item.nodeid)
        if any(not mark.args or mark.kwargs for mark in marks):
            raise pytest.UsageError(f"{item.nodeid}: requires takes kinds, by position: {', '.join(KINDS)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for kind in kinds_of(item):
        reason = why_missing(kind)
        if reason is not None:
            pytest.skip(f"requires {kind}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    promised = required_by_environment().intersection(kinds_of(item))
    if report.skipped and promised and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"REQUIRE names {', '.join(sorted(promised))}, so this may not be skipped. {reason}"
    return report
