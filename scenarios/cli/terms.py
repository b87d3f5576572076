"""The flags that say on what terms a run is a success, for the verbs that judge."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from scenarios.baseline import Baseline, BaselineError, read
from scenarios.cli.verb import Misuse
from scenarios.summary import FailOn

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _FailOn(click.ParamType[FailOn, str]):
    name = "failed|warned"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> FailOn:
        """`warn` and `fail` are what many write."""
        known: dict[Any, FailOn] = {"fail": "failed", "failed": "failed", "warn": "warned", "warned": "warned"}
        if value not in known:
            self.fail(f"{value!r} is not one of 'failed', 'warned'.", param, ctx)
        return known[value]


_BASELINE = click.option(
    "--baseline", metavar="FILE", type=click.Path(path_type=Path), help="What is known to be wrong, with reasons."
)
_FAIL_ON = click.option("--fail-on", type=_FailOn(), help="What makes the exit code 1.  [default: failed]")
_JUNIT = click.option(
    "--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write a report for CI systems, as JUnit's XML."
)


def terms_flags(command: _Command) -> _Command:
    """Add `--baseline`, `--fail-on` and `--junit` to a command."""
    return _BASELINE(_FAIL_ON(_JUNIT(command)))


def baseline_of(path: Path) -> Baseline:
    """The baseline in a file, or `Misuse`."""
    try:
        return read(path)
    except BaselineError as error:
        raise Misuse(error.code, error.cause, error.next_step) from None


def today() -> date:
    """The day of this place, which is the one that a person writes into a file."""
    return date.today()
