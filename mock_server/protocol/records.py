"""What the server remembers: registered apps, and one record for each authorization that was granted.

A record is a frozen value. It changes only along the table below; the store replaces the old record by the new one
in a single step, which makes a code and a refresh token usable once.

    credential   event    becomes
    LIVE         USE      USED       a code was redeemed; a refresh token was rotated
    LIVE         REVOKE   REVOKED    the grant was revoked, or a reuse was noticed
    USED         PRESENT  GONE       a dead refresh token is recognised as such once, then it is unknown
    REVOKED      PRESENT  GONE

What the table does not list is not a transition and leaves the credential as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from mock_server.protocol.vocabulary import TokenEndpointAuthMethod


class Status(Enum):
    """The life of one code or token."""

    LIVE = "live"
    USED = "used"
    REVOKED = "revoked"
    GONE = "gone"

    # By identity, as they are compared; an enumeration's own is many times slower.
    __hash__ = object.__hash__


class Event(Enum):
    """What can happen to a code or token."""

    USE = "use"
    REVOKE = "revoke"
    PRESENT = "present"

    __hash__ = object.__hash__


TRANSITIONS: Mapping[tuple[Status, Event], Status] = {
    (Status.LIVE, Event.USE): Status.USED,
    (Status.LIVE, Event.REVOKE): Status.REVOKED,
    (Status.USED, Event.PRESENT): Status.GONE,
    (Status.REVOKED, Event.PRESENT): Status.GONE,
}

# A grant that is refreshed for ever keeps this many dead refresh tokens in mind; older ones are unknown.
REMEMBERED_REFRESH_TOKENS = 32


@dataclass(frozen=True, slots=True)
class App:
    """An application as Frame.io's developer page registers it; the last three fields exist for the recordings."""

    client_id: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    name: str = ""
    client_secret: str | None = None
    token_endpoint_auth_method: TokenEndpointAuthMethod = "client_secret_basic"
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)

    @property
    def is_public(self) -> bool:
        """True for a PKCE app, which has no secret (RFC 6749 2.1)."""
        return self.token_endpoint_auth_method == "none"

    def __repr__(self) -> str:
        return f"App(client_id={self.client_id!r}, name={self.name!r}, redirect_uris={self.redirect_uris!r})"


class Credential(NamedTuple):
    """A code or token with its state; times are seconds of the server's clock."""

    value: str
    expires_at: float
    status: Status = Status.LIVE

    def after(self, event: Event) -> "Credential":
        """This credential after an event, or itself where the table has no such step."""
        status = TRANSITIONS.get((self.status, event))
        return self if status is None else Credential(self.value, self.expires_at, status)

    def is_usable(self, now: float) -> bool:
        """True while it is live and not expired."""
        return self.status is Status.LIVE and now < self.expires_at

    def __repr__(self) -> str:
        return f"Credential({self.status.value}, expires_at={self.expires_at})"


class Grant(NamedTuple):
    """One authorization: what the resource owner granted, its code and the tokens that came of it."""

    identifier: int
    flow: str
    client_id: str
    # As sent, for RFC 6749 4.1.3; empty where the request had none, and then nothing is compared.
    redirect_uri: str
    scopes: tuple[str, ...]
    code: Credential
    code_challenge: str
    # The engine deletes what it knows of PKCE at the first attempt: after a failure the code is dead.
    pkce_pending: bool = True
    code_challenge_method: str = ""
    access_token: Credential | None = None
    # Oldest first; only the last can be live.
    refresh_tokens: tuple[Credential, ...] = ()
    # Whoever signed in at the login page; empty where nobody did, and then it is the server's own user.
    email: str = ""

    def refresh_token(self, value: str) -> Credential | None:
        """The refresh token of that value, dead or alive."""
        return next((token for token in self.refresh_tokens if token.value == value), None)

    @property
    def latest_tokens(self) -> tuple[str, ...]:
        """The values of the access token and of the last refresh token, as far as there are any."""
        access = () if self.access_token is None else (self.access_token.value,)
        return (*access, self.refresh_tokens[-1].value) if self.refresh_tokens else access

    def revoked(self) -> "Grant":
        """This grant without a usable token; the code is not touched."""
        access = None if self.access_token is None else self.access_token.after(Event.REVOKE)
        tokens = self.refresh_tokens
        return self._replace(
            access_token=access, refresh_tokens=(*tokens[:-1], *(t.after(Event.REVOKE) for t in tokens[-1:]))
        )

    def presented(self, value: str) -> "Grant":
        """This grant after a dead refresh token was presented: it is recognised once only."""
        tokens = (t.after(Event.PRESENT) if t.value == value else t for t in self.refresh_tokens)
        return self._replace(refresh_tokens=tuple(t for t in tokens if t.status is not Status.GONE))

    def issued(self, access_token: Credential, refresh_token: Credential | None) -> "Grant":
        """This grant with new tokens in the place of the old ones; its code, and what is known of PKCE, is used up."""
        identifier, flow, client_id, uri, scopes, code, challenge, _, method, _, tokens, email = self
        if refresh_token is not None:
            old = [t.after(Event.USE) for t in tokens[-REMEMBERED_REFRESH_TOKENS + 1 :]] if tokens else ()
            tokens = (*old, refresh_token)
        used, access = code.after(Event.USE), access_token
        return Grant(identifier, flow, client_id, uri, scopes, used, challenge, False, method, access, tokens, email)

    def shifted(self, seconds: float) -> "Grant":
        """This grant with all its times moved back, as if `seconds` had passed."""

        def earlier(credential: Credential) -> Credential:
            return credential._replace(expires_at=credential.expires_at - seconds)

        return self._replace(
            code=earlier(self.code),
            access_token=None if self.access_token is None else earlier(self.access_token),
            refresh_tokens=tuple(earlier(t) for t in self.refresh_tokens),
        )
