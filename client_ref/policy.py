"""Every step of the client by name. `STRICT` is the only policy meant for use.

The others are in `flawed.py`: each replaces one step, to show what a harness must notice. Whoever copies this client
writes `checks.state(...)` where a flow says `policy.state(...)`, and needs no policy.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import SplitResult

from client_ref import checks, outgoing
from client_ref.errors import WrongAnswer
from client_ref.messages import Alone, Flow, Form, Get, Landing, Post, Request, Response
from client_ref.pkce import new_code_verifier
from client_ref.redaction import fingerprint
from client_ref.registration import Registration, check_registration
from client_ref.session import Login, Session, Tokens

Answer = TypeVar("Answer", Landing, Response, Tokens)
Parameters: TypeAlias = Mapping[str, str]
Members: TypeAlias = Mapping[str, Any]


def new_state() -> str:
    """Make a state that nobody can guess: 256 bits (RFC 6749 section 10.10)."""
    return secrets.token_urlsafe(32)


def ask(request: Request, kind: type[Answer]) -> Flow[Answer]:
    """Have the driver do something, and see that it answered that and nothing else."""
    answer = yield request
    if not isinstance(answer, kind):
        raise WrongAnswer(
            "wrong_answer",
            f"A driver answered {request!r} with a {type(answer).__name__}",
            f"Send the flow a {kind.__name__}.",
        )
    return answer


def send(request: Post | Get) -> Flow[Response]:
    """Send a request once. A code is never sent twice: not after an error, not after silence (RFC 6749 4.1.2)."""
    return (yield from ask(request, Response))


def alone(key: str, flow: Flow[Tokens]) -> Flow[Tokens]:
    """Run a flow while nobody else runs one under the same key, which may be a secret."""
    return (yield from ask(Alone(fingerprint(key), flow), Tokens))


def renewed_refresh_token(old: str | None, new: str | None) -> str | None:
    """A new refresh token replaces the old one, and without one the old one stays (RFC 6749 section 6)."""
    return new or old


@dataclass(frozen=True, slots=True)
class Policy:
    """The steps in the order of their use; the functions say what each is for."""

    # chance, time, and what is looked at before anything is sent
    new_state: Callable[[], str] = new_state
    new_code_verifier: Callable[[], str] = new_code_verifier
    clock: Callable[[], float] = time.time
    check_registration: Callable[[Registration], None] = check_registration

    # what the server says of itself
    metadata_issuer: Callable[[str | None, Members], None] = checks.metadata_issuer

    # the authorization request
    authorization_parameters: Callable[[Registration, Login], Form] = outgoing.authorization_parameters
    with_query: Callable[[str, Form], str] = outgoing.with_query

    # the landing
    landing_url: Callable[[str], SplitResult] = checks.landing_url
    landing_place: Callable[[SplitResult, str], None] = checks.landing_place
    single_parameters: Callable[[Form], dict[str, str]] = checks.single_parameters
    state: Callable[[Session, Parameters, float], Login] = checks.state
    issuer: Callable[[str | None, Parameters], None] = checks.issuer
    no_error: Callable[[Parameters], None] = checks.no_error
    code: Callable[[Parameters], str] = checks.code

    # requests to the token endpoint
    code_parameters: Callable[[Registration, Login, str], Form] = outgoing.code_parameters
    refresh_parameters: Callable[[Tokens], Form] = outgoing.refresh_parameters
    authenticated: Callable[[Registration, Post], Post] = outgoing.authenticated
    send: Callable[[Post | Get], Flow[Response]] = send

    # answers of the token endpoint
    not_redirected: Callable[[Response], None] = checks.not_redirected
    status: Callable[[Response, Iterable[str]], None] = checks.status
    media_type: Callable[[Response], None] = checks.media_type
    json_object: Callable[[Response], dict[str, Any]] = checks.json_object
    no_error_member: Callable[[Members, Iterable[str]], None] = checks.no_error_member
    access_token: Callable[[Members], str] = checks.access_token
    token_type: Callable[[Members], str] = checks.token_type
    expires_in: Callable[[Members], int | None] = checks.expires_in
    scope: Callable[[Members, tuple[str, ...]], tuple[str, ...]] = checks.scope
    refresh_token: Callable[[Members], str | None] = checks.refresh_token

    # renewing and using tokens
    alone: Callable[[str, Flow[Tokens]], Flow[Tokens]] = alone
    renewed_refresh_token: Callable[[str | None, str | None], str | None] = renewed_refresh_token
    api_request: Callable[[str, Tokens], Post | Get] = outgoing.api_request
    api_status: Callable[[Response], None] = checks.api_status


STRICT = Policy()
