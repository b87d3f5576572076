"""What every verb has in common: mistakes of the user in one line, and bugs of ours reported as ours.

Exit codes: 2 for a mistake on the command line, 3 where no client could be started or oauthspec itself failed; what
else a verb ends with is its own.
"""

import sys
import traceback
from typing import Any

import click

from scenarios.drivers.driver import DriverError
from scenarios.reports.record_reading import RecordError
from scenarios.reports.shown import Hidden

MISUSED = 2
INCOMPLETE = 3


class Misuse(Exception):
    """A mistake on the command line: a stable code, the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str = "") -> None:
        super().__init__(f"{code}: {cause} {next_step}".rstrip())


def say(error: Exception | str) -> None:
    """One line for a person."""
    click.echo(f"oauthspec: {Hidden().text(str(error))}", err=True)


class Verb(click.Command):
    """A verb; with `takes_client`, everything after `--` is the client's command, word by word."""

    def __init__(self, *arguments: Any, takes_client: bool = False, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._takes_client = takes_client

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Cut the client's command off, and read the options before it."""
        if self._takes_client and "--" in args:
            cut = args.index("--")
            args, ctx.obj = args[:cut], tuple(args[cut + 1 :])
        elif self._takes_client:
            ctx.obj = None
        try:
            return super().parse_args(ctx, args)
        except Misuse as error:
            say(error)
            ctx.exit(MISUSED)
        except click.UsageError as error:
            message = error.format_message()
            stop = "" if message.endswith((".", "?")) else "."
            say(f"BAD_COMMAND_LINE: {message}{stop} {self._advice(ctx, error)}")
            ctx.exit(MISUSED)

    def _advice(self, ctx: click.Context, error: click.UsageError) -> str:
        if self._takes_client and ctx.obj is None and "unexpected extra argument" in error.format_message():
            return "Put -- before the client's command."
        return f"See `{ctx.command_path} --help`."

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; whatever goes wrong has a name and an exit code."""
        try:
            return super().invoke(ctx)
        except (Misuse, RecordError) as error:
            say(error)
            sys.exit(MISUSED)
        except DriverError as error:
            say(error)
            sys.exit(INCOMPLETE)
        except KeyboardInterrupt:
            say("Interrupted.")
            sys.exit(INCOMPLETE)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception:  # noqa: BLE001 - the last resort says whose mistake it is
            traceback.print_exc()
            say("BUG: this is a mistake of oauthspec's, not of the client's. Report it with the lines above.")
            sys.exit(INCOMPLETE)
