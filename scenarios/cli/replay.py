"""`oauthspec replay`: perform stored counterexamples again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.cli.client_flags import client_flags, wanted
from scenarios.cli.seats import Seat, chosen
from scenarios.cli.verb import INCOMPLETE, Misuse, Verb, say
from scenarios.drivers.in_process import quiet_stdout

if TYPE_CHECKING:
    from scenarios.fuzzing.examples import Counterexample


@click.command("replay", cls=Verb, takes_client=True, short_help="Perform counterexamples again.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@client_flags
@click.option("--as-pytest", type=click.Path(path_type=Path), metavar="FILE", help="Write a test instead.")
@click.pass_obj
def command(
    client_command: tuple[str, ...] | None, /, files: tuple[Path, ...], as_pytest: Path | None, **flags: object
) -> None:
    """Perform what `oauthspec fuzz` has found: FIXED, or STILL FAILING.

    \b
      oauthspec replay oauthspec-findings/*.json --client my_module:factory
      oauthspec replay FILE --client my_module:factory --as-pytest test_found.py

    Exit codes: 0 all are fixed, 1 one is not, 2 a mistake on the command line, 3 one cannot be performed any more.
    """
    from scenarios.fuzzing.examples import UnreadableExample, read

    codes = [0]
    with quiet_stdout():
        seat = chosen(wanted(client_command, flags), None)
        for file in files:
            try:
                text = file.read_bytes()
            except OSError as error:
                cause = f"{file} cannot be read: {error.strerror}."
                raise Misuse("NO_SUCH_FILE", cause, "Name the file that fuzz has written.") from None
            try:
                each = read(text)
                codes.append(_written(each, as_pytest, flags) if as_pytest else _replayed(each, file, seat))
            except UnreadableExample as error:
                say(f"{error.code}: {file}: {str(error).removeprefix(f'{error.code}: ')}")
                codes.append(INCOMPLETE)
    sys.exit(1 if 1 in codes else max(codes))


def _replayed(each: "Counterexample", file: Path, seat: Seat) -> int:
    from scenarios.fuzzing.arena import CannotGoOn
    from scenarios.fuzzing.examples import UnreadableExample
    from scenarios.fuzzing.replaying import replay

    try:
        result = replay(each, seat.driver, tls=seat.tls, host=seat.host, port=seat.port)
    except CannotGoOn as error:
        raise UnreadableExample(error.code, error.cause) from None
    if result.fixed:
        click.echo(f"FIXED  {each.invariant}  {file}", err=True)
        return 0
    click.echo(f"STILL FAILING  {each.invariant}  {file}\n    What the client did: {result.seen}", err=True)
    return 1


def _written(each: "Counterexample", path: Path, flags: dict[str, object]) -> int:
    from scenarios.fuzzing.shown import as_pytest

    client = flags.get("client")
    if not isinstance(client, str):
        raise Misuse("NOT_IN_PROCESS", "A test file drives a client in Python.", "Add --client MODULE:FACTORY.")
    path.write_text(as_pytest(each, client), "utf-8")
    click.echo(f"Written: {path}", err=True)
    return 0
