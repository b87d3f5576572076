"""Gets an application ready to be judged: registers its app, starts it, and learns what a good login looks like."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import msgspec

from mock_server.authorization_server import AuthorizationServer
from mock_server.changes import Changes
from mock_server.deviations import metadata
from mock_server.deviations.deviation import Deviation
from mock_server.flow import Flow
from mock_server.protocol.metadata import issuer_of, url_of
from mock_server.protocol.provider import LENIENCIES
from mock_server.protocol.records import App
from mock_server.serving import LOOPBACK, RunningServer, throw_away_authority
from mock_server.transcript import Event, Exchange
from scenarios.diagnosis import UNFORGIVABLE, Attempt, Diagnosis, diagnose
from scenarios.drivers.driver import (
    ApplicationDied,
    BrowserSession,
    CannotStart,
    CookiesAtLanding,
    DiscoveringDriver,
    Driver,
    NotAssignable,
    RegisteredDriver,
    WatchedApplication,
)
from scenarios.drivers.environment import trusted_here
from scenarios.drivers.other_name import NO_OTHER_NAME
from scenarios.drivers.user_agent import UserAgent
from scenarios.evidence import is_alive
from scenarios.limits import compare, keeps_apart, logins_apart, serves_together
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind, Metadata
from scenarios.model.capability import OTHER_NAME, Capability, absent
from scenarios.own_settings import own_settings
from scenarios.performing import Ground, plain_login
from scenarios.recorder import Recorder

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
    next_step: str = ""
    # What the server has to forgive, and what hampers the judging though logins work.
    fault: Diagnosis | None = None
    remarks: tuple[Diagnosis, ...] = ()
    attempt: Attempt | None = None
    # What is said of the scenarios where there is a refusal; an application that was gone has refused nothing.
    code: str = "CANNOT_LOG_IN"


def listening(
    core: AuthorizationServer, host: str = LOOPBACK, port: int = 0, authority: "Authority | None" = None
) -> RunningServer:
    """The server that clients are judged with, not started yet; `CannotStart` where somebody else has the port."""
    try:
        return RunningServer(core, host=host, port=port, authority=authority)
    except OSError as error:
        cause = f"The mock cannot listen on port {port}: {(error.strerror or str(error)).lower()}."
        advice = "Stop what uses it (`oauthspec serve`?), or name another with --mock-port."
        raise CannotStart("MOCK_PORT_TAKEN", cause, advice) from None


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
    fragment = f"#{kind.authorization_fragment}" if kind.authorization_fragment else ""
    at_token, at_api = _NAMES.get(kind.cleartext, ("", ""))
    return Assignment(
        app_kind=app_kind,
        authorization_endpoint=_with_query(server.authorization_endpoint, kind.authorization_query) + fragment,
        token_endpoint=_with_query(_named(server.token_endpoint, at_token), kind.token_query),
        revocation_endpoint=server.revocation_endpoint,
        api_url=_named(server.api_url, at_api),
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


# By what is in the clear: the names of the token endpoint's host and of the API's.
_NAMES = {"token": (OTHER_NAME, ""), "api": ("", OTHER_NAME), "within": ("localhost", "localhost")}


def _named(endpoint: str, name: str) -> str:
    """The same endpoint by another name of its host, where there is one."""
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port}")) if name else endpoint


def _with_query(endpoint: str, query: str) -> str:
    return f"{endpoint}?{query}" if query else endpoint


def metadata_flow(server: RunningServer, kind: AssignmentKind) -> Flow | None:
    """A flow to tell the application's metadata in, where it is told of any; the flow is the issuer."""
    if not kind.metadata:
        return None
    return server.core.open_flow(Changes(variation={"metadata": True}, deviation=_METADATA[kind.metadata]))


def told_of_metadata(server: RunningServer, assignment: Assignment, described: Flow) -> Assignment:
    """An assignment that says whose the metadata of a flow are, and where."""
    origin, flow = server.core.issuer, described.identifier
    return msgspec.structs.replace(assignment, issuer=issuer_of(origin, flow), metadata_url=url_of(origin, flow))


# By what the metadata are like: what is done to the right ones.
_METADATA: dict[Metadata, Deviation | None] = {
    "right": None,
    "plain_first": metadata.mistypes("code_challenge_methods_supported", ["plain", "S256"]),
    "plain_alone": metadata.mistypes("code_challenge_methods_supported", ["plain"]),
    "no_methods": metadata.mistypes("code_challenge_methods_supported", []),
    "silent": metadata.omits("code_challenge_methods_supported"),
    "of_another": metadata.names("https://attacker.example"),
}


async def break_ground(
    driver: Driver,
    server: RunningServer,
    user_agent: UserAgent,
    kind: AssignmentKind,
    app_kind: AppKind,
    described: Flow | None = None,
) -> Ground:
    """Register an app and start the application for it; `CannotStart` says why there is none.

    Where it is told of metadata, they are told in the flow `described`.
    """
    if kind.cleartext and (driver.seat != "in process" or server.authority):
        raise NotAssignable("OTHER_NAMES", *NO_OTHER_NAME)
    if kind.metadata and isinstance(driver, DiscoveringDriver) and driver.reads_metadata() is False:
        raise NotAssignable("CAPABILITY_ABSENT", *absent(Capability.DISCOVERY))
    app = registered_app(kind, app_kind, driver.redirect_uri(kind))
    if isinstance(driver, RegisteredDriver) and (known := driver.registered(app_kind)) is not None:
        app = replace(app, client_id=known.client_id, client_secret=known.client_secret)
    server.register(app)
    assignment = assignment_of(server, app, kind, app_kind)
    if described is not None:
        assignment = told_of_metadata(server, assignment, described)
    application = await driver.start(assignment)
    if described is not None and Capability.DISCOVERY not in application.capabilities:
        await application.stop()
        raise NotAssignable("CAPABILITY_ABSENT", *absent(Capability.DISCOVERY))
    variation = {"issuer_in_response": True} if kind.issuer else {}
    flow = described.identifier if described else ""
    return Ground(server, app, assignment, application, user_agent, metadata=flow, variation=variation)


async def learn(ground: Ground, recorder: Recorder, *, thorough: bool = True) -> Learned:
    """Log in well and be denied once; find the narrowest leniency where the server rightly refuses the client.

    `thorough` also looks for what the application cannot bear; it is once enough for all assignments of a kind of app.
    """
    fresh = ground.application.session()
    held_before = isinstance(fresh, BrowserSession) and await fresh.looks_signed_in()
    first = await _first_login(ground, recorder)
    if is_alive(first.entries):
        remarks = await _remarks(ground, held_before=bool(held_before), thorough=thorough)
        return Learned(remarks=remarks, attempt=first)
    return await _forgiven(ground, recorder, first, thorough=thorough)


async def _forgiven(ground: Ground, recorder: Recorder, first: Attempt, *, thorough: bool) -> Learned:
    """What it takes of the server that the client gets in; nothing helps a client that is not wired up."""
    found = diagnose(first)
    refused = [e for e in first.entries if isinstance(e, Exchange) and e.error]
    strictly = f"{refused[-1].error}: {refused[-1].explanation}" if refused else ""
    number = refused[-1].number if refused else 0
    forgivable = bool(refused) and found.code not in UNFORGIVABLE
    for names in (*combinations(LENIENCIES, 1), *combinations(LENIENCIES, 2)) if forgivable else ():
        ground.leniencies = names
        if is_alive((await _attempt(ground, recorder)).entries):
            remarks = await _remarks(ground, held_before=False, thorough=thorough)
            return Learned(names, strictly, exchange=number, fault=found, remarks=remarks, attempt=first)
    ground.leniencies = ()
    refusal = f"{found.code}: {found.cause}"
    code = found.code if first.died and found == first.said else "CANNOT_LOG_IN"
    return Learned((), strictly, refusal, number, found.next_step, attempt=first, code=code)


async def _first_login(ground: Ground, recorder: Recorder) -> Attempt:
    """A plain login; an application with settings of its own has them registered, and tries again if it has to."""
    first = await _attempt(ground, recorder)
    requests = first.at("authorization")
    if not (first.is_web and requests):
        return first
    own = own_settings(requests[0], ground.assignment)
    ground.lacking |= own.lacking
    ground.register_own(own)
    return first if ground.app == first.app else await _attempt(ground, recorder)


async def _attempt(ground: Ground, recorder: Recorder) -> Attempt:
    since = ground.server.transcript.next_number()
    ground.server.core.misdirected.clear()
    login = await plain_login(ground)
    until = ground.server.transcript.next_number()
    entries = recorder.entries(frozenset({login.flow}), since, until)
    handshakes = [e for e in entries if isinstance(e, Event) and e.kind == "handshake"]
    error, application = login.error, ground.application
    cookies = login.client.at_landing if isinstance(login.client, BrowserSession) else CookiesAtLanding()
    return Attempt(
        seat="web app" if isinstance(application, WatchedApplication) else "",
        app=ground.app,
        assignment=ground.assignment,
        entries=entries,
        said=Diagnosis(error.code, error.cause, error.next_step) if error else None,
        died=isinstance(error, ApplicationDied),
        outcome=login.outcome,
        misdirected=tuple(ground.server.core.misdirected),
        broken_off=next((str(e.detail.get("said", "")) for e in handshakes), None),
        wrote=application.last_lines() if isinstance(application, WatchedApplication) else "",
        brought=cookies.brought,
        withheld=cookies.withheld,
        refused=cookies.refused,
    )


async def _remarks(ground: Ground, *, held_before: bool, thorough: bool) -> tuple[Diagnosis, ...]:
    remarks = [await compare(ground, held_before=held_before)]
    remarks += [await look(ground) for look in (keeps_apart, logins_apart, serves_together)] if thorough else []
    return tuple(remark for remark in remarks if remark is not None)
