"""What the person at the browser decides about an authorization request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allow:
    """Consent, to everything that was asked for or to the named scopes, in the order named."""

    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """Refusal, in the words that the consent application hands over (Ory's sample application; `wire.md` 3.7)."""

    error: str = "access_denied"
    error_description: str = "The resource owner denied the request"


@dataclass(frozen=True, slots=True)
class DenyByServer:
    """Refusal in the engine's own words, as when a login verifier is unusable."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Nobody has decided yet: the browser is shown the login and consent pages."""


Consent = Allow | Deny | DenyByServer
ResourceOwner = Consent | Ask
