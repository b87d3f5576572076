"""Who may use the pages: this machine under its own names, and forms of our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from mock_server.serving import RunningServer, authorization_server
from mock_server.web.access import Access
from tests.mock_server.web.pages.visitor import EMAIL, Visitor, form_to, forms, text_of

PAGES = ["/", "/apps", "/login?ticket=x", "/_oauthspec/health", "/_oauthspec/static/style.css", "/flows/stray"]
FOREIGN = ["http://attacker.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "http://localhost", ""]


OTHERS = ["attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example", "[::2]", "10.0.0.1",
          "x@127.0.0.1", "127.0.0.1/x", ""]  # fmt: skip
OURS = ["localhost", "LOCALHOST:4444", "mock.localhost", "127.0.0.1:1", "127.1.2.3", "[::1]:4444"]


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_to_the_names_of_this_machine_alone(visitor, path, host):
    answer = visitor.get(path, headers={"host": host})
    # Without any name the HTTP library below us refuses already.
    assert answer.status_code == 421 or (not host and answer.status_code in (400, 421))


@pytest.mark.parametrize("host", OURS)
def test_names_of_this_machine(visitor, host):
    assert visitor.get("/apps", headers={"host": host}).status_code == 200


def test_public_url_names_this_machine_too():
    access = Access(public_url="https://mock.example:8443")
    assert access.knows_host("mock.example:8443")
    assert access.knows_host("mock.example")
    assert not access.knows_host("other.example")
    assert not access.is_foreign("POST", {"origin": "https://mock.example:8443", "host": "10.0.0.1:4444"})
    assert access.is_foreign("POST", {"origin": "http://mock.example:8443", "host": "10.0.0.1:4444"})


def test_protocol_endpoints_answer_under_any_name(visitor):
    assert visitor.get("/v2/me", headers={"host": "api.frame.io"}).status_code == 401


def all_forms(visitor: Visitor):
    """Every form of every page, with what makes it count."""
    yield form_to(visitor.login_page().text, "/login"), {"email": EMAIL}
    yield form_to(visitor.consent_page().text, "/login/consent"), {"decision": "allow"}
    visitor.http.cookies.clear()
    page = visitor.get("/apps").text
    yield from ((form, {"name": "Made", "redirect_uri": "http://localhost/x"}) for form in forms(page))
    for path in ("/", "/exchanges/1"):
        yield from ((form, {}) for form in forms(visitor.get(path).text) if form.method == "post")


@pytest.mark.parametrize("origin", FOREIGN)
def test_forms_refuse_foreign_origins(visitor, server, origin):
    for form, changed in all_forms(visitor):
        before = (len(server.core.store.apps), len(server.transcript), len(server.core.store))
        answer = visitor.http.post(form.action, data=form.fields | changed, headers={"origin": origin})
        assert answer.status_code == 403, form
        assert (len(server.core.store.apps), len(server.transcript), len(server.core.store)) == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_forms_refuse_what_the_browser_calls_foreign(visitor, site):
    for form, changed in all_forms(visitor):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}
        assert visitor.http.post(form.action, data=form.fields | changed, headers=headers).status_code == 403, form


@pytest.mark.parametrize("token", [None, "", "0" * 40, "é"])
def test_forms_need_their_token(visitor, server, token):
    for form, changed in all_forms(visitor):
        apps = len(server.core.store.apps)
        assert visitor.send(form, **changed, form_token=token).status_code == 403, form
        assert len(server.core.store.apps) == apps


def test_a_token_counts_for_its_own_form_alone(visitor):
    tokens = {form.action: form.fields["form_token"] for form, _ in all_forms(visitor)}
    for form, changed in all_forms(visitor):
        others = [t for action, t in tokens.items() if t != form.fields["form_token"] and action != form.action]
        assert all(visitor.send(form, **changed, form_token=str(other)).status_code == 403 for other in others)


def test_forms_are_forms(visitor):
    for body, media_type in ((b"{}", "application/json"), (b"a=b", "text/plain")):
        answer = visitor.http.post("/apps", content=body, headers={"content-type": media_type})
        assert answer.status_code == 415
    large = visitor.http.post("/apps", data={"name": "n" * (1 << 21)})
    assert large.status_code == 413


def test_headers_of_every_page(visitor, server):
    visitor.authorize(redirect_uri="http://other/")
    error_page = visitor.authorize(redirect_uri="http://other/").headers["location"]
    paths = ["/", "/apps", "/login?ticket=x", "/flows/flow-1", "/exchanges/1", "/exchanges/9", error_page]
    for path in [*paths, "/_oauthspec/static/journal.js", "/_oauthspec/health", "/_oauthspec/nowhere"]:
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        # With no-referrer, forms would come with "Origin: null".
        assert headers["referrer-policy"] == "same-origin"
        assert headers["oauthspec-mock"]
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/apps/", "//evil.example/apps/", "/login/"])
def test_a_slash_too_many_leads_nowhere(visitor, path):
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(visitor, method):
    answer = visitor.http.request(method, "/apps")
    assert (answer.status_code, "GET" in answer.headers["allow"]) == (405, True)


@pytest.fixture
def exposed():
    """A mock that others can reach, as far as it knows: the address is this machine's all the same."""
    running = RunningServer(authorization_server(), control_token="control-token-of-this-test")
    with running as server, httpx.HTTPTransport(verify=False) as transport:
        yield Visitor(server, transport)


def test_loopback_needs_no_token(server):
    assert server.control_token == ""


@pytest.mark.parametrize(
    ("public_url", "is_exposed"),
    [("http://localhost:4444", False), ("http://mock.localhost", False), ("https://mock.example", True)],
)
def test_a_public_url_that_others_may_reach_needs_a_token_too(public_url, is_exposed):
    server = RunningServer(authorization_server(), public_url=public_url)
    with server:
        assert bool(server.control_token) is is_exposed


@pytest.mark.parametrize("path", PAGES)
def test_exposed_pages_need_the_control_token(exposed, path):
    answer = exposed.get(path)
    if "static" in path:
        assert answer.status_code == 200
        return
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    wrong = exposed.get(path, headers={"authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    right = exposed.get(path, headers={"authorization": f"Bearer {exposed.server.control_token}"})
    assert right.status_code in (200, 404, 410)


def test_exposed_protocol_endpoints_need_none(exposed):
    assert exposed.authorize().status_code == 302
    assert exposed.redeem("x").status_code == 400


def test_browser_shows_the_control_token_once(exposed):
    page = exposed.get("/apps?created=x")
    form = form_to(page.text, "/_oauthspec/sign-in")
    refused = exposed.send(form, control_token="wrong")
    assert refused.status_code == 401
    assert "not the control token" in text_of(refused.text)
    answer = exposed.send(form, control_token=exposed.server.control_token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/apps?created=x")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert exposed.server.control_token not in answer.headers["set-cookie"]
    assert exposed.get("/apps").status_code == 200
    assert exposed.get("/_oauthspec/health").status_code == 200
    assert exposed.consent_page().status_code == 200


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\n/evil"])
def test_signing_in_leads_to_our_own_pages_alone(exposed, then):
    form = form_to(exposed.get("/").text, "/_oauthspec/sign-in")
    answer = exposed.send(form, control_token=exposed.server.control_token, then=then)
    assert answer.headers["location"] == "/"


def test_exposed_error_page_tells_strangers_nothing(exposed):
    location = exposed.authorize(redirect_uri="http://other/").headers["location"]
    page = exposed.get(urlsplit(location)._replace(scheme="", netloc="").geturl())
    assert page.status_code == 400
    assert "127.0.0.1:5050" not in page.text
    assert not forms(page.text)


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:4444"])
def test_exposed_by_address_it_answers_to_addresses(exposed, host):
    token = {"authorization": f"Bearer {exposed.server.control_token}"}
    assert exposed.get("/apps", headers=token | {"host": host}).status_code == 421
    assert exposed.get("/apps", headers=token | {"host": "192.0.2.7:4444"}).status_code == 200
