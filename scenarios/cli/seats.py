"""From flags to a seat: exactly one way to plug a client in, and the flags that repeat it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mock_server.serving import LOOPBACK
from scenarios.cli.verb import Misuse
from scenarios.drivers.driver import CannotStart, Driver
from scenarios.drivers.environment import is_local
from scenarios.model.assignment import AppKind
from scenarios.reports.header import env_flag

if TYPE_CHECKING:
    from scenarios.drivers.web_app import WebAppDriver

# Where `oauthspec serve` listens too, so that one `.env` does for both.
_ATTACHED_PORT = 4444
_LARGEST_PORT = 65535
STEP_TIMEOUT = 10.0
# What the command line alone can mend; everything else is trouble with the client.
_MISTYPED = frozenset(
    {"BAD_CLIENT_NAME", "BAD_APP_NAME", "UNKNOWN_FLAW", "BAD_ADDRESS", "BAD_PROBE", "BAD_ENVIRONMENT"}
)
_SEATS = "Give --client MODULE:FACTORY, or --login PATH -- COMMAND, or --adapter -- COMMAND; `oauthspec init` keeps it."
_BOTH: tuple[AppKind, ...] = ("basic", "pkce")


@dataclass(frozen=True)
class Wanted:
    """What the flags say of the client; `command` is nothing where there is no `--`."""

    client: str | None = None
    login: str | None = None
    adapter: bool = False
    command: tuple[str, ...] | None = None
    app_kind: str | None = None
    # Of the web seat alone, by the flag that gives it.
    web: Mapping[str, str | None] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    tls: bool = False
    # The variables that a settings file gives.
    stored_env: frozenset[str] = frozenset()
    # An application object, seen from a browser like a web application.
    asgi: str | None = None
    wsgi: str | None = None

    @property
    def app_object(self) -> tuple[str, str] | tuple[()]:
        """The flag that names an application object, and its name."""
        named = (("--asgi", self.asgi), ("--wsgi", self.wsgi))
        return next(((flag, name) for flag, name in named if name is not None), ())


@dataclass(frozen=True)
class Seat:
    """A driver, the kinds of app to assign, and the flags that give the same client again."""

    driver: Driver
    app_kinds: tuple[AppKind, ...]
    flags: tuple[str, ...]
    command: tuple[str, ...] = ()
    tls: bool = False
    # Where the mock has to listen for it; any free port by default.
    host: str = LOOPBACK
    port: int = 0


def chosen(wanted: Wanted, output: Path | None, step_timeout: float = STEP_TIMEOUT) -> Seat:
    """The seat; `Misuse` says what is wrong with the flags, `CannotStart` that there is no such client.

    `step_timeout` is in seconds, for each step; a client in this process is given half of that.
    """
    check_one_seat(wanted)
    _check_other_flags(wanted)
    try:
        seat = _seat(wanted, output, step_timeout)
    except CannotStart as error:
        if error.code in _MISTYPED:
            raise Misuse(error.code, error.cause, error.next_step) from None
        raise
    return replace(seat, tls=True, flags=(*seat.flags, "--tls")) if wanted.tls else seat


def _seat(wanted: Wanted, output: Path | None, step_timeout: float) -> Seat:
    if wanted.client is not None:
        return _in_process(wanted, wanted.client, step_timeout / 2)
    if wanted.adapter:
        return _adapter(wanted, output, step_timeout)
    return _web_app(wanted, output, step_timeout)


def check_one_seat(wanted: Wanted) -> None:
    """`Misuse` where there is no client, or more than one."""
    if wanted.app_object:
        _check_app_object(wanted)
        if wanted.web.get("--attach") is not None:
            cause = f"{wanted.app_object[0]} names an application in this process, and --attach one that runs already."
            raise Misuse("TWO_SEATS", cause, "Leave one of them out.")
        return
    given = [
        flag
        for flag, there in (
            ("--client", wanted.client is not None),
            ("--login", wanted.login is not None),
            ("--adapter", wanted.adapter),
        )
        if there
    ]
    if not given and wanted.command is None:
        raise Misuse("NO_CLIENT", "Nothing says which client to judge.", _SEATS)
    if not given:
        cause = "Nothing says how the command is talked to."
        raise Misuse("NO_SEAT", cause, "Add --login PATH for a web application, or --adapter for JSON lines.")
    if len(given) > 1:
        raise Misuse("TWO_SEATS", f"{' and '.join(given)} are two ways to plug a client in.", "Give one of them.")
    if wanted.client is not None and wanted.command is not None:
        cause = "--client names a client in this process, and a command stands after --."
        raise Misuse("TWO_SEATS", cause, "Leave one of them out.")
    attach = wanted.login is not None and wanted.web.get("--attach") is not None
    if attach and wanted.command:
        cause = "--attach is for an application that runs already, and a command stands after --."
        raise Misuse("ATTACH_AND_COMMAND", cause, "Leave one of them out.")
    if wanted.client is None and not wanted.command and not attach:
        cause = f"{given[0]} needs the command that starts the client, and there is none."
        raise Misuse("COMMAND_MISSING", cause, "Put it at the end, after --, as in `-- python app.py`.")


def _check_app_object(wanted: Wanted) -> None:
    flag = "--asgi" if wanted.asgi is not None else "--wsgi"
    others = {"--client": wanted.client is not None, "--adapter": wanted.adapter, "--wsgi": bool(wanted.wsgi)}
    other = next((each for each, there in others.items() if there and each != flag), "")
    if other or wanted.command is not None:
        what = f"{flag} and {other} are two ways" if other else f"{flag} and a command after -- are two ways"
        raise Misuse("TWO_SEATS", f"{what} to plug a client in.", "Give one of them.")
    if wanted.login is None:
        cause = f"{flag} names a web application, and nothing says where its login begins."
        raise Misuse("LOGIN_MISSING", cause, "Add --login PATH.")


def _check_other_flags(wanted: Wanted) -> None:
    given = [flag for flag, value in wanted.web.items() if value is not None] + (["--env"] if wanted.env else [])
    if given and wanted.login is None:
        cause = f"{given[0]} says something of a web application, and there is no --login."
        raise Misuse("FLAG_OF_ANOTHER_SEAT", cause, "Leave it out, or add --login PATH.")


def _kinds(wanted: Wanted, default: tuple[AppKind, ...]) -> tuple[AppKind, ...]:
    kinds: dict[str | None, tuple[AppKind, ...]] = {None: default, "basic": ("basic",), "pkce": ("pkce",)}
    return kinds.get(wanted.app_kind, _BOTH)


def _in_process(wanted: Wanted, client: str, step_timeout: float) -> Seat:
    from scenarios.drivers.in_process import InProcessDriver, load_factory

    driver = InProcessDriver(load_factory(client), step_timeout=step_timeout)
    return Seat(driver, _kinds(wanted, _BOTH), ("--client", client))


def _adapter(wanted: Wanted, output: Path | None, step_timeout: float) -> Seat:
    from scenarios.drivers.json_lines import JsonLinesDriver

    command = wanted.command or ()
    driver = JsonLinesDriver(command, output=output, step_timeout=step_timeout)
    return Seat(driver, _kinds(wanted, _BOTH), ("--adapter",), command)


def _web_app(wanted: Wanted, output: Path | None, step_timeout: float) -> Seat:
    from scenarios.drivers.web_app import WebAppDriver

    command, login, env = wanted.command or (), wanted.login or "", _environment(wanted.env)
    kinds = _kinds(wanted, ("basic",))
    attach = wanted.web.get("--attach")
    if attach is not None:
        _check_attached(attach, kinds)
    settings: dict[str, Any] = {
        "login": login,
        "host": _host(wanted.web.get("--host")),
        "callback": wanted.web.get("--callback") or "/callback",
        "signed_in": wanted.web.get("--signed-in"),
        "refresh": wanted.web.get("--refresh"),
        "api_call": wanted.web.get("--api-call"),
        "pkce": kinds == ("pkce",),
        "env": env,
        "output": output,
        "step_timeout": step_timeout,
    }
    if wanted.app_object:
        driver = _app_object(wanted, settings)
    elif attach is not None:
        driver = WebAppDriver(None, fixed_redirect_uri=attach, announce=_announce, **settings)
    else:
        driver = WebAppDriver(command, **settings)
    flags = [*wanted.app_object, "--login", login]
    flags += [word for flag, value in wanted.web.items() if value is not None for word in (flag, value)]
    for name, template in env.items():
        flag = env_flag(name, template)
        # A secret of a settings file is read from there again.
        flags += [] if flag[1] != f"{name}={template}" and name in wanted.stored_env else flag
    port = _port(wanted.web.get("--mock-port"), 0 if attach is None else _ATTACHED_PORT)
    return Seat(driver, kinds, tuple(flags), command, host=driver.mock_host, port=port)


def _check_attached(redirect_uri: str, kinds: tuple[AppKind, ...]) -> None:
    parts = urlsplit(redirect_uri)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        cause = f"--attach {redirect_uri!r} is no redirect URI."
        raise Misuse("BAD_ATTACH", cause, "Name the application's own, as in http://localhost:5050/callback.")
    if not is_local(parts.hostname):
        cause = f"--attach {redirect_uri!r} is not on this machine."
        raise Misuse("BAD_ATTACH", cause, "The mock is reached from this machine alone: run the application here.")
    if len(kinds) > 1:
        cause = "An application that runs already has the settings of one kind of app."
        raise Misuse("ATTACH_ONE_KIND", cause, "Give --app-kind basic, or --app-kind pkce.")


def _host(name: str | None) -> str:
    if name is not None and not is_local(name):
        cause = f"--host {name!r} is no name of this machine."
        raise Misuse("BAD_HOST", cause, "Give localhost, 127.0.0.1 or a name like app.localhost.")
    return name or "localhost"


def _port(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LARGEST_PORT):
        raise Misuse("BAD_PORT", f"--mock-port {text!r} is no port.", f"Give a number from 1 to {_LARGEST_PORT}.")
    return int(text)


def _announce(text: str) -> None:
    click.echo(text, err=True)


def _app_object(wanted: Wanted, settings: Mapping[str, Any]) -> "WebAppDriver":
    from scenarios.drivers.app_object import AppObjectDriver

    if wanted.asgi is not None:
        return AppObjectDriver("asgi", wanted.asgi, **settings)
    return AppObjectDriver("wsgi", wanted.wsgi or "", **settings)


def _environment(variables: tuple[str, ...]) -> dict[str, str]:
    env: dict[str, str] = {}
    for variable in variables:
        name, equals, template = variable.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name):
            cause = f"--env {variable!r} is no variable."
            raise Misuse("BAD_VARIABLE", cause, "Write NAME={template}, as in OAUTH_ID={client_id}.")
        env[name] = template
    return env
