"""`oauthspec run`: judge a client, in any of the seats."""

import asyncio
import shlex
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import click
from click.core import ParameterSource

from mock_server.protocol.provider import PROVIDERS, Provider
from scenarios.baseline import Baseline
from scenarios.cli.client_flags import client_flags, settings_read, wanted
from scenarios.cli.interrupts import run_until_interrupted
from scenarios.cli.reporting import Files, tell_what_was_printed, written
from scenarios.cli.seats import STEP_TIMEOUT, Seat, chosen
from scenarios.cli.terms import baseline_of, terms_flags, today
from scenarios.cli.verb import Misuse, Verb
from scenarios.collection import NothingSelected, Selected, collect, performances
from scenarios.drivers.in_process import quiet_stdout
from scenarios.reports import last_failed as last_time
from scenarios.reports.console import Console
from scenarios.reports.header import Header
from scenarios.running import MOST_LANES, Plan
from scenarios.summary import FailOn, Terms

_LIMIT = 20.0


@click.command("run", cls=Verb, takes_client=True, short_help="Judge a client, and say why.")
@client_flags
@click.option("--select", "selectors", multiple=True, metavar="WHAT", help="An id, a glob, a clause, a seed; repeat.")
@click.option("--lanes", type=click.IntRange(1, MOST_LANES), default=MOST_LANES, help="How many scenarios at once.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=_LIMIT, help="Seconds for each scenario.")
@click.option("--provider", "provider_name", default="frameio", help="Whose behaviour: frameio, strict, or an engine.")
@click.option("--last-failed", is_flag=True, help="Only what did not pass when this client was last run here.")
@terms_flags
@click.option("--record", type=click.Path(path_type=Path), help="Store the evidence, to be judged again.")
@click.option("--output", type=click.Path(path_type=Path), help="A folder for traces and the client's output.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each scenario, and for each rule.")
@click.pass_obj
def command(
    client_command: tuple[str, ...] | None,
    /,
    selectors: tuple[str, ...],
    lanes: int,
    timeout: float,
    provider_name: str,
    last_failed: bool,
    baseline: Path | None,
    fail_on: FailOn | None,
    junit: Path | None,
    record: Path | None,
    output: Path | None,
    verbose: bool,
    **flags: object,
) -> None:
    """Judge a client: everything after -- is the command that starts it.

    \b
      oauthspec run --client my_module:factory
      oauthspec run --login /login -- python app.py
      oauthspec run --adapter -- node adapter.js

    Exit codes: 0 as it should be, 1 the client failed, 2 a mistake on the command line, 3 not everything could be
    judged.
    """
    provider = _provider(provider_name)
    expected = Baseline() if baseline is None else baseline_of(baseline)
    with quiet_stdout() as printed:
        # Who gives a scenario longer, as with a debugger, gives its steps longer too.
        seat = chosen(wanted(client_command, flags), output, STEP_TIMEOUT * timeout / _LIMIT)
        selected = _selected(seat, selectors)
        again = last_time.again(selected, _remembered_as(seat, provider_name)) if last_failed else ()
        terms = Terms(expected, fail_on or "failed", today(), partial=bool(selectors or again))
        where = (seat.tls, seat.host, seat.port)
        plan = Plan(seat.driver, again or selected, provider, lanes, timeout, terms, *where)
        header = _header(plan, seat, selectors)
        console = Console(header, plan.performances, verbose=verbose)
        if last_failed:
            console.note(_about_last_time(again, selected))
        code = _run(plan, console, header, Files(record, junit, output), _remembered_as(seat, provider_name))
    tell_what_was_printed(printed.getvalue(), output, console)
    sys.exit(code)


def _provider(name: str) -> Provider:
    if name not in PROVIDERS:
        cause = f"There is no provider {name!r}."
        raise Misuse("UNKNOWN_PROVIDER", cause, f"Known: {', '.join(PROVIDERS)}.")
    return PROVIDERS[name]


def _selected(seat: Seat, selectors: Sequence[str]) -> tuple[Selected, ...]:
    try:
        return performances(collect(), seat.app_kinds, selectors)
    except NothingSelected as error:
        raise Misuse("NOTHING_SELECTED", str(error)) from None


def _header(plan: Plan, seat: Seat, selectors: tuple[str, ...]) -> Header:
    return Header(
        version=metadata.version("oauthspec"),
        seat=seat.driver.seat,
        flags=(*_flags(plan), *seat.flags),
        command=seat.command,
        provider=plan.provider.name,
        lanes=plan.lanes,
        limit=plan.limit,
        app_kinds=seat.app_kinds,
        selectors=selectors,
        selected=len(plan.performances),
        terms=plan.terms,
        settings=settings_read(),
    )


def _flags(plan: Plan) -> list[str]:
    """What the line that repeats a scenario needs beside the client: whatever was said, here or in a settings file."""
    source = click.get_current_context().get_parameter_source
    provider = next(name for name, each in PROVIDERS.items() if each is plan.provider)
    flags = ["--config", settings_read()] if source("config") is ParameterSource.COMMANDLINE else []
    flags += ["--provider", provider] if source("provider_name") is not ParameterSource.DEFAULT else []
    return flags + (["--timeout", f"{plan.limit:g}"] if source("timeout") is not ParameterSource.DEFAULT else [])


def _about_last_time(again: Sequence[Selected], selected: Sequence[Selected]) -> str:
    if again:
        return f"What did not pass last time: {len(again)} of {len(selected)} scenarios."
    return "Nothing of it is known to have failed when this client was last run here, so all of it is run."


def _remembered_as(seat: Seat, provider_name: str) -> str:
    """The client's name for `--last-failed`: what it was given as, and who it logged in at."""
    return shlex.join(["--provider", provider_name, *seat.flags, "--", *seat.command])


def _run(plan: Plan, console: Console, header: Header, files: Files, client: str) -> int:
    """Run the plan with every report that was asked for; the exit code."""
    with written(files, header) as reports:
        # Files first: they are whole even where a report for people has trouble.
        listeners = [*reports.listeners, last_time.LastFailed(client), console]
        summary = asyncio.run(run_until_interrupted(plan, listeners, console))
    return reports.told(console, summary.exit_code)
