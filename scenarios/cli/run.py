"""`oauthspec run`: judge a client, in any of the three seats."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import click

from mock_server.protocol.provider import PROVIDERS, Provider
from scenarios.cli.seats import Seat, Wanted, chosen
from scenarios.cli.verb import INCOMPLETE, Misuse, Verb, say
from scenarios.collection import NothingSelected, Selected, collect, performances
from scenarios.drivers.in_process import quiet_stdout
from scenarios.reports.console import Console
from scenarios.reports.header import Header
from scenarios.reports.record import Record
from scenarios.reports.trace import Traces
from scenarios.running import MOST_LANES, Listener, Plan, Summary, run

_LIMIT = 20.0
_KINDS = click.Choice(["basic", "pkce", "both"])


@click.command("run", cls=Verb, takes_client=True, short_help="Judge a client, and say why.")
@click.option("--client", metavar="NAME", help="A client in this process: module:factory, reference, or flawed:NAME.")
@click.option("--login", metavar="PATH", help="A web application, after --: where its login begins.")
@click.option("--adapter", is_flag=True, help="An adapter, after --: it answers one JSON object per line on stdout.")
@click.option("--app-kind", type=_KINDS, help="What the client is registered as.  [default: both; web: basic]")
@click.option("--select", "selectors", multiple=True, metavar="WHAT", help="An id, a glob, a clause, a seed; repeat.")
@click.option("--lanes", type=click.IntRange(1, MOST_LANES), default=MOST_LANES, help="How many scenarios at once.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=_LIMIT, help="Seconds for each scenario.")
@click.option("--provider", "provider_name", default="frameio", help="Whose behaviour: frameio, strict, or an engine.")
@click.option("--record", "record", type=click.Path(path_type=Path), help="Store the evidence, to be judged again.")
@click.option("--output", type=click.Path(path_type=Path), help="A folder for traces and the client's output.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each scenario, and for each rule.")
@click.option("--callback", metavar="PATH", help="Web: the path of its redirection endpoint.  [default: /callback]")
@click.option("--signed-in", metavar="PROBE", help="Web: how to see who is signed in, as in 'GET /me is 200'.")
@click.option("--refresh", metavar="PATH", help="Web: where it refreshes; POST before the path where it is posted to.")
@click.option("--api-call", metavar="PATH", help="Web: where it calls the API.")
@click.option("--env", multiple=True, metavar="NAME=TEMPLATE", help="Web: a further variable, as in ID={client_id}.")
@click.pass_obj
def command(
    client_command: tuple[str, ...] | None,
    client: str | None,
    login: str | None,
    adapter: bool,
    app_kind: str | None,
    selectors: tuple[str, ...],
    lanes: int,
    timeout: float,
    provider_name: str,
    record: Path | None,
    output: Path | None,
    verbose: bool,
    callback: str | None,
    signed_in: str | None,
    refresh: str | None,
    api_call: str | None,
    env: tuple[str, ...],
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
    web = {"--callback": callback, "--signed-in": signed_in, "--refresh": refresh, "--api-call": api_call}
    wanted = Wanted(client, login, adapter, client_command, app_kind, web, env)
    with quiet_stdout() as printed:
        seat = chosen(wanted, output)
        selected = _selected(seat, selectors)
        flags = [*(["--provider", provider_name] if provider_name != "frameio" else [])]
        flags += ["--timeout", f"{timeout:g}"] if timeout != _LIMIT else []
        header = _header(seat, tuple(flags), provider, lanes, timeout, selectors, len(selected))
        plan = Plan(seat.driver, selected, provider, lanes, timeout)
        console = Console(header, selected, verbose=verbose)
        code = _run(plan, console, header, record, output)
    _tell_what_was_printed(printed.getvalue(), output, console)
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


def _header(
    seat: Seat,
    flags: tuple[str, ...],
    provider: Provider,
    lanes: int,
    limit: float,
    selectors: tuple[str, ...],
    selected: int,
) -> Header:
    return Header(
        version=metadata.version("oauthspec"),
        seat=seat.driver.seat,
        flags=(*flags, *seat.flags),
        command=seat.command,
        provider=provider.name,
        lanes=lanes,
        limit=limit,
        app_kinds=seat.app_kinds,
        selectors=selectors,
        selected=selected,
    )


def _run(plan: Plan, console: Console, header: Header, record: Path | None, output: Path | None) -> int:
    """Run the plan with every report that was asked for; the exit code."""
    with contextlib.ExitStack() as stack:
        # Files first: they are whole even where a report for people has trouble.
        traces = None if output is None else _traces(output, header)
        written = None if record is None else stack.enter_context(_record(record, header))
        listeners: list[Listener] = [each for each in (written, traces, console) if each is not None]
        summary = asyncio.run(_until_interrupted(plan, listeners, console))
    code = summary.exit_code
    if traces is not None:
        console.note(f"Traces of what did not pass: {traces.folder} ({traces.written} files)")
        code = _or_trouble(code, "OUTPUT_NOT_WRITTEN", traces.trouble)
    if written is not None:
        if not written.trouble:
            console.note(f"Record: {written.path}  (oauthspec judge {written.path})")
        code = _or_trouble(code, "RECORD_NOT_WRITTEN", written.trouble)
    return code


def _or_trouble(code: int, name: str, trouble: str) -> int:
    """What could not be written makes a run incomplete, unless the client failed."""
    if not trouble:
        return code
    say(f"{name}: {trouble}. Make room, or name another place.")
    return code or INCOMPLETE


def _record(path: Path, header: Header) -> Record:
    try:
        return Record(path, header)
    except OSError as error:
        cause = f"{path} cannot be written: {error.strerror}."
        raise Misuse("RECORD_NOT_WRITABLE", cause, "Name another file with --record.") from None


def _traces(folder: Path, header: Header) -> Traces:
    try:
        return Traces(folder, header)
    except OSError as error:
        cause = f"{folder} cannot be written to: {error.strerror}."
        raise Misuse("OUTPUT_NOT_WRITABLE", cause, "Name another folder with --output.") from None


async def _until_interrupted(plan: Plan, listeners: Sequence[Listener], console: Console) -> Summary:
    """Run until the end, or until Ctrl-C or SIGTERM: then applications are stopped and reports are finished."""
    with _interrupts(console):
        return await run(plan, listeners)


@contextlib.contextmanager
def _interrupts(console: Console) -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        # A second cancellation would cut the first one's cleaning up short, and leave processes behind.
        if asked == 1 and task is not None:
            task.cancel()
        else:
            console.note("Stopping: the client is given a few seconds to end.")

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _tell_what_was_printed(printed: str, output: Path | None, console: Console) -> None:
    if not printed:
        return
    many = f"The client printed {len(printed.splitlines())} lines to stdout"
    if output is None:
        console.note(f"{many}; --output DIR keeps them.")
        return
    with contextlib.suppress(OSError):
        path = output / "client.stdout.txt"
        path.write_text(printed, "utf-8", errors="backslashreplace")
        console.note(f"{many}: {path}")
