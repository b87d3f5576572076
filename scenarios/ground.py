"""Gets an application ready to be judged: registers its app, starts it, and learns what a good login looks like."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mock_server.protocol.provider import LENIENCIES
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Deny
from mock_server.serving import RunningServer, throw_away_authority
from mock_server.transcript import Entry, Exchange
from scenarios.drivers.driver import Driver, DriverError
from scenarios.drivers.environment import trusted_here
from scenarios.drivers.user_agent import UserAgent
from scenarios.judging import is_alive
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind
from scenarios.model.scenario import changed
from scenarios.performing import Ground, LiveStage, Recorder, control_login

_SCOPES = ("offline", "account.read", "asset.read")
# Printable ASCII that RFC 6749 2.3.1 wants encoded; no colon in the id, for an HTTP library may refuse one there.
_RESERVED = "p%ss+w:rd /&=~@"
_RESERVED_ID = "+a&b=c%2Fd/e"
_RESERVED_SCOPES = ("offline", "account.read+more", "asset&read=all", "team:50%25/own")

if TYPE_CHECKING:
    from mock_server.certificates import Authority


@dataclass(frozen=True)
class Learned:
    """What the first logins showed; `refusal` says why none worked, where none did."""

    leniencies: tuple[str, ...] = ()
    # Why the server, strictly, refuses this client; empty where it does not.
    strictly: str = ""
    refusal: str = ""
    exchange: int = 0
    code: str = "CANNOT_LOG_IN"
    next_step: str = "Make a plain login work first: `oauthspec serve` says what it lacks."


def registered_app(kind: AssignmentKind, app_kind: AppKind, redirect_uri: str) -> App:
    """A fresh registration; codes and secrets of a run mean nothing outside it."""
    reserved = kind.secret == "reserved"
    redirect_uri = _with_query(redirect_uri, kind.redirect_query)
    others = tuple(f"{redirect_uri.partition('?')[0]}/{number}" for number in range(2, kind.redirect_uris + 1))
    secret = _RESERVED + secrets.token_urlsafe(8) if reserved else secrets.token_urlsafe(24)
    ending = _RESERVED_ID if kind.client_id == "reserved" else ""
    return App(
        client_id=secrets.token_hex(8) + ("+/ %" if reserved else "") + ending,
        name="client under test",
        client_secret=None if app_kind == "pkce" else secret,
        redirect_uris=(redirect_uri, *others),
        scopes=_RESERVED_SCOPES if kind.scope == "reserved" else _SCOPES,
        token_endpoint_auth_method="none" if app_kind == "pkce" else "client_secret_basic",
    )


def assignment_of(server: RunningServer, app: App, kind: AssignmentKind, app_kind: AppKind) -> Assignment:
    """What the application is told."""
    scopes = app.scopes if kind.offline else tuple(scope for scope in app.scopes if scope != "offline")
    scopes = () if kind.scope == "none" else scopes
    return Assignment(
        app_kind=app_kind,
        authorization_endpoint=_with_query(server.authorization_endpoint, kind.authorization_query),
        token_endpoint=_with_query(server.token_endpoint, kind.token_query),
        revocation_endpoint=server.revocation_endpoint,
        api_url=server.api_url,
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=app.redirect_uris[0],
        scope=" ".join(scopes),
        issuer=server.core.issuer if kind.issuer else None,
        kind=kind,
        ca_file=str(server.authority.ca_file) if server.authority else None,
    )


@contextmanager
def secured(tls: bool) -> Iterator["Authority | None"]:
    """A throw-away authority for a run over https, and whatever is started meanwhile is told of it."""
    if not tls:
        yield None
        return
    with throw_away_authority() as authority, trusted_here(str(authority.ca_file)):
        yield authority


def _with_query(endpoint: str, query: str) -> str:
    return f"{endpoint}?{query}" if query else endpoint


async def break_ground(
    driver: Driver, server: RunningServer, user_agent: UserAgent, kind: AssignmentKind, app_kind: AppKind
) -> Ground:
    """Register an app and start the application for it; `CannotStart` says why there is none."""
    app = registered_app(kind, app_kind, driver.redirect_uri(kind))
    server.register(app)
    application = await driver.start(assignment_of(server, app, kind, app_kind))
    return Ground(server, app, application, user_agent, variation={"issuer_in_response": True} if kind.issuer else {})


async def learn(ground: Ground, recorder: Recorder) -> Learned:
    """Log in well and be denied once; find the narrowest leniency where the server rightly refuses the client."""
    entries = await _tried(ground, recorder)
    if is_alive(entries):
        await _compare(ground)
        return Learned()
    refused = [e for e in entries if isinstance(e, Exchange) and e.error]
    said = [str(e.detail.get("detail", "")) for e in entries if not isinstance(e, Exchange) and e.kind == "outcome"]
    if not refused and (broken_off := [e for e in entries if not isinstance(e, Exchange) and e.kind == "handshake"]):
        return _not_trusted(str(broken_off[-1].detail.get("said", "")))
    if not refused:
        cause = said[-1] if said and said[-1] else "no token request came"
        return Learned(refusal=f"A plain login does not work: {cause}")
    strictly = f"{refused[-1].error}: {refused[-1].explanation}"
    for names in (*combinations(LENIENCIES, 1), *combinations(LENIENCIES, 2)):
        ground.leniencies = names
        if is_alive(await _tried(ground, recorder)):
            await _compare(ground)
            return Learned(names, strictly, exchange=refused[-1].number)
    ground.leniencies = ()
    refusal = f"The server refuses a plain login: {strictly}"
    return Learned(strictly=strictly, refusal=refusal, exchange=refused[-1].number)


def _not_trusted(said: str) -> Learned:
    cause = "The client breaks the handshake off: it does not trust the authority that it was told of"
    next_step = "See docs/tls.md for where it looks for one; without --tls it is judged over http."
    return Learned(refusal=f"{cause} ({said}).", code="CA_NOT_TRUSTED", next_step=next_step)


async def _tried(ground: Ground, recorder: Recorder) -> tuple[Entry, ...]:
    flow = await control_login(ground)
    return recorder.entries(frozenset({flow}), 0, -1)


async def _compare(ground: Ground) -> None:
    """Show the application one good and one denied login side by side."""
    stage = LiveStage(ground)
    good, denied = stage.session("learning, good"), stage.session("learning, denied")
    try:
        await good.log_in()
        await denied.log_in(changed(Deny()))
        ground.application.learn(good.client, denied.client)
    except DriverError:
        # What cannot be told apart stays unknown; the scenarios that need it say so.
        return
    finally:
        await stage.close()
