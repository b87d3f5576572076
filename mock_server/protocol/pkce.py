"""PKCE as the server sees it: RFC 7636 4.3 to 4.6, in the recorded engine's order of checks."""

import binascii
import hashlib

from mock_server.protocol.errors import Hint, OAuthError
from mock_server.protocol.form import byte_length, is_unreserved
from mock_server.protocol.provider import Provider

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

_MISMATCH = OAuthError("invalid_grant", "The PKCE code challenge did not match the code verifier.")


def s256(code_verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 4.2)."""
    digest = hashlib.sha256(code_verifier.encode("utf-8", "surrogateescape")).digest()
    return binascii.b2a_base64(digest, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def check_challenge(challenge: str, method: str, *, public: bool, provider: Provider) -> OAuthError | None:
    """Judge the PKCE parameters of an authorization request; a method without a challenge is not looked at."""
    if not provider.pkce_supported:
        return None
    if not challenge:
        return _missing_challenge(public=public, provider=provider)
    if method == "S256" or (provider.accepts_s256_in_any_case and method.upper() == "S256"):
        return None
    if method in ("plain", ""):
        if provider.pkce_plain_allowed or provider.accepts_plain_challenge:
            return None
        hint = "Clients must use code_challenge_method=S256, plain is not allowed."
        return OAuthError("invalid_request", hint)
    return OAuthError("invalid_request", "The code_challenge_method is not supported, use S256 instead.")


def _missing_challenge(*, public: bool, provider: Provider) -> OAuthError | None:
    if provider.pkce_required == "everyone":
        who = "Clients"
    elif provider.pkce_required == "public_clients" and public:
        who = "This client"
    else:
        return None
    what = "must include a code_challenge when performing the authorize code flow, but it is missing."
    return OAuthError("invalid_request", f"{who} {what}")


def check_verifier(verifier: str, challenge: str, method: str, *, provider: Provider) -> OAuthError | None:
    """Judge `code_verifier`: length low, length high, alphabet, match. Lengths are counted in bytes."""
    if not provider.pkce_supported or (not verifier and (not challenge or provider.accepts_missing_verifier)):
        return None
    if provider.accepts_any_verifier:
        return None
    length = byte_length(verifier)
    if length < 43:
        return OAuthError("invalid_grant", "The PKCE code verifier must be at least 43 characters.")
    if length > 128:
        return OAuthError("invalid_grant", "The PKCE code verifier can not be longer than 128 characters.")
    if not is_unreserved(verifier):
        return OAuthError(
            "invalid_grant",
            Hint(
                e1='The PKCE code verifier must only contain [a-Z] / [0-9] / "-" / "." / "_" / "~"',
                e3="The PKCE code verifier must only contain [a-Z], [0-9], '-', '.', '_', '~'.",
            ),
        )
    computed = verifier if method in ("plain", "") else s256(verifier)
    # Without a challenge the engine compares with nothing, so any verifier is a mismatch (RFC 9700 4.8).
    return None if computed == challenge else _MISMATCH
