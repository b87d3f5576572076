"""The client as one object, sync and async: what a web framework, or a harness, plugs in.

`session` is a dictionary that lives on the server and belongs to one browser; the client keeps there what it has to
know (see `session.py`). Every method gives back plain values without secrets, or raises a `Refusal`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypedDict

from client_ref.discovery import discover
from client_ref.exchange import AsyncExchange, Exchange, Wire
from client_ref.flows import Flows
from client_ref.policy import STRICT, Policy
from client_ref.redaction import fingerprint
from client_ref.registration import Registration
from client_ref.session import Session, Tokens, held_tokens


class Assignment(Protocol):
    """What a client is told before its first login. `client_secret` is None for a PKCE app."""

    @property
    def authorization_endpoint(self) -> str: ...
    @property
    def token_endpoint(self) -> str: ...
    @property
    def revocation_endpoint(self) -> str | None: ...
    @property
    def api_url(self) -> str | None: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str | None: ...
    @property
    def redirect_uri(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def issuer(self) -> str | None: ...


class Granted(TypedDict):
    """What a session holds, told without telling a secret; `expires_at` is in seconds since the epoch."""

    scope: str
    expires_at: float | None
    token_type: str
    access_token_fingerprint: str
    refresh_token_fingerprint: str | None


def registration(assignment: Assignment) -> Registration:
    """Read an assignment; an empty secret, issuer or endpoint counts as none."""
    return Registration(
        authorization_endpoint=assignment.authorization_endpoint,
        token_endpoint=assignment.token_endpoint,
        client_id=assignment.client_id,
        redirect_uri=assignment.redirect_uri,
        client_secret=assignment.client_secret or None,
        scope=tuple(assignment.scope.split()),
        revocation_endpoint=assignment.revocation_endpoint or None,
        issuer=assignment.issuer or None,
        api_url=assignment.api_url or None,
        metadata_url=getattr(assignment, "metadata_url", None) or None,
    )


def ca_file(assignment: Assignment) -> str | None:
    """The file of the authorities to trust, where the assignment names one: it does where endpoints are https."""
    return getattr(assignment, "ca_file", None) or None


def granted(tokens: Tokens) -> Granted:
    """Tell what these tokens are, and not what they say."""
    return Granted(
        scope=" ".join(tokens.scope),
        expires_at=tokens.expires_at,
        token_type=tokens.token_type,
        access_token_fingerprint=fingerprint(tokens.access_token),
        refresh_token_fingerprint=fingerprint(tokens.refresh_token) if tokens.refresh_token else None,
    )


def granted_in(session: Session) -> Granted | None:
    """What the session holds now, None if it is not logged in."""
    tokens = held_tokens(session)
    return granted(tokens) if tokens else None


CAPABILITIES = (
    *("refresh", "call_api", "parallel_calls", "reason", "granted_scope", "expiry", "pkce", "issuer"),
    *("discovery", "other_names"),
)
"""What a harness may ask of these clients, in its own words."""


class Client:
    """The client for code that blocks; threads may share it."""

    capabilities = CAPABILITIES
    driver: type[Exchange] = Exchange

    def __init__(
        self,
        registration: Registration,
        *,
        policy: Policy = STRICT,
        flows: Flows | None = None,
        wire: Wire | None = None,
    ) -> None:
        policy.check_registration(registration)
        self._registration = registration
        self._policy = policy
        self._flows = flows or Flows()
        self._exchange = self.driver(wire)

    def _known(self) -> Registration:
        """What is known of the server; it is asked first where its metadata are named, until it has answered."""
        if self._registration.metadata_url is not None:
            self._registration = self._exchange.run(discover(self._registration, self._policy))
        return self._registration

    def begin(self, session: Session) -> str:
        """Begin a login in this session; the URL to which its browser is to be sent."""
        return self._flows.begin(self._known(), session, self._policy).url

    def land(self, session: Session, url: str) -> Granted:
        """Finish a login of this session with the URL at which its browser arrived."""
        return granted(self._exchange.run(self._flows.land(self._known(), session, url, self._policy)))

    def refresh(self, session: Session) -> Granted:
        """Renew the access token of this session."""
        return granted(self._exchange.run(self._flows.refresh(self._known(), session, self._policy)))

    def call_api(self, session: Session, path: str = "/me") -> Granted:
        """Call the API in the name of this session; what the session holds afterwards."""
        return granted(self._exchange.run(self._flows.call_api(self._known(), session, path, self._policy))[0])

    def move_clock(self, seconds: float) -> None:
        """Believe that so much more time has passed, so that what grows old can be tested."""
        clock = self._policy.clock
        self._policy = replace(self._policy, clock=lambda: clock() + seconds)

    def log_out(self, session: Session) -> None:
        """Forget the tokens of this session and revoke them."""
        self._exchange.run(self._flows.log_out(self._known(), session, self._policy))

    def close(self) -> None:
        """Let go of all connections."""
        self._exchange.close()


class AsyncClient:
    """The client for asyncio; the tasks of one event loop may share it."""

    capabilities = CAPABILITIES
    driver: type[AsyncExchange] = AsyncExchange

    def __init__(
        self,
        registration: Registration,
        *,
        policy: Policy = STRICT,
        flows: Flows | None = None,
        wire: Wire | None = None,
    ) -> None:
        policy.check_registration(registration)
        self._registration = registration
        self._policy = policy
        self._flows = flows or Flows()
        self._exchange = self.driver(wire)

    async def _known(self) -> Registration:
        """What is known of the server; it is asked first where its metadata are named, until it has answered."""
        if self._registration.metadata_url is not None:
            self._registration = await self._exchange.run(discover(self._registration, self._policy))
        return self._registration

    async def begin(self, session: Session) -> str:
        """Begin a login in this session; the URL to which its browser is to be sent."""
        return self._flows.begin(await self._known(), session, self._policy).url

    async def land(self, session: Session, url: str) -> Granted:
        """Finish a login of this session with the URL at which its browser arrived."""
        return granted(await self._exchange.run(self._flows.land(await self._known(), session, url, self._policy)))

    async def refresh(self, session: Session) -> Granted:
        """Renew the access token of this session."""
        return granted(await self._exchange.run(self._flows.refresh(await self._known(), session, self._policy)))

    async def call_api(self, session: Session, path: str = "/me") -> Granted:
        """Call the API in the name of this session; what the session holds afterwards."""
        flow = self._flows.call_api(await self._known(), session, path, self._policy)
        return granted((await self._exchange.run(flow))[0])

    def move_clock(self, seconds: float) -> None:
        """Believe that so much more time has passed, so that what grows old can be tested."""
        clock = self._policy.clock
        self._policy = replace(self._policy, clock=lambda: clock() + seconds)

    async def log_out(self, session: Session) -> None:
        """Forget the tokens of this session and revoke them."""
        await self._exchange.run(self._flows.log_out(await self._known(), session, self._policy))

    async def close(self) -> None:
        """Let go of all connections."""
        await self._exchange.close()


def factory(assignment: Assignment) -> Client:
    """Build the strict client for code that blocks."""
    return Client(registration(assignment), wire=Wire(ca_file=ca_file(assignment)))


def async_factory(assignment: Assignment) -> AsyncClient:
    """Build the strict client for asyncio."""
    return AsyncClient(registration(assignment), wire=Wire(ca_file=ca_file(assignment)))
