"""A web application whose redirect URI and scopes are its own is right; one that garbles what it is told is not."""

import sys
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.capability import TOLD as TELLABLE
from scenarios.model.capability import Capability
from scenarios.own_settings import OwnSettings, own_settings
from scenarios.performing import Ground
from tests.scenarios.drivers.apps.assigned import CLIENT, assigned
from tests.scenarios.evidence import APP, Evidence
from tests.scenarios.test_running import performed

TOLD = "http://localhost:5050/callback"
WITH_QUERY = f"{TOLD}?app=7&of=a%2Fb"


def shown(scope, *, told="offline account.read asset.read", uri=TOLD, told_uri=TOLD):
    asked = Evidence().exchange("own", "authorization", target=f"/?{urlencode({'scope': scope, 'redirect_uri': uri})}")
    return own_settings(asked, assigned(scope=told, redirect_uri=told_uri))


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("offline comment.create", "offline account.read asset.read"),
        ("offline account.read", "offline account.read asset.read"),
        ("offline account.read", "offline account.read+more asset&read=all"),
        ("offline account.read", "account.read asset.read"),
        ("offline account.read", ""),
    ],
)
def test_scopes_of_its_own(scope, told):
    assert shown(scope, told=told) == OwnSettings(scopes=tuple(scope.split()))


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("offline account.read asset.read", "offline account.read asset.read"),
        ("asset.read account.read offline", "offline account.read asset.read"),
        ("offline,account.read,asset.read", "offline account.read asset.read"),
        ("offline+account.read+asset.read", "offline account.read asset.read"),
        ("offline account.read more asset", "offline account.read+more asset&read=all"),
        ("openid profile", "offline account.read asset.read"),
        # A client that adds it is judged by that.
        ("offline account.read asset.read", "account.read asset.read"),
        ("offline", ""),
        ("", "offline account.read asset.read"),
    ],
)
def test_no_scopes_of_its_own(scope, told):
    assert shown(scope, told=told) == OwnSettings()


@pytest.mark.parametrize(
    ("uri", "told", "own"),
    [
        (TOLD, WITH_QUERY, True),
        (TOLD, TOLD, False),
        (WITH_QUERY, WITH_QUERY, False),
        (WITH_QUERY.replace("%2F", "/"), WITH_QUERY, False),
        (f"{TOLD}?app=7", WITH_QUERY, False),
        ("", WITH_QUERY, False),
    ],
)
def test_redirect_uris_of_its_own(uri, told, own):
    assert shown("", uri=uri, told_uri=told).redirect_uri is own


def test_it_is_registered_beside_what_it_was_told():
    app = replace(APP, redirect_uris=(WITH_QUERY,))
    registered = OwnSettings(redirect_uri=True, scopes=("offline", "comment.create")).registered(app)
    assert registered.redirect_uris == (WITH_QUERY, TOLD)
    assert registered.scopes == (*app.scopes, "comment.create")
    assert OwnSettings().registered(app) == app


def run(*habits, select):
    command = [sys.executable, "-S", "-E", str(CLIENT), *habits]
    return performed(WebAppDriver(command, login="/login", signed_in="GET /me is 200"), *select)


ENCODING = ("authorization-request-encoding/*", "authorization-request/scope-without-offline")


@pytest.mark.slow
def test_what_was_never_heard_is_not_judged_and_the_rest_is():
    summary, heard = run("own-scope", "own-redirect-uri", select=ENCODING)
    by_identifier = {verdict.identifier: verdict for _, verdict in summary.verdicts}
    moot = {identifier for identifier, verdict in by_identifier.items() if verdict.status == "not_applicable"}
    assert moot == {
        "authorization-request/scope-without-offline",
        "authorization-request-encoding/scope-with-reserved-characters",
        "authorization-request-encoding/redirect-uri-with-a-query",
        "authorization-request-encoding/redirect-uri-with-a-query-is-repeated",
    }
    assert Counter(by_identifier[each].status for each in by_identifier.keys() - moot).keys() == {"passed"}
    said = by_identifier["authorization-request-encoding/scope-with-reserved-characters"]
    assert (said.code, said.next_step) == ("CAPABILITY_ABSENT", OwnSettings(scopes=("offline", "comment.create"))
                                           .lacking[Capability.SCOPE])  # fmt: skip
    assert {rule.status for _, rule in summary.rules} <= {"passed", "not_applicable"}
    assert not any(learned.refusal for learned in heard.learned)


@pytest.mark.slow
def test_what_was_heard_and_garbled_is_judged():
    summary, _ = run("scope-cut-at-a-plus", select=("authorization-request-encoding/scope-with-reserved-characters",))
    assert [verdict.status for _, verdict in summary.verdicts] == ["failed"]


def test_one_that_is_started_again_has_its_own_registered_again():
    registered = []
    server = SimpleNamespace(register=registered.append)
    old, new = (Ground(server, APP, assigned(), SimpleNamespace(capabilities=TELLABLE), None) for _ in range(2))
    old.register_own(OwnSettings(scopes=("comment.create",)))
    new.take_over(old)
    assert registered[-1] == new.app == replace(APP, scopes=(*APP.scopes, "comment.create"))
