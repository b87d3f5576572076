"""Where the texts disagree: on either side of each decision stands a client, and gets the verdict that was decided.

The decisions C1 to C12 are in docs/coverage.md. Each client here is the strict one or one that differs from it in the
point that the sources do not agree on.
"""

import base64
from dataclasses import replace

import pytest

from client_ref import outgoing
from client_ref.client import Client, registration
from client_ref.errors import ExchangeFailed
from client_ref.flawed import factory as flawed
from client_ref.policy import STRICT, send
from tests.scenarios.catalogue.performed import performed
from tests.scenarios.catalogue.test_right_callbacks import Reloads

# Nobody listens there: a connection is refused before anything is sent.
_CLOSED = "http://127.0.0.1:9/"


def with_policy(**changed):
    return lambda assignment: Client(registration(assignment), policy=replace(STRICT, **changed))


def strict(assignment):
    return Client(registration(assignment))


def escapes_all_it_can(registered, request):
    """Basic with every character escaped that may be, in small letters: another legal encoding (C3)."""
    if registered.client_secret is None:
        return outgoing.authenticated(registered, request)
    pair = ":".join(
        "".join(f"%{octet:02x}" for octet in part.encode()) for part in (registered.client_id, registered.client_secret)
    )
    return replace(request, headers=(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),))


def state_and_scope_too(registered, login, code):
    """The token request of Frame.io's guide (C4)."""
    more = (("state", login.state), ("scope", " ".join(registered.scope)))
    return (*outgoing.code_parameters(registered, login, code), *more)


def client_id_too(registered, request):
    """Basic, and client_id in the body, as RFC 6749 3.2.1 allows (C8)."""
    request = outgoing.authenticated(registered, request)
    more = () if registered.client_secret is None else (("client_id", registered.client_id),)
    return replace(request, form=(*request.form, *more))


def tries_a_closed_port_first(request):
    """Sends again what was never read by anybody (C12)."""
    try:
        return (yield from send(replace(request, url=_CLOSED)))
    except ExchangeFailed:
        return (yield from send(request))


class LeavesStateToItsCaller(Client):
    """A library that says so (C9)."""

    left_to_caller = ("state",)


ENCODINGS = "token-request/basic-with-reserved-characters"
PLAIN_SECRET = "token-request/basic-authentication"
ROWS = (
    ("C1", strict, "basic", "token-request/redirect-uri-repeated", "passed"),
    ("C1", flawed("redirect-uri-not-repeated"), "basic", "token-request/redirect-uri-repeated", "failed"),
    ("C2", strict, "basic", "token-request/secret-in-the-header-alone", "passed"),
    ("C2", flawed("secret-in-body-only"), "basic", "token-request/secret-in-the-header-alone", "warned"),
    ("C2", flawed("secret-in-body-only"), "basic", PLAIN_SECRET, "failed"),
    ("C3", strict, "basic", ENCODINGS, "passed"),
    ("C3", with_policy(authenticated=escapes_all_it_can), "basic", ENCODINGS, "passed"),
    ("C3", flawed("basic-not-form-encoded"), "basic", ENCODINGS, "failed"),
    ("C3", flawed("basic-not-form-encoded"), "basic", PLAIN_SECRET, "passed"),
    ("C4", strict, "basic", "token-request/form-post", "passed"),
    ("C4", with_policy(code_parameters=state_and_scope_too), "basic", "token-request/*", "passed"),
    ("C5", flawed("pkce-absent"), "pkce", "pkce/challenge-of-a-pkce-app", "failed"),
    ("C5", flawed("pkce-absent"), "basic", "pkce/challenge-of-a-basic-app", "warned"),
    ("C5", strict, "pkce", "pkce/challenge-of-a-pkce-app", "passed"),
    ("C6", strict, "basic", "callback/genuine-callback", "passed"),
    ("C6", flawed("unknown-parameter-refused"), "basic", "callback-parameters/more-parameters[thirty]", "failed"),
    ("C7", strict, "basic", "token-response/token-type-in-any-case[BEARER]", "passed"),
    ("C7", flawed("token-type-compared-with-case"), "basic", "token-response/token-type-in-any-case[BEARER]", "failed"),
    ("C7", flawed("scheme-as-received"), "basic", "resource/scheme-after-a-small-bearer", "warned"),
    ("C7", flawed("scheme-as-received"), "basic", "resource/plain-api-call", "passed"),
    ("C8", with_policy(authenticated=client_id_too), "basic", "token-request/one-way-to-authenticate", "passed"),
    ("C8", flawed("secret-in-body-too"), "basic", "token-request/one-way-to-authenticate", "failed"),
    ("C9", flawed("state-absent"), "basic", "callback/callback-in-a-fresh-browser", "failed"),
    ("C9", lambda given: LeavesStateToItsCaller(registration(given)), "basic", "callback/state-*", "not_applicable"),
    ("C10", strict, "basic", "token-response/token-type-missing[missing]", "passed"),
    ("C10", flawed("token-type-ignored"), "basic", "token-response/token-type-missing[missing]", "failed"),
    ("C11", lambda given: Reloads(registration(given)), "basic", "callback-again/callback-opened-again", "passed"),
    ("C11", flawed("state-reusable"), "basic", "callback-again/callback-opened-again", "failed"),
    ("C12", with_policy(send=tries_a_closed_port_first), "basic", "token-endpoint/code-after-a-failure[503]", "passed"),
    ("C12", flawed("code-sent-again-after-failure"), "basic", "token-endpoint/code-after-a-failure[503]", "failed"),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("conflict", "factory", "kind", "selector", "status"), ROWS, ids=[f"{row[0]}-{row[4]}" for row in ROWS]
)
def test_the_decision_is_the_verdict(conflict, factory, kind, selector, status):
    verdicts = performed(factory, (selector,), kinds=(kind,), step_timeout=5.0)
    assert {verdict.status for _, verdict in verdicts} == {status}, conflict


def test_each_conflict_has_clients_on_both_sides():
    for number in range(1, 13):
        decided = {status for conflict, *_, status in ROWS if conflict == f"C{number}"}
        assert len(decided) > 1 or number == 4, "nothing is held against anybody in C4"
