"""Nothing that a request carries is markup on a page, and nothing in it is invisible."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mock_server.web.pages.visitor import form_to

# Text of all kinds; every example also holds what an attacker would begin with.
NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(['"><script>x</script>', "'><img src=x>", "</pre></textarea></title>", "{{7*7}}", "\u202e", "\0"]),
)
MARKER = "<m4rk>"

pytestmark = pytest.mark.slow
# The server outlives an example: that is the point, a page shows what earlier requests carried too.
in_turn = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
INVISIBLE = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check(page: str) -> None:
    assert MARKER not in page
    assert "<script>x" not in page
    assert "<img" not in page
    assert not INVISIBLE.search(page)


@in_turn
@given(nasty=NASTY, name=st.sampled_from(["redirect_uri", "client_id", "scope", "state", "response_type", "extra"]))
def test_authorization_request(visitor, nasty, name):
    location = visitor.authorize(**{name: MARKER + nasty}).headers["location"]
    if "/fallbacks/error" in location:
        check(visitor.get(location).text)
    check(visitor.get("/").text)
    check(visitor.get("/flows/" + re.findall(r'data-flow="([^"]+)"', visitor.get("/").text)[0]).text)


@in_turn
@given(nasty=NASTY)
def test_token_request(visitor, nasty):
    body = {"grant_type": MARKER + nasty, "code": MARKER + nasty, MARKER: nasty}
    visitor.http.post("/oauth2/token", data=body, headers={"x-odd": MARKER})
    visitor.http.post("/oauth2/token", content=(MARKER + nasty).encode(), headers={"content-type": "text/html"})
    visitor.http.post("/oauth2/token", content=b"\xff\xfe" + MARKER.encode(), headers={"content-type": MARKER})
    for path in ("/", "/flows/stray"):
        check(visitor.get(path).text)


@in_turn
@given(nasty=NASTY, field=st.sampled_from(["error", "error_description", "error_hint"]))
def test_error_page(visitor, nasty, field):
    check(visitor.get("/oauth2/fallbacks/error", params={field: MARKER + nasty}).text)


@in_turn
@given(nasty=NASTY, field=st.sampled_from(["name", "redirect_uris", "other_scopes", "scope", "kind"]))
def test_apps_form(visitor, nasty, field):
    form = form_to(visitor.get("/apps").text, "/apps")
    text = MARKER + nasty.encode("utf-8", "replace").decode()
    fields = {"name": "x", field: text}
    answer = visitor.send(form, **fields)
    assert answer.status_code in (303, 400)
    check(answer.text)
    check(visitor.get("/apps").text)


@in_turn
@given(nasty=NASTY, field=st.sampled_from(
    ["email", "decision", "deviation", "delivery", "leniency", "written", "occasions", "deny_error",
     "variation:code_lifetime", "scope"]))  # fmt: skip
def test_consent_form(visitor, nasty, field):
    page = visitor.consent_page()
    text = MARKER + nasty.encode("utf-8", "replace").decode()
    answer = visitor.send(form_to(page.text, "/login/consent"), **{"decision": "perhaps", field: text})
    assert answer.status_code in (303, 400)
    check(answer.text)
    check(visitor.get("/").text)


@in_turn
@given(nasty=NASTY)
def test_filters_and_paths(visitor, nasty):
    text = MARKER + nasty.encode("utf-8", "replace").decode()
    check(visitor.get("/", params={"app": text, "outcome": text, "before": text}).text)
    check(visitor.get("/login", params={"ticket": text}).text)
    check(visitor.get("/apps", params={"created": text}).text)
