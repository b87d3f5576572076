"""Judging of redirects that somebody wrote, of what a whole story sends, and of pages."""

import pytest

from scenarios.judging import judge
from scenarios.model.expectation import ANY_REQUEST, Follows, Rejects, SendsAtMost, Shows
from scenarios.model.requirement import DERIVED, SHOULD_NOT
from tests.scenarios.evidence import CLAUSE, Evidence, a_scenario

WITH_CODE = "http://localhost:5050/callback?code=code-of-one&state=s"


def landed(kind, *, url="", pages=(), token=False, **detail):
    evidence = Evidence()
    evidence.authorize("one", "client")
    evidence.event("one", "step", session="client", step="land", url=url)
    if token:
        evidence.token_request("one")
    evidence.outcome("one", "client", kind, pages=list(pages), **detail)
    return evidence


def said(evidence, expectation, requirement=None, **of_case):
    return judge(a_scenario(requirement), evidence.case(expectation, **of_case))


def test_a_forged_redirect_has_been_delivered():
    assert said(landed("refused", url="http://x/forged"), Rejects("client", "session")).status == "passed"
    genuine = landed("refused", url="http://localhost:5050/callback?code=code-of-one&state=state-of-one")
    assert said(genuine, Rejects("client", "session")).code == "NEVER_DELIVERED"


def test_the_token_of_before_shows_an_earlier_login():
    evidence = landed("signed_in", evidence="adapter", access_token="a1", token=True)
    evidence.step("one", "client")
    evidence.outcome("one", "client", "signed_in", evidence="adapter", access_token="a1")
    assert said(evidence, Rejects("client", "token_request")).status == "passed"
    evidence = landed("signed_in", evidence="adapter", access_token="a1", token=True)
    evidence.step("one", "client")
    evidence.outcome("one", "client", "signed_in", evidence="adapter", access_token="a2")
    assert said(evidence, Rejects("client", "token_request")).status == "failed"


@pytest.mark.parametrize("endpoint", ["resource", "revocation", "other"])
def test_any_request_is_forbidden(endpoint):
    evidence = Evidence()
    evidence.authorize("one", "client")
    evidence.step("one", "client")
    evidence.exchange("one", endpoint)
    evidence.outcome("one", "client", "refused")
    assert said(evidence, Rejects("client", ANY_REQUEST)).status == "failed"


def test_what_is_sent_if_anything():
    never = Follows("client", "code_is_sent_once", if_any=True)
    assert said(landed("refused"), never).status == "passed"
    assert said(landed("refused"), Follows("client", "code_is_sent_once")).code == "NO_TOKEN_REQUEST"
    assert said(landed("hung"), never).code == "HUNG"
    assert said(landed("crashed"), never).code == "CRASHED"
    assert said(landed("refused"), never, after="refused").code == "NOT_ALIVE_AFTER"


def test_what_every_session_sends():
    evidence = landed("signed_in", token=True)
    evidence.login("two", "other")
    evidence.token_request("two")
    assert said(evidence, Follows("client", "code_is_sent_once")).status == "passed"
    assert said(evidence, Follows("", "code_is_sent_once")).status == "failed"


def test_authorization_requests_are_counted():
    evidence = landed("refused")
    for _ in range(3):
        evidence.authorize("one", "client", changes=("authorization_response.errs('server_error')",))
    expectation = SendsAtMost("client", 2, "authorization_request")
    assert said(evidence, expectation, DERIVED("stop", CLAUSE)).status == "warned"
    assert said(landed("refused"), expectation).code == "NEVER_DELIVERED"


def test_pages():
    shows = Shows("client", "code_leaves_the_address")
    page = {"url": WITH_CODE, "status": 200, "headers": [["content-type", "text/html"]], "text": "<p>Welcome</p>"}
    verdict = said(landed("signed_in", pages=[page]), shows, SHOULD_NOT("stay", CLAUSE))
    assert verdict.status == "warned"
    assert verdict.exchanges
    assert "code-of-one" not in verdict.expected + verdict.actual
    away = {"url": WITH_CODE, "status": 302, "location": "http://localhost:5050/"}
    assert said(landed("signed_in", pages=[away, {"url": "http://localhost:5050/", "status": 200}]), shows).status == (
        "passed"
    )
    assert said(landed("signed_in"), shows).code == "NO_PAGE"
    assert said(Evidence(), shows).code == "STEP_NEVER_SETTLED"


def test_a_change_that_changes_nothing_is_no_poison():
    evidence = Evidence()
    evidence.authorize("one", "client")
    evidence.event("one", "changes", deviation={"name": "authorization_response.swaps_case"})
    evidence.step("one", "client")
    evidence.token_request("one")
    evidence.outcome("one", "client", "signed_in")
    verdict = said(evidence, Rejects("client", "token_request"))
    assert (verdict.status, verdict.code) == ("not_applicable", "NOTHING_TO_CHANGE")
