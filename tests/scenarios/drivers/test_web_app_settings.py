"""What an application is told, and how its user says where it does things."""

import pytest

from scenarios.drivers import environment
from scenarios.drivers.browser import resolved, target_of
from scenarios.drivers.driver import CannotStart
from scenarios.drivers.probe import Address, parse_address, parse_probe
from scenarios.drivers.web_app import WebAppDriver
from scenarios.drivers.web_session import authorization_urls
from scenarios.model.assignment import PLAIN
from tests.scenarios.drivers.apps.assigned import assigned

TOLD = {
    "AUTHORIZE_URL": "http://127.0.0.1:4444/oauth2/auth",
    "TOKEN_URL": "http://127.0.0.1:4444/oauth2/token",
    "CLIENT_ID": "an-app",
    "CLIENT_SECRET": "a-secret",
    "REDIRECT_URI": "http://localhost:5050/callback",
    "SCOPE": "offline account.read",
    "PORT": "5050",
    "API_URL": "http://127.0.0.1:4444/v2",
}


def test_the_variables_of_the_guide():
    assert environment.assigned(assigned()) == TOLD


def test_a_pkce_app_is_told_no_secret_not_even_ours(monkeypatch):
    for name in TOLD:
        monkeypatch.setenv(name, "of-the-harness")
    told = environment.whole(assigned(client_secret=None), {"OAUTH_SECRET": "{client_secret}", "ID": "{client_id}"})
    assert "CLIENT_SECRET" not in told
    assert "OAUTH_SECRET" not in told
    assert (told["ID"], told["PORT"]) == ("an-app", "5050")
    assert "of-the-harness" not in told.values()


def test_templates():
    templates = {
        "ISSUER": "{issuer}",
        "CONFIG": '{"id": "{client_id}", "port": {port}}',
        "DEBUG": "1",
        "EMPTY": "",
        "BOTH": "{client_id}:{client_secret}",
    }
    driver = WebAppDriver(["app"], login="/login", env=templates)
    filled = {name: value for name, value in driver.environment(assigned()).items() if name in templates}
    assert filled == {
        "CONFIG": '{"id": "an-app", "port": 5050}',
        "DEBUG": "1",
        "EMPTY": "",
        "BOTH": "an-app:a-secret",
    }


@pytest.mark.parametrize("templates", [{"A": "{client}"}, {"": "x"}, {"A=B": "x"}, {"A": "\0"}])
def test_templates_that_cannot_be_filled(templates):
    with pytest.raises(CannotStart, match=r"BAD_ENVIRONMENT.*\{client_id\}"):
        environment.from_templates(templates, assigned())


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY"])
def test_a_proxy_is_kept_away_from_this_machine(monkeypatch, name):
    monkeypatch.setenv(name, "http://proxy.example")
    monkeypatch.setenv("no_proxy", "intranet.example")
    assert environment.whole(assigned(), {})["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"


def test_redirect_uris_are_on_free_ports_and_never_twice():
    driver = WebAppDriver(["app"], login="/login", callback="back")
    uris = {driver.redirect_uri(PLAIN) for _ in range(20)}
    assert len(uris) == 20
    assert all(uri.startswith("http://localhost:") and uri.endswith("/back") for uri in uris)
    fixed = WebAppDriver(["app"], login="/login", fixed_redirect_uri="http://localhost:5050/cb")
    assert fixed.redirect_uri(PLAIN) == "http://localhost:5050/cb"


def test_a_command_is_never_split_and_an_attached_application_has_an_address():
    with pytest.raises(TypeError):
        WebAppDriver("python app.py", login="/login")
    with pytest.raises(CannotStart, match="NO_REDIRECT_URI"):
        WebAppDriver(None, login="/login")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/login", Address("GET", "/login")),
        ("POST /refresh", Address("POST", "/refresh")),
        (" http://localhost/a?b=c ", Address("GET", "http://localhost/a?b=c")),
    ],
)
def test_addresses(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "/a b", "DELETE /a", "GET"[:0]])
def test_what_is_no_address(text):
    with pytest.raises(CannotStart, match="BAD_ADDRESS"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "status", "page", "holds"),
    [
        ("GET /me is 200", 200, "", True),
        ("GET /me is 200", 302, "", False),
        ("/me is 200, 204 or 304", 204, "", True),
        ("GET / contains Log out", 200, "<b>Log out</b>", True),
        ("GET / contains Log out", 200, "Log in", False),
        ("GET / contains Log out", 500, "Log out", False),
    ],
)
def test_probes(text, status, page, holds):
    assert parse_probe(text).holds(status, page) is holds


@pytest.mark.parametrize("text", ["", "/me", "GET /me is fine", "GET /me is 700", "/me contains ", "DELETE /me is 200"])
def test_what_is_no_probe(text):
    with pytest.raises(CannotStart, match=r"BAD_PROBE|BAD_ADDRESS"):
        parse_probe(text)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://localhost:1", b"/"),
        ("http://localhost:1?a", b"/?a"),
        ("http://localhost:1/a%zz?b=%41&c=+ \u00fc\"<#frag", b"/a%zz?b=%41&c=+%20%C3%BC%22%3C"),
        ("http://localhost:1/a?b\r\nHost: evil", b"/a?bHost:%20evil"),
    ],
)
def test_a_target_goes_out_as_it_came(url, target):
    assert target_of(url) == target


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("next", "http://localhost:1/a/next"),
        ("/\\evil.example/\\", "http://evil.example//"),
        ("?b=\\", "http://localhost:1/a/b?b=\\"),
        ("http://[bad", "invalid:http%3A//%5Bbad"),
        ("http://localhost:99999/", "invalid:http%3A//localhost%3A99999/"),
        ("/z\xc3\xbcrich", "http://localhost:1/z%C3%BCrich"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_where_a_location_leads(location, leads_to):
    assert resolved("http://localhost:1/a/b", location) == leads_to


def test_authorization_urls_in_a_page():
    endpoint = "http://127.0.0.1:1/oauth2/auth"
    for written in (f'<a href="{endpoint}?a=1&amp;b=2">', f"location.href='{endpoint}?a=1\\x26b=2'",
                    f'{{"url":"{endpoint}?a=1\\u0026b=2"}}'.replace("/", "\\/")):  # fmt: skip
        assert authorization_urls(written, endpoint) == {f"{endpoint}?a=1&b=2"}
