"""The marker `oauthspec`: which client, and what it is put through."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.protocol.provider import PROVIDERS
from scenarios.baseline import Baseline
from scenarios.cli.seats import Seat, Wanted, chosen
from scenarios.cli.terms import baseline_of, today
from scenarios.cli.verb import Misuse
from scenarios.collection import NothingSelected, Selected, collect, performances
from scenarios.drivers.driver import CannotStart
from scenarios.drivers.in_process import InProcessDriver
from scenarios.model.assignment import AppKind
from scenarios.rules.always import RULES
from scenarios.rules.rule import Rule
from scenarios.running import Plan
from scenarios.summary import Terms

_WEB = {
    "callback": "--callback",
    "signed_in": "--signed-in",
    "refresh": "--refresh",
    "api_call": "--api-call",
    "host": "--host",
}
_APPS = ("command", "asgi", "wsgi")
_SEATS = ("client", "adapter", *_APPS)
_OTHERS = ("select", "app_kind", "provider", "tls", "timeout", "baseline", "fail_on")
KNOWN = (*_SEATS, "login", *_WEB, "env", *_OTHERS)
_KINDS: Mapping[Any, tuple[AppKind, ...]] = {
    None: ("basic", "pkce"),
    "both": ("basic", "pkce"),
    "basic": ("basic",),
    "pkce": ("pkce",),
}
_LIMIT = 20.0


MISTAKES = (Misuse, CannotStart)
"""What can be wrong with a marker, each in a line."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a marker asks for; items of one test function have the same."""

    plan: Plan
    rules: tuple[tuple[Rule, AppKind], ...]


@dataclass(frozen=True, eq=False)
class Question:
    """What one item asks of the client."""

    asked: Asked
    what: Selected | Rule
    app_kind: AppKind

    @property
    def identifier(self) -> str:
        """The scenario, with its row in brackets, or the rule."""
        return self.what.identifier


def asked(settings: Mapping[str, Any], folder: Path) -> Asked:
    """From the marker's arguments; `Misuse` and `CannotStart` say what is wrong. Paths are relative to `folder`."""
    for name in settings:
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(KNOWN)}."
            raise Misuse("UNKNOWN_ARGUMENT", f"The marker oauthspec has no argument {name!r}.", hint)
    seat = _seat(settings)
    provider, timeout = settings.get("provider", "frameio"), settings.get("timeout", _LIMIT)
    _one_of("provider", provider, PROVIDERS)
    if not isinstance(timeout, int | float) or timeout <= 0:
        raise Misuse("BAD_ARGUMENT", f"timeout is {timeout!r}.", "It is a number of seconds, more than nothing.")
    fail_on = settings.get("fail_on", "failed")
    _one_of("fail_on", fail_on, ("failed", "warned"))
    selectors = _words("select", settings.get("select", ()))
    selected = _selected(seat, selectors)
    rules = tuple((rule, kind) for kind in seat.app_kinds for rule in RULES if kind in rule.app_kinds)
    path = settings.get("baseline")
    known = Baseline() if path is None else baseline_of(folder / path)
    terms = Terms(known, fail_on, today(), partial=bool(selectors))
    whose = PROVIDERS[provider]
    plan = Plan(seat.driver, selected, whose, 1, timeout, terms, tls=seat.tls, host=seat.host, port=seat.port)
    return Asked(plan, rules)


def _seat(settings: Mapping[str, Any]) -> Seat:
    given = [name for name in _SEATS if settings.get(name) is not None]
    if not given:
        advice = "Give client=factory, or command=[...] with login=, or adapter=[...]."
        raise Misuse("NO_CLIENT", "Nothing says which client to judge.", advice)
    if len(given) > 1:
        raise Misuse("TWO_SEATS", f"{' and '.join(given)} are two ways to plug a client in.", "Give one of them.")
    (seat,), app_kind, client = given, settings.get("app_kind"), settings.get("client")
    _one_of("app_kind", app_kind, _KINDS)
    _check_web(seat, settings)
    if callable(client):
        return Seat(InProcessDriver(client), _KINDS[app_kind], (), tls=bool(settings.get("tls")))
    if seat not in ("command", "adapter") and not isinstance(settings[seat], str):
        cause = f"{seat} is {type(settings[seat]).__name__}."
        advice = "Give a function that takes an assignment, or 'module:factory'." if client else "Give 'module:app'."
        raise Misuse("CLIENT_NOT_CALLABLE" if client else "BAD_ARGUMENT", cause, advice)
    wanted = Wanted(
        client=client,
        login=settings.get("login"),
        adapter=seat == "adapter",
        command=_words(seat, settings[seat]) if seat in ("command", "adapter") else None,
        app_kind=app_kind,
        web={flag: settings.get(name) for name, flag in _WEB.items()},
        env=tuple(f"{name}={template}" for name, template in dict(settings.get("env") or {}).items()),
        tls=bool(settings.get("tls")),
        asgi=settings.get("asgi"),
        wsgi=settings.get("wsgi"),
    )
    return chosen(wanted, None)


def _check_web(seat: str, settings: Mapping[str, Any]) -> None:
    foreign = [name for name in ("login", *_WEB, "env") if settings.get(name)]
    if foreign and seat not in _APPS:
        cause = f"{foreign[0]} says something of a web application, and {seat} is none."
        raise Misuse("FLAG_OF_ANOTHER_SEAT", cause, "Leave it out, or give command=[...].")
    if seat in _APPS and not settings.get("login"):
        cause = f"{seat}= is a web application, and nothing says where its login begins."
        raise Misuse("NO_LOGIN", cause, "Add login='/login', or use adapter=[...] for what answers JSON lines.")


def _words(name: str, value: object) -> tuple[str, ...]:
    """A list of strings; of selectors, one alone may be given as it is."""
    if isinstance(value, str) and name == "select":
        return (value,)
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise Misuse("BAD_ARGUMENT", f"{name} is {value!r}.", f"It is a list of strings, as in {name}=['...'].")
    return tuple(value)


def _one_of(name: str, value: object, known: Mapping[Any, Any] | Sequence[str]) -> None:
    if value not in known:
        words = ", ".join(str(each) for each in known if each is not None)
        raise Misuse("BAD_ARGUMENT", f"{name} is {value!r}.", f"Known: {words}.")


def _selected(seat: Seat, selectors: Sequence[str]) -> tuple[Selected, ...]:
    try:
        return performances(collect(), seat.app_kinds, selectors)
    except NothingSelected as error:
        raise Misuse("NOTHING_SELECTED", str(error)) from None
