"""Login and consent without scripts: who signs in, what is granted, and what happens to a login that is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mock_server.changes import DEVIATIONS, written
from mock_server.web import misbehaving
from tests.mock_server.web.pages.visitor import EMAIL, SCOPE, form_to, forms, text_of


def test_login_page_names_the_app_and_takes_any_email(visitor):
    page = visitor.login_page()
    assert "Basic app" in text_of(page.text)
    answer = visitor.send(form_to(page.text, "/login"), email=EMAIL)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login/consent?ticket=")


def test_cookie_is_narrow_and_out_of_reach_of_scripts(visitor):
    answer = visitor.send(form_to(visitor.login_page().text, "/login"), email=EMAIL)
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    assert name == "oauthspec-resource-owner"
    said = {part.strip().lower() for part in attributes.split(";")[1:]}
    assert {"path=/login", "httponly", "samesite=lax"} <= said
    assert not [part for part in said if part.startswith(("max-age", "expires", "domain"))]


def test_who_signed_in_is_remembered_and_can_be_changed(visitor):
    visitor.consent_page()
    again = visitor.login_page()
    assert again.headers["location"].startswith("/login/consent")
    page = visitor.get(again.headers["location"])
    assert EMAIL in text_of(page.text)
    ticket = str(form_to(page.text, "/login/consent").fields["ticket"])
    other = visitor.get(f"/login?ticket={ticket}&switch=1")
    assert other.status_code == 200
    answer = visitor.send(form_to(other.text, "/login"), email="other@example.org")
    assert "other@example.org" in text_of(visitor.get(answer.headers["location"]).text)


@pytest.mark.parametrize("email", ["", "nobody", "@", "a b@c", "a@b c", "a@" + "b" * 300, "a@b\r\nset-cookie: x=y"])
def test_what_is_no_email_is_refused_in_words(visitor, email):
    page = visitor.login_page()
    answer = visitor.send(form_to(page.text, "/login"), email=email)
    assert answer.status_code == 400
    assert "not an e-mail address" in text_of(answer.text)
    assert "set-cookie" not in answer.headers


def test_consent_page_has_the_scopes_in_plain_words(visitor):
    seen = text_of(visitor.consent_page().text)
    assert "Stay signed in while you are away" in seen
    assert "See your files and folders" in seen
    assert "http://127.0.0.1:5050/callback" in seen


def test_allow_grants_what_was_asked_and_the_api_knows_who_signed_in(visitor):
    redirect = visitor.decide("allow")
    assert (redirect["state"], redirect["scope"]) == ("state-of-the-session", SCOPE)
    tokens = visitor.redeem(redirect["code"]).json()
    assert tokens["scope"] == "account.read asset.read offline"
    me = visitor.get("/v2/me", headers={"authorization": f"Bearer {tokens['access_token']}"}).json()
    assert (me["email"], me["name"]) == (EMAIL, "Ada Lovelace")


def test_deny_says_so_in_the_consent_applications_words(visitor):
    redirect = visitor.decide("deny")
    assert redirect == {
        "error": "access_denied",
        "error_description": "The resource owner denied the request",
        "state": "state-of-the-session",
    }


def test_deny_in_other_words(visitor):
    redirect = visitor.decide("deny", deny_error="login_required", deny_description="Not today")
    assert (redirect["error"], redirect["error_description"]) == ("login_required", "Not today")


def test_fewer_scopes_are_granted_and_told(visitor):
    redirect = visitor.decide("allow", scope=["account.read"])
    assert redirect["scope"] == "account.read"
    tokens = visitor.redeem(redirect["code"]).json()
    assert tokens["scope"] == "account.read"
    assert "refresh_token" not in tokens


def test_a_scope_that_nobody_asked_for_is_not_granted(visitor):
    assert visitor.decide("allow", scope=["account.read", "team.create"])["scope"] == "account.read"


def test_no_scope_at_all(visitor):
    assert visitor.decide("allow", scope=None)["scope"] == ""


def test_two_browsers_at_once_do_not_meet(arrive):
    one, other = arrive(), arrive()
    first, second = one.consent_page("one@example.org"), other.consent_page("other@example.org")
    answers = [
        visitor.send(form_to(page.text, "/login/consent"), decision="allow")
        for visitor, page in ((other, second), (one, first))
    ]
    emails = []
    for visitor, answer in zip((other, one), answers, strict=True):
        code = answer.headers["location"].split("code=")[1].split("&")[0]
        token = visitor.redeem(code).json()["access_token"]
        emails.append(visitor.get("/v2/me", headers={"authorization": f"Bearer {token}"}).json()["email"])
    assert emails == ["other@example.org", "one@example.org"]


def test_a_login_is_decided_once(visitor):
    form = form_to(visitor.consent_page().text, "/login/consent")
    assert visitor.send(form, decision="allow").status_code == 302
    again = visitor.send(form, decision="deny")
    assert again.status_code == 410
    assert "start again" in text_of(again.text)


@pytest.mark.parametrize("path", ["/login", "/login/consent", "/login?ticket=", "/login/consent?ticket=nobody"])
def test_a_ticket_that_nobody_waits_under(visitor, path):
    assert visitor.get(path).status_code == 410


def test_consent_without_having_signed_in_leads_to_the_login_page(visitor):
    location = visitor.authorize().headers["location"]
    answer = visitor.get(location.replace("/login?", "/login/consent?"))
    assert answer.headers["location"].startswith("/login?ticket=")


def test_neither_allow_nor_deny(visitor):
    answer = visitor.send(form_to(visitor.consent_page().text, "/login/consent"))
    assert answer.status_code == 400
    assert "neither Allow nor Deny" in text_of(answer.text)


CHOICES = [choice for choices in misbehaving.deviations().values() for choice in choices]


def test_every_deviation_can_be_chosen(visitor):
    page = visitor.consent_page().text
    for name in DEVIATIONS:
        assert f'name="deviation" value="{name}"' in page
    assert {choice.name for choice in CHOICES} == set(DEVIATIONS)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_every_deviation_is_taken_with_what_its_fields_hold_at_first(visitor, server, choice):
    page = visitor.consent_page()
    answer = visitor.send(form_to(page.text, "/login/consent"), decision="allow", deviation=choice.name)
    assert answer.status_code != 400, text_of(answer.text)
    (flow,) = server.core.flows.values()
    assert flow.changes.deviation is not None
    assert (flow.changes.deviation.name, flow.changes.deviation.occasions) == (choice.name, (1,))


@pytest.mark.parametrize("choice", misbehaving.delivery_choices(), ids=lambda choice: choice.name)
def test_every_delivery_is_taken_with_what_its_fields_hold_at_first(visitor, server, choice):
    visitor.decide("allow", delivery=choice.name)
    (flow,) = server.core.flows.values()
    document = written(flow.changes)["delivery"]
    assert (document["name"], document["endpoint"], document["times"]) == (choice.name, "token", 1)


def test_the_next_token_answer_misbehaves_and_the_one_after_does_not(visitor, server):
    field = "deviation:token_response.omits:member"
    redirect = visitor.decide("allow", deviation="token_response.omits", **{field: "refresh_token"})
    tokens = visitor.redeem(redirect["code"]).json()
    assert "refresh_token" not in tokens
    (exchange,) = [e for e in server.transcript.exchanges if e.endpoint == "token"]
    assert b"refresh_token" in exchange.right.body


def test_the_redirect_misbehaves(visitor):
    changed = {"deviation:authorization_response.replaces:parameter": "state",
               "deviation:authorization_response.replaces:value": "forged"}
    redirect = visitor.decide("allow", deviation="authorization_response.replaces", **changed)
    assert redirect["state"] == "forged"


def test_variation_and_leniency(visitor, server):
    chosen = {"variation:refresh_token_issued": "never", "variation:access_token_lifetime": "60"}
    redirect = visitor.decide("allow", leniency=["accepts_secret_in_body", "accepts_short_state"], **chosen)
    tokens = visitor.redeem(redirect["code"]).json()
    assert (tokens["expires_in"], "refresh_token" in tokens) == (60, False)
    (flow,) = server.core.flows.values()
    assert flow.changes.leniencies == ("accepts_secret_in_body", "accepts_short_state")


def test_the_written_form_says_what_no_field_can(visitor, server):
    document = '{"deviation": {"name": "token_response.mistypes", "arguments": ["expires_in", [null, {}]]}}'
    redirect = visitor.decide("allow", written=document, deviation="token_response.form_encodes")
    assert visitor.redeem(redirect["code"]).json()["expires_in"] == [None, {}]


def test_the_written_form_may_decide(visitor):
    document = '{"resource_owner": {"decision": "deny_by_server"}}'
    assert visitor.decide("allow", written=document)["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"deviation": "token_response.invents"}, "there is no change"),
        ({"delivery": "by_pigeon"}, "there is no change"),
        ({"deviation": "token_response.omits", "occasions": "often"}, "'often' is not a number"),
        ({"deviation": "token_response.omits", "occasions": "0"}, "counted from 1"),
        ({"delivery": "delay", "delivery:delay:seconds": "-1"}, "from 0 to 3600"),
        ({"delivery": "delay", "delivery:delay:seconds": "long"}, "not a number"),
        ({"leniency": ["everything"]}, "unknown leniency"),
        ({"variation:code_lifetime": "soon"}, "not a number"),
        ({"variation:pkce_required": "perhaps"}, "cannot be 'perhaps'"),
        ({"written": "{"}, "not JSON"),
        ({"written": "[]"}, "not a JSON object"),
        ({"written": '{"surprise": 1}'}, "surprise"),
        ({"written": '{"deviation": {"name": "token_response.answers_with_status", "arguments": ["x"]}}'}, "int"),
        ({"written": '{"deviation": {"name": "token_response.answers_with_status", "arguments": [99]}}'}, "200 to 599"),
        ({"written": '{"deviation": {"name": "resource.sets_header", "arguments": ["a\\r\\nb", "c"]}}'}, "header"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_words_and_the_login_goes_on(visitor, changed, said):
    page = visitor.consent_page()
    refused = visitor.send(form_to(page.text, "/login/consent"), decision="allow", **changed)
    assert refused.status_code == 400
    assert said in text_of(refused.text)
    again = form_to(refused.text, "/login/consent")
    right = {"deviation": "", "delivery": "", "leniency": None, "written": "", "occasions": "1"}
    right |= {name: "" for name in changed if name.startswith("variation:")}
    assert visitor.send(again, decision="allow", **right).status_code == 302


def test_what_was_chosen_stays_after_a_mistake(visitor):
    page = visitor.consent_page()
    refused = visitor.send(
        form_to(page.text, "/login/consent"), decision="allow", scope=["account.read"], delivery="drip",
        deviation="token_response.adds", written="{",
    )  # fmt: skip
    fields = form_to(refused.text, "/login/consent").fields
    assert (fields["scope"], fields["delivery"], fields["deviation"]) == ("account.read", "drip", "token_response.adds")
    assert fields["written"] == "{"


def test_pages_hold_no_inline_script_or_style(visitor):
    page = visitor.consent_page().text
    assert forms(page)
    assert "<script>" not in page
    assert " style=" not in page
    assert " on" + "click" not in page


def test_custom_scheme_may_be_gone_back_to(visitor, server):
    app = server.pkce_app
    server.register(replace(app, redirect_uris=("com.example.app:/callback",)))
    page = visitor.consent_page(client_id=app.client_id, redirect_uri="com.example.app:/callback")
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' http: https: com.example.app:" in policy
