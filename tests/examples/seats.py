"""The reference client, right or flawed, in each of the three seats, and what a run says of it there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from client_ref.client import factory
from scenarios.collection import Selected, collect, performances
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import AppKind
from scenarios.running import Plan, run
from scenarios.summary import Summary

ROOT = Path(__file__).parents[2]


def in_process(_kind: AppKind, flaw: str, _folder: Path) -> Driver:
    return InProcessDriver(load_factory(f"flawed:{flaw}") if flaw else factory)


def web_app(kind: AppKind, flaw: str, folder: Path) -> Driver:
    return WebAppDriver(
        [sys.executable, "-m", "client_ref"],
        login="/login",
        signed_in="GET /me is 200",
        refresh="POST /refresh",
        api_call="/me",
        pkce=kind == "pkce",
        # In a folder without a file .env.
        folder=folder,
        env={"CLIENT_REF_FLAW": flaw, "PYTHONPATH": str(ROOT)},
    )


def json_lines(kind: AppKind, flaw: str, _folder: Path) -> Driver:
    words = ["--flaw", flaw] if flaw else []
    return JsonLinesDriver([sys.executable, "-m", "client_ref.adapter", *words], pkce=kind == "pkce")


SEATS: Mapping[str, Callable[[AppKind, str, Path], Driver]] = {
    "in process": in_process,
    "web app": web_app,
    "JSON lines": json_lines,
}


def performed(driver: Driver, kind: AppKind, selectors: Iterable[str] = (), *, tls: bool = False) -> Summary:
    """A run of what is selected, or of everything."""
    return told(driver, performances(collect(), (kind,), tuple(selectors)), tls=tls)


def told(driver: Driver, selected: tuple[Selected, ...], lanes: int = 8, *, tls: bool = False) -> Summary:
    """A run of these performances; each has its verdict."""
    summary = asyncio.run(run(Plan(driver, selected, lanes=lanes, tls=tls), []))
    assert len(summary.verdicts) == len(selected)
    return summary


def by_status(summary: Summary, status: str) -> set[str]:
    """The identifiers of what has a status."""
    return {selected.identifier for selected, verdict in summary.verdicts if verdict.status == status}
