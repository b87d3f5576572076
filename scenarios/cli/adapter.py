"""`oauthspec adapter`: for those who write adapters."""

import asyncio
import sys
from collections.abc import Iterator, Sequence

import click

from mock_server.serving import RunningServer, authorization_server
from scenarios.adapter_check.asking import AdapterCheck
from scenarios.adapter_check.looking import Remark, Status
from scenarios.cli.interrupts import interrupts
from scenarios.cli.verb import INCOMPLETE, Misuse, Verb, say
from scenarios.drivers.json_lines import STEP_TIMEOUT, cannot_run
from scenarios.drivers.messages import Started
from scenarios.drivers.user_agent import UserAgent
from scenarios.model.assignment import AppKind
from scenarios.reports.header import APP_KINDS
from scenarios.reports.shown import legible

_WORDS: dict[Status, str] = {"ok": "ok", "wrong": "WRONG", "untold": "UNTOLD"}
_KINDS: dict[str, tuple[AppKind, ...]] = {"basic": ("basic",), "pkce": ("pkce",), "both": ("basic", "pkce")}


@click.group("adapter", short_help="See whether an adapter keeps to its protocol.")
def command() -> None:
    """For those who write adapters: docs/adapter-protocol.md."""


@command.command("check", cls=Verb, takes_client=True, short_help="Ask it every message, and say what is wrong.")
@click.option("--app-kind", type=click.Choice(list(_KINDS)), default="both", help="What it is told to be.  [both]")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=STEP_TIMEOUT, help="Seconds per answer.")
@click.pass_obj
def check(words: tuple[str, ...] | None, app_kind: str, timeout: float) -> None:
    """Ask an adapter each message of the protocol, with right and odd input, against the mock.

    \b
      oauthspec adapter check -- python adapter.py

    It says what is wrong member by member, or that the adapter conforms, and what it can do. Whether the client is
    right is another question: `oauthspec run --adapter`.

    Exit codes: 0 it conforms, 1 it does not, 2 a mistake on the command line, 3 it could not be asked everything.
    """
    if not words:
        cause = "There is no command that starts the adapter."
        raise Misuse("COMMAND_MISSING", cause, "Put it at the end, after --, as in `-- python adapter.py`.")
    try:
        found = asyncio.run(_until_interrupted(words, _KINDS[app_kind], timeout))
    except (OSError, ValueError) as error:  # of values: no word at all, or one with a zero octet
        raise cannot_run(words, error) from None
    sys.exit(INCOMPLETE if found is None else _told(found))


async def _until_interrupted(
    words: Sequence[str], app_kinds: Sequence[AppKind], patience: float
) -> list[Remark] | None:
    """Nothing where it was interrupted; the adapter has been ended then as well."""
    try:
        with interrupts(say):
            return await _checked(words, app_kinds, patience)
    except asyncio.CancelledError:
        say("Interrupted.")
        return None


async def _checked(words: Sequence[str], app_kinds: Sequence[AppKind], patience: float) -> list[Remark]:
    """Ask it as each kind of app, each in a process of its own; what is found is printed as it is known."""
    remarks: list[Remark] = []
    core = authorization_server(apps=(), auto_allow=True)
    with RunningServer(core) as server:
        async with UserAgent(server.url) as user_agent:
            for kind in app_kinds:
                check = AdapterCheck(words, server, user_agent, kind, patience)
                await check.run()
                if kind == app_kinds[-1] and check.started is not None:
                    await check.run_once_more()
                _print(f"as a {APP_KINDS[kind]}")
                for line in (*_about(check.started), *(line for each in check.remarks for line in _shown(each))):
                    _print(f"  {line}")
                remarks += check.remarks
    return remarks


def _about(started: Started | None) -> Iterator[str]:
    if started is None:
        return
    client = started.client
    yield f"client   {legible(f'{client.name} {client.version} ({client.language})')}"
    yield f"can      {' '.join(each.value for each in started.capabilities) or 'begin and land'}"
    if started.left_to_caller:
        yield f"leaves   {legible(' '.join(started.left_to_caller))} to its caller"


def _shown(remark: Remark) -> Iterator[str]:
    code = f"  {remark.code}" if remark.code else ""
    yield f"{_WORDS[remark.status]:<9}{remark.what}{code}"
    for label, text in (
        ("at", remark.at),
        ("came", legible(remark.came)),
        ("expected", remark.expected),
        ("next step", remark.next_step),
    ):
        if text:
            yield f"{'':<9}{label:<11}{text}"


def _told(remarks: Sequence[Remark]) -> int:
    """Say what came of it; the exit code."""
    wrong, untold = (sum(each.status == status for each in remarks) for status in ("wrong", "untold"))
    if wrong:
        _print(f"Exit code 1: the adapter does not conform: {wrong} mistake{'s' if wrong > 1 else ''}.")
        return 1
    if untold:
        _print(f"Exit code {INCOMPLETE}: incomplete: it could not be asked everything.")
        return INCOMPLETE
    _print("Exit code 0: the adapter conforms.")
    return 0


def _print(line: str) -> None:
    click.echo(line, err=True)
