"""Where a secret stands, and where only its letters do."""

from dataclasses import replace

import pytest

from scenarios.checks.freshness import state_and_scope_hold_no_secret
from scenarios.checks.login import Login
from scenarios.checks.secrecy import no_secret_at_another_origin, no_secret_in_a_url
from tests.scenarios.evidence import APP, Evidence

LONG = "a-secret-of-the-app"


def login(secret, evidence):
    return (Login("own", replace(APP, client_secret=secret), tuple(evidence.entries[-1:])),)


@pytest.mark.parametrize(
    ("secret", "target", "found"),
    [
        (LONG, f"/oauth2/auth?client_secret={LONG}", True),
        (LONG, f"/oauth2/auth?redirect_uri=http://localhost/{LONG}/callback", True),
        (LONG, "/oauth2/auth?state=a%2Dsecret%2Dof%2Dthe%2Dapp", True),
        (LONG, "/oauth2/auth?client_id=app", False),
        ("secret", "/oauth2/auth?client_secret=secret", True),
        ("secret", "/oauth2/auth?client_id=app&key=secret", True),
        ("secret", "/oauth2/auth?redirect_uri=http://localhost/secret-santa", False),
        ("app", "/oauth2/auth?client_id=app", False),
    ],
)
def test_in_a_url(secret, target, found):
    evidence = Evidence()
    evidence.exchange("own", "authorization", target=target)
    assert bool(list(no_secret_in_a_url(login(secret, evidence)))) is found


@pytest.mark.parametrize(
    ("secret", "form", "found"),
    [
        (LONG, {"client_secret": LONG}, ["the client_secret"]),
        (LONG, {"assertion": f"made with {LONG}"}, ["the client_secret"]),
        ("secret", {"client_secret": "secret"}, ["the client_secret"]),
        ("secret", {"note": "no secret here"}, []),
    ],
)
def test_at_another_origin(secret, form, found):
    evidence = Evidence()
    evidence.exchange("own", "other", form=form)
    assert [finding.actual for finding in no_secret_at_another_origin(login(secret, evidence))] == found


@pytest.mark.parametrize(
    ("secret", "parameters", "found"),
    [
        (LONG, f"state=x.{LONG}", ["the client_secret inside"]),
        (LONG, "state=YS1zZWNyZXQtb2YtdGhlLWFwcA", ["the client_secret inside"]),
        ("read", "state=read", ["the client_secret inside"]),
        ("read", "state=x&scope=account.read", []),
    ],
)
def test_in_state_and_scope(secret, parameters, found):
    evidence = Evidence()
    evidence.exchange("own", "authorization", target=f"/oauth2/auth?{parameters}")
    assert [finding.actual for finding in state_and_scope_hold_no_secret(login(secret, evidence))] == found
