"""What a check speaks of, where a client may do without: a challenge that was never sent is neither right nor wrong.

A check that forbids something needs no subject: whoever does not do it is right. One that says what something has to
be like says nothing where there is nothing of the kind.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from scenarios.checks.login import Login, basic, body, query


class Subject(NamedTuple):
    """What has to be there, in words, and whether a login has it."""

    words: str
    is_in: Callable[[Login], bool]


def _asked_with(name: str) -> Callable[[Login], bool]:
    return lambda login: any(query(exchange).get(name) for exchange in login.requests("authorization"))


def _posted(name: str) -> Callable[[Login], bool]:
    return lambda login: any(body(exchange).get(name) for exchange in login.code_requests)


def _has_pkce(login: Login) -> bool:
    return _asked_with("code_challenge")(login) or _posted("code_verifier")(login)


def _has_basic(login: Login) -> bool:
    return any(basic(exchange) is not None for exchange in login.requests("token"))


def _has_token_request(login: Login) -> bool:
    return any(login.requests("token"))


def _has_header(login: Login) -> bool:
    return any(exchange.request.header("authorization") for exchange in login.requests("resource"))


_TOKEN_REQUEST = Subject("token request", _has_token_request)
_STATE = Subject("state", _asked_with("state"))
_CHALLENGE = Subject("code_challenge", _asked_with("code_challenge"))
_VERIFIER = Subject("code_verifier", _posted("code_verifier"))
_PKCE = Subject("code_challenge and no code_verifier", _has_pkce)

SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "state_never_repeats": _STATE,
        "state_is_long_enough": _STATE,
        "state_is_printable": _STATE,
        "challenge_never_repeats": _CHALLENGE,
        "challenge_method_is_s256": _CHALLENGE,
        "challenge_is_well_formed": _CHALLENGE,
        "verifier_is_well_formed": _VERIFIER,
        "verifier_matches_the_challenge": _VERIFIER,
        "verifier_is_of_the_same_login": _CHALLENGE,
        "verifier_goes_with_a_challenge": _PKCE,
        "verifier_stays_secret": _PKCE,
        "redirect_uri_is_repeated": Subject("redirect_uri in its authorization request", _asked_with("redirect_uri")),
        "token_request_is_a_form_post": _TOKEN_REQUEST,
        "basic_app_authenticates": _TOKEN_REQUEST,
        "pkce_app_sends_its_client_id": _TOKEN_REQUEST,
        "basic_credentials_are_form_encoded": Subject("Authorization: Basic header", _has_basic),
        "scheme_is_spelled_bearer": Subject("Authorization header to the API", _has_header),
    }
)
"""By the name of the check."""


def missing(check: str, logins: Iterable[Login]) -> str:
    """What a check speaks of and none of these logins has, in words; empty where there is something to look at."""
    subject = SUBJECTS.get(check)
    return "" if subject is None or any(subject.is_in(login) for login in logins) else subject.words
