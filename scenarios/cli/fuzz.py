"""`oauthspec fuzz`: throw generated callbacks, token answers and sequences at a client, in any seat."""

import random
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.cli.client_flags import client_flags, wanted
from scenarios.cli.seats import Seat, chosen
from scenarios.cli.verb import Misuse, Verb, say
from scenarios.drivers.in_process import quiet_stdout
from scenarios.model.assignment import AppKind

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

    from scenarios.fuzzing.arena import Arena
    from scenarios.fuzzing.campaign import Campaign
    from scenarios.fuzzing.examples import Target

_TARGETS: tuple["Target", ...] = (
    "callback",
    "token-response",
    "refresh-response",
    "sequence",
    "authorization-request",
)
_EXAMPLES = 2_000
_UNITS = {"s": 1, "m": 60, "h": 3600}


def _seconds(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        return float(number) * _UNITS[unit]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time, as in 60s, 10m or 8h") from None


@click.command("fuzz", cls=Verb, takes_client=True, short_help="Throw generated messages at a client.")
@client_flags
@click.option("--target", "targets", multiple=True, type=click.Choice(_TARGETS), help="What to fuzz.  [default: all]")
@click.option("--examples", type=click.IntRange(min=1), help=f"How many of each target.  [default: {_EXAMPLES}]")
@click.option("--for", "seconds", metavar="TIME", callback=_seconds, help="How long each target: 60s, 10m, 8h.")
@click.option("--seed", type=int, help="The same seed makes the same examples.  [default: one drawn and printed]")
@click.option("--database", metavar="URL", help="Share findings: redis://host:port/0 (needs oauthspec[redis]).")
@click.option("--findings", type=click.Path(path_type=Path), default=Path("oauthspec-findings"), help="A folder.")
@click.pass_obj
def command(
    client_command: tuple[str, ...] | None,
    /,
    targets: tuple["Target", ...],
    examples: int | None,
    seconds: float | None,
    seed: int | None,
    database: str | None,
    findings: Path,
    **flags: object,
) -> None:
    """Fuzz a client: everything after -- is the command that starts it.

    \b
      oauthspec fuzz --client my_module:factory
      oauthspec fuzz --login /login --for 60s -- python app.py

    Exit codes: 0 nothing that a clause forbids was found, 1 something was, 2 a mistake on the command line, 3 the
    client could not be fuzzed to the end.
    """
    if seed is not None and database is not None:
        raise Misuse("SEED_WITH_DATABASE", "Examples of a database are no longer those of the seed.", "Give one.")
    stored = _database(database)
    with quiet_stdout():
        seat = chosen(wanted(client_command, flags), None)
        drawn = random.SystemRandom().randrange(2**32) if seed is None else seed
        limit = (examples or (_EXAMPLES if seconds is None else sys.maxsize), seconds or float("inf"))
        code = _fuzz(seat, targets or _TARGETS, limit, drawn, stored, findings)
    sys.exit(code)


def _fuzz(
    seat: Seat,
    targets: tuple["Target", ...],
    limit: tuple[int, float],
    seed: int,
    database: "ExampleDatabase | None",
    folder: Path,
) -> int:
    from scenarios.fuzzing.arena import Arena, CannotGoOn
    from scenarios.fuzzing.shown import covered

    client = shlex.join([*seat.flags, *(["--", *seat.command] if seat.command else [])])
    statuses, names = list[str](), set[str]()
    click.echo(f"oauthspec fuzz --seed {seed} {client}", err=True)
    for app_kind in seat.app_kinds:
        try:
            with Arena(seat.driver, app_kind, tls=seat.tls, host=seat.host, port=seat.port) as arena:
                for target in targets:
                    campaign = _campaign(arena, target, limit, seed, database)
                    for line in covered(campaign, app_kind, arena.restarts):
                        click.echo(line, err=True)
                    statuses += _findings(campaign, app_kind, folder, client, names)
        except CannotGoOn as error:
            say(error)
            statuses.append("could not go on")
    return _exit_code(statuses)


def _findings(campaign: "Campaign", app_kind: AppKind, folder: Path, client: str, names: set[str]) -> list[str]:
    """Store and print each finding that is new; what they are."""
    from scenarios.fuzzing.examples import written
    from scenarios.fuzzing.shown import counterexample, file_name, told

    statuses = list[str]()
    for found in campaign.found.values():
        each = counterexample(found, campaign, app_kind)
        path = folder / file_name(each)
        statuses.append(found.violation.severity if found.reproducible else "not reproducible")
        if path.name in names:
            continue
        names.add(path.name)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(each))
        for line in ("", *told(found, path, client)):
            click.echo(line, err=True)
    return statuses


def _campaign(
    arena: "Arena", target: "Target", limit: tuple[int, float], seed: int, database: "ExampleDatabase | None"
) -> "Campaign":
    from scenarios.fuzzing.authorization_requests import MOST_LOGINS, many_logins
    from scenarios.fuzzing.campaign import Fuzzer
    from scenarios.fuzzing.shown import progress

    last = time.monotonic()

    def tell(campaign: "Campaign") -> None:
        nonlocal last
        if time.monotonic() - last > 1:
            last = time.monotonic()
            click.echo(progress(campaign, arena.app_kind), err=True)

    examples, seconds = limit
    if target == "authorization-request":
        return many_logins(arena, min(examples, MOST_LOGINS), seconds, tell)
    return Fuzzer(arena, target, seed=seed, database=database, told=tell).run(examples, seconds)


def _exit_code(statuses: list[str]) -> int:
    if "failed" in statuses:
        return 1
    return 3 if {"could not go on", "not reproducible"} & set(statuses) else 0


def _database(url: str | None) -> "ExampleDatabase | None":
    if url is None:
        return None
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise Misuse("UNKNOWN_DATABASE", f"{url!r} is no database.", "Write redis://host:port/0.")
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
        from redis.exceptions import RedisError
    except ImportError:
        raise Misuse("REDIS_MISSING", "The library for Redis is not installed.", "Install oauthspec[redis].") from None
    client = Redis.from_url(url)
    try:
        client.ping()
    except RedisError as error:
        raise Misuse("DATABASE_UNREACHABLE", f"{url} does not answer: {error}.", "Start it, or leave it out.") from None
    return RedisExampleDatabase(client)
