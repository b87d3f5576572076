"""OAuth errors as values, in the words of the recorded engines.

An error has a base description and, mostly, a hint that says what exactly was wrong. Engines up to fosite 0.32
(era E1) send the two apart; later ones (E3) put them into one sentence and turn every double quote into a single one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ErrorFormat = Literal["E1", "E3"]

_TRIM = (
    "Make sure that the various parameters are correct, be aware of case sensitivity and trim your parameters. "
    "Make sure that the client you are using has exactly whitelisted the redirect_uri you specified."
)
_MAKE_SURE = (
    "Make sure that the request you are making is valid. Maybe the credential or request parameters you are "
    "using are limited in scope or otherwise restricted."
)

# error code: HTTP status, base description (E3 adds a full stop), hint where none is given.
_TABLE: Mapping[str, tuple[int, str, str]] = {
    "invalid_request": (
        400,
        "The request is missing a required parameter, includes an invalid parameter value, includes a parameter "
        "more than once, or is otherwise malformed",
        _TRIM,
    ),
    "unauthorized_client": (
        400,
        "The client is not authorized to request a token using this method",
        "Make sure that client id and secret are correctly specified and that the client exists.",
    ),
    "access_denied": (403, "The resource owner or authorization server denied the request", _MAKE_SURE),
    "unsupported_response_type": (
        400,
        "The authorization server does not support obtaining a token using this method",
        "",
    ),
    "unsupported_response_mode": (
        400,
        "The authorization server does not support obtaining a response using this response mode",
        "",
    ),
    "invalid_scope": (400, "The requested scope is invalid, unknown, or malformed", ""),
    "server_error": (
        500,
        "The authorization server encountered an unexpected condition that prevented it from fulfilling the request",
        "",
    ),
    "temporarily_unavailable": (
        503,
        "The authorization server is currently unable to handle the request due to a temporary overloading or "
        "maintenance of the server",
        "",
    ),
    "unsupported_grant_type": (
        400,
        "The authorization grant type is not supported by the authorization server",
        "",
    ),
    "invalid_grant": (
        400,
        "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token "
        "is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was "
        "issued to another client",
        "",
    ),
    "invalid_client": (
        401,
        "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported "
        "authentication method)",
        "",
    ),
    "invalid_state": (
        400,
        "The state is missing or does not have enough characters and is therefore considered too weak",
        "",
    ),
    "token_inactive": (
        401,
        "Token is inactive because it is malformed, expired or otherwise invalid",
        "Token validation failed.",
    ),
    "registration_not_supported": (400, "The OP does not support use of the registration parameter", ""),
    "scope_not_granted": (403, "The token was not granted the requested scope", ""),
}

_E1_DESCRIPTIONS: Mapping[str, str] = {
    "invalid_state": "The state is missing or has less than 8 characters and is therefore considered too weak",
}


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint that the two eras spell differently."""

    e1: str
    e3: str


@dataclass(frozen=True, slots=True)
class OAuthError:
    """What went wrong with a request, as the answer will say it."""

    code: str
    hint: str | Hint | None = None
    # The consent application's own words are passed on as they are, without full stop and hint.
    verbatim_description: str | None = None
    # For the developer alone, where the engine's own words do not say what was wrong; never on the wire.
    detail: str = ""

    @property
    def status(self) -> int:
        """The HTTP status of an answer that is not a redirect."""
        return _TABLE[self.code][0] if self.code in _TABLE else 400

    @property
    def explanation(self) -> str:
        """What was wrong, in a sentence for the journal."""
        hint = self.hint.e3 if isinstance(self.hint, Hint) else self.hint
        return self.detail or hint or self.verbatim_description or self.members("E3")["error_description"]

    def members(self, error_format: ErrorFormat) -> dict[str, str]:
        """The error's parameters in wire order, without `state` and without `status_code`."""
        if self.verbatim_description is not None:
            return {"error": self.code, "error_description": self.verbatim_description}
        _, description, default_hint = _TABLE[self.code]
        hint = default_hint if self.hint is None else self.hint
        if error_format == "E1":
            text = hint.e1 if isinstance(hint, Hint) else hint
            members = {"error": self.code, "error_description": _E1_DESCRIPTIONS.get(self.code, description)}
            return members | ({"error_hint": text} if text else {})
        text = hint.e3 if isinstance(hint, Hint) else hint
        sentence = f"{description}. {text}" if text else f"{description}."
        return {"error": self.code, "error_description": sentence.replace('"', "'")}
