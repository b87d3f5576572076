"""`oauthspec doctor`: is the client wired up, so that it can be judged; and if not, what is the mistake?"""

import asyncio
import sys
from contextlib import aclosing
from importlib import metadata

import click

from scenarios.cli.client_flags import client_flags, wanted
from scenarios.cli.interrupts import interrupts
from scenarios.cli.seats import Seat, chosen
from scenarios.cli.verb import INCOMPLETE, Verb, say
from scenarios.drivers.in_process import quiet_stdout
from scenarios.examining import Examination, examine
from scenarios.reports.examination import conclusion, laid_out
from scenarios.reports.header import as_typed


@click.command("doctor", cls=Verb, takes_client=True, short_help="See whether a client is wired up to be judged.")
@client_flags
@click.pass_obj
def command(client_command: tuple[str, ...] | None, /, **flags: object) -> None:
    """Log a client in a few times, and say what was learned, or name the mistake.

    \b
      oauthspec doctor --login /login -- python app.py
      oauthspec doctor --client my_module:factory
      oauthspec doctor --adapter -- node adapter.js

    Exit codes: 0 it can be judged, 1 it gets in only because the mock forgives it something, 2 a mistake on the
    command line, 3 it cannot be judged, or not in everything.
    """
    with quiet_stdout():
        seat = chosen(wanted(client_command, flags), None)
        _print(f"oauthspec {metadata.version('oauthspec')} doctor")
        _print(f"  client    {seat.driver.seat}: {as_typed(seat.flags, seat.command)}")
        code = asyncio.run(_until_interrupted(seat))
    sys.exit(code)


async def _until_interrupted(seat: Seat) -> int:
    try:
        with interrupts(say):
            return await _examine(seat)
    except asyncio.CancelledError:
        say("Interrupted.")
        return INCOMPLETE


async def _examine(seat: Seat) -> int:
    codes = []
    found = examine(seat.driver, seat.app_kinds, host=seat.host, port=seat.port, tls=seat.tls)
    async with aclosing(found) as examinations:
        async for examination in examinations:
            _print("")
            for line in laid_out(examination):
                _print(line)
            codes.append(_code(examination))
    code = 1 if 1 in codes else max(codes)
    _print("")
    _print(conclusion(code))
    return code


def _code(examination: Examination) -> int:
    if examination.mistake is not None:
        return INCOMPLETE
    if examination.fault is not None:
        return 1
    return INCOMPLETE if examination.hampered else 0


def _print(line: str) -> None:
    click.echo(line, err=True)
