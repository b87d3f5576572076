"""Runs scenarios against a client in this process, for tests of the catalogue."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from scenarios.collection import Selected, collect, performances
from scenarios.drivers.in_process import InProcessDriver
from scenarios.model.verdict import Verdict
from scenarios.running import Plan, run

CONTROL = "callback/genuine-callback"


def performed(
    factory: Callable[..., Any],
    selectors: Iterable[str],
    *,
    kinds: tuple[str, ...] = ("basic", "pkce"),
    step_timeout: float = 1.0,
    tls: bool = False,
) -> list[tuple[Selected, Verdict]]:
    """The verdicts of the selected scenarios."""
    driver = InProcessDriver(factory, step_timeout=step_timeout)
    chosen = performances(collect(), kinds, tuple(selectors))  # type: ignore[arg-type]
    return asyncio.run(run(Plan(driver, chosen, tls=tls), [])).verdicts
