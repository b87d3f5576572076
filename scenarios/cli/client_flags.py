"""The flags that say which client, for every verb that takes one."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from scenarios.cli import settings_file
from scenarios.cli.seats import Wanted

_Command = TypeVar("_Command", bound=Callable[..., Any])

_KINDS = click.Choice(["basic", "pkce", "both"])
# Each is a way to plug a client in by itself.
_SEATS = ("client", "login", "adapter", "asgi", "wsgi")
_OBJECTS = ("asgi", "wsgi")
_WEB = {
    "callback": "--callback",
    "signed_in": "--signed-in",
    "refresh": "--refresh",
    "api_call": "--api-call",
    "host": "--host",
    "attach": "--attach",
    "mock_port": "--mock-port",
}
_FLAGS = (
    click.option("--client", metavar="NAME", help="A client in this process: module:factory, reference, flawed:NAME."),
    click.option("--login", metavar="PATH", help="A web application, after --: where its login begins."),
    click.option("--asgi", metavar="NAME", help="A web application in this process, with --login: module:app."),
    click.option("--wsgi", metavar="NAME", help="The same, for a WSGI application."),
    click.option("--adapter", is_flag=True, help="An adapter, after --: it answers JSON lines on stdout."),
    click.option("--app-kind", type=_KINDS, help="What the client is registered as.  [default: both; web: basic]"),
    click.option("--callback", metavar="PATH", help="Web: the path of its redirection endpoint.  [default: /callback]"),
    click.option("--signed-in", metavar="PROBE", help="Web: how to see who is signed in, as in 'GET /me is 200'."),
    click.option("--refresh", metavar="PATH", help="Web: where it refreshes; POST before the path if it wants one."),
    click.option("--api-call", metavar="PATH", help="Web: where it calls the API."),
    click.option("--env", multiple=True, metavar="NAME=TEMPLATE", help="Web: one more variable, as in ID={client_id}."),
    click.option("--host", metavar="NAME", help="Web: the name that it is called by.  [default: localhost]"),
    click.option("--attach", metavar="URL", help="Web: no command; it runs already, and this is its redirect URI."),
    click.option("--mock-port", metavar="PORT", help="Web: where the mock listens.  [default: any; --attach: 4444]"),
    click.option("--tls", is_flag=True, help="The mock speaks https; the client is told what to trust."),
)


def client_flags(command: _Command) -> _Command:
    """Add the flags to a command, and `--config` for the file that may hold them."""
    return _CONFIG(flags_alone(command))


def flags_alone(command: _Command) -> _Command:
    """Add the flags to a command that reads no settings file."""
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def wanted(command: tuple[str, ...] | None, flags: Mapping[str, Any]) -> Wanted:
    """What the flags say of the client, and the settings file where they say nothing."""
    stored: dict[str, Any] = click.get_current_context().meta.get(_STORED, {})
    if _other_seat(command, stored):
        left = stored.keys() - {name for name in stored if _is_typed(name)}
        flags = {name: None if name in left else value for name, value in flags.items()}
        stored = {}
    env = {_name(variable): variable for variable in (*stored.get("env", ()), *(flags["env"] or ()))}
    typed = {_name(variable) for variable in flags["env"] or ()} if _is_typed("env") else set()
    return Wanted(
        client=flags["client"],
        login=flags["login"],
        adapter=bool(flags["adapter"]),
        asgi=flags["asgi"],
        wsgi=flags["wsgi"],
        command=command if command is not None else stored.get("command"),
        app_kind=flags["app_kind"],
        web={name: flags[key] for key, name in _WEB.items()},
        env=tuple(env.values()),
        tls=bool(flags["tls"]),
        stored_env=frozenset(env.keys() - typed),
    )


def settings_read() -> str:
    """The settings file that was read; empty where there was none."""
    return str(click.get_current_context().meta.get(_FILE, ""))


def _other_seat(command: tuple[str, ...] | None, stored: Mapping[str, Any]) -> bool:
    """Whether the command line names another kind of client: then nothing of the stored one holds."""
    typed, kept = _seat({seat for seat in _SEATS if _is_typed(seat)}), _seat(stored)
    if typed == "login" and kept in _OBJECTS:
        # Another page of the same application.
        return command is not None
    if not typed:
        return command is not None and kept in ("client", *_OBJECTS)
    return bool(kept) and kept != typed


def _seat(names: Collection[str]) -> str:
    """Which of the ways these flags are about; `login` is said of an application object as well."""
    return next((seat for seat in (*_OBJECTS, *_SEATS) if seat in names), "")


def _is_typed(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _name(variable: str) -> str:
    return variable.partition("=")[0]


def _configure(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Read the settings file, the one of this folder where none is named, before the other flags are looked at."""
    here = Path(settings_file.NAME)
    file = path or (here if here.is_file() else None)
    if file is None:
        return
    sections = settings_file.read(file)
    client = dict(sections.get("client", {}))
    stored = {"command": settings_file.command(file, client.pop("command"))} if "command" in client else {}
    options = [each for each in context.command.params if isinstance(each, click.Option) and each.name != "config"]
    of_client = [each for each in options if each.name in CLIENT]
    stored |= settings_file.values(file, "client", client, of_client)
    verb = context.command.name or ""
    own = settings_file.values(file, verb, sections.get(verb, {}), [each for each in options if each not in of_client])
    context.default_map = {**stored, **own}
    context.meta[_STORED] = stored
    context.meta[_FILE] = str(file)


_STORED = "scenarios.cli.stored"
_FILE = "scenarios.cli.file"
_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help=f"The file that holds flags.  [default: {settings_file.NAME} of this folder, if it is there]",
)


def _names(flags: Iterable[Callable[[Any], Any]]) -> frozenset[str]:
    def nothing() -> None:
        """Carries the flags."""

    for flag in flags:
        flag(nothing)
    return frozenset(each.name or "" for each in vars(nothing)["__click_params__"])


# The parameters that the flags of a client fill.
CLIENT = _names(_FLAGS)
