"""Judging what a client sends how often, whether it lives, and what it believes."""

import math

import pytest

from scenarios.judging import judge
from scenarios.model.expectation import Accepts, Copes, Declares, Follows, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED
from tests.scenarios.evidence import CLAUSE, Evidence, a_scenario

SPOILT = ("token_response.errs('invalid_grant', '', 400)",)
REFRESH = {"grant_type": "refresh_token", "refresh_token": "refresh-token-1"}


def judged(evidence, expectation, **case):
    verdict = judge(a_scenario(), evidence.case(expectation, **case))
    return verdict.status, verdict.code


def logged_in(outcome="signed_in", step="land", **told):
    """A login whose answer was spoiled, and what the client made of it; it told so at second 1000."""
    evidence = Evidence()
    evidence.authorize("own", "client")
    evidence.step("own", "client", step)
    evidence.token_request("own", changes=SPOILT)
    evidence.outcome("own", "client", outcome, step, told_at=1000.0, **told)
    return evidence


def refreshed(*, times=1, outcome="refused", changes=SPOILT):
    """A session that was told to refresh once and sent so many refreshes."""
    evidence = Evidence()
    evidence.login("own", "client")
    evidence.step("own", "client", "refresh")
    for _ in range(times):
        evidence.exchange("own", "token", form=REFRESH, status=400, sent={"error": "x"}, changes=changes)
    evidence.outcome("own", "client", outcome, "refresh")
    return evidence


def called(*outcomes, resource=401, refreshes=0):
    """A session that called the API once for each outcome, all at the same time."""
    evidence = Evidence()
    evidence.login("own", "client")
    for _ in outcomes:
        evidence.step("own", "client", "call_api")
    for _ in outcomes:
        evidence.exchange("own", "resource", status=resource, error="invalid_token" if resource == 401 else "")
    for _ in range(refreshes):
        evidence.exchange("own", "token", form=REFRESH, changes=SPOILT)
    for outcome in outcomes:
        evidence.outcome("own", "client", outcome, "call_api")
    return evidence


@pytest.mark.parametrize("what", ["refresh", "refresh_token"])
def test_requests_are_counted(what):
    once = SendsAtMost("client", 1, what, "refresh")
    assert judged(refreshed(), once) == ("passed", "")
    assert judged(refreshed(times=2), once) == ("failed", "")
    assert judged(refreshed(times=2), SendsAtMost("client", 2, what, "refresh")) == ("passed", "")


def test_codes_are_counted_each_by_itself():
    evidence = logged_in("refused")
    evidence.token_request("own", code="another-code")
    assert judged(evidence, SendsAtMost("client", 1, "code")) == ("passed", "")
    evidence.token_request("own", code="another-code")
    assert judged(evidence, SendsAtMost("client", 1, "code")) == ("failed", "")


def test_api_requests_are_counted():
    assert judged(called("refused"), SendsAtMost("client", 1, "resource_request", "call_api")) == ("passed", "")
    two = called("refused", "refused")
    assert judged(two, SendsAtMost("client", 1, "resource_request", "call_api")) == ("failed", "")
    assert judged(two, SendsAtMost("client", 0, "refresh", "call_api")) == ("passed", "")


@pytest.mark.parametrize("kind", ["crashed", "hung"])
def test_few_requests_of_a_dead_client_prove_nothing(kind):
    assert judged(refreshed(outcome=kind), SendsAtMost("client", 1, "refresh", "refresh")) == (
        "inconclusive",
        kind.upper(),
    )
    after = judged(refreshed(), SendsAtMost("client", 1, "refresh", "refresh"), after=kind)
    assert after == ("inconclusive", "NOT_ALIVE_AFTER")


def test_a_client_that_was_not_asked_has_not_refrained():
    renewing = SendsAtMost("client", 1, "refresh", "call_api", at_least=1)
    assert judged(called("refused"), renewing) == ("not_applicable", "DOES_NOT_REFRESH")
    plain = Evidence()
    plain.login("own", "client")
    assert judged(plain, SendsAtMost("client", 1, "code"))[1] == "NEVER_DELIVERED"
    assert judged(plain, SendsAtMost("client", 1, "refresh", "refresh"))[1] == "STEP_NEVER_SETTLED"


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("refused", ("not_applicable", "DOES_NOT_REFRESH")), ("unknown", ("inconclusive", "NO_API_REQUEST"))],
)
def test_who_asks_its_user_to_log_in_again_has_not_refreshed(outcome, told):
    evidence = Evidence()
    evidence.login("own", "client")
    evidence.step("own", "client", "call_api")
    evidence.outcome("own", "client", outcome, "call_api")
    assert judged(evidence, SendsAtMost("client", 1, "refresh", "call_api", at_least=1)) == told
    assert judged(evidence, SendsAtMost("client", 1, "refresh", "call_api")) == ("inconclusive", "NO_API_REQUEST")


@pytest.mark.parametrize("kind", ["signed_in", "refused", "unknown"])
def test_whoever_comes_to_an_end_copes(kind):
    assert judged(logged_in(kind), Copes("client")) == ("passed", "")


@pytest.mark.parametrize("kind", ["crashed", "hung"])
def test_whoever_does_not_come_to_an_end_does_not_cope(kind):
    assert judged(logged_in(kind), Copes("client")) == ("failed", "")


def test_a_variation_is_a_change_too():
    evidence = Evidence()
    evidence.login("own", "client")
    assert judged(evidence, Copes("client"))[1] == "NEVER_DELIVERED"
    evidence.event("own", "changes", variation={"access_token_lifetime": 1})
    assert judged(evidence, Copes("client")) == ("passed", "")


@pytest.mark.parametrize(
    ("expires_at", "status"),
    [(None, "passed"), (4600, "passed"), (900, "passed"), (1e30, "failed"), (math.nan, "failed"), (math.inf, "failed")],
)
def test_a_lifetime_without_end_is_believed_by_nobody_who_copes(expires_at, status):
    told = {} if expires_at is None else {"expires_at": expires_at}
    assert judged(logged_in(**told), Copes("client", longest=1e9))[0] == status
    assert judged(logged_in("refused", **told), Copes("client", longest=1e9))[0] == "passed"


@pytest.mark.parametrize(
    ("granted", "status"), [("b a", "passed"), ("a", "failed"), ("a b c", "failed"), ("", "failed")]
)
def test_the_scope_is_what_was_said_in_any_order(granted, status):
    assert judged(logged_in(granted_scope=granted), Declares("client", scope="a b"))[0] == status


def test_an_empty_scope_is_not_silence():
    assert judged(logged_in(granted_scope=""), Declares("client", scope="")) == ("passed", "")
    assert judged(logged_in(), Declares("client", scope="")) == ("inconclusive", "NOT_DECLARED")


@pytest.mark.parametrize(
    ("expires_at", "status"), [(4600, "passed"), (4300, "passed"), (1000 + 3_600_000, "failed"), (1003.6, "failed")]
)
def test_the_lifetime_is_in_seconds_with_a_margin_that_makes_sense(expires_at, status):
    assert judged(logged_in(expires_at=expires_at), Declares("client", lifetime=3600))[0] == status


def test_a_refusal_declares_nothing():
    evidence = logged_in("refused")
    assert judged(evidence, Declares("client", scope="a"))[0] == "failed"
    assert judged(evidence, Declares("client", scope="a", may_refuse=True)) == ("passed", "")
    assert judged(logged_in("unknown"), Declares("client", scope="a"))[1] == "CANNOT_TELL_SIGNED_IN"
    assert judged(logged_in(), Declares("client", lifetime=1))[1] == "NOT_DECLARED"


def test_all_of_several_steps_succeed():
    both = Accepts("client", "call_api", 2)
    assert judged(called("signed_in", "signed_in", refreshes=1), both) == ("passed", "")
    assert judged(called("refused", "signed_in", refreshes=1), both) == ("failed", "")
    assert judged(called("signed_in"), both)[1] == "STEP_NEVER_SETTLED"
    assert judged(called("unknown", "unknown", resource=200), both) == ("passed", "")


def test_nobody_has_to_refresh_by_himself():
    assert judged(called("refused"), Accepts("client", "call_api"))[1] == "DOES_NOT_REFRESH"
    assert judged(called("refused", resource=500), Accepts("client", "call_api"))[0] == "failed"


def test_a_login_between_two_calls_is_no_refresh():
    evidence = called("refused")
    evidence.token_request("own")
    evidence.step("own", "client", "call_api")
    evidence.outcome("own", "client", "refused", "call_api")
    assert judged(evidence, Accepts("client", "call_api", 2))[1] == "DOES_NOT_REFRESH"


def test_an_accident_is_no_reason():
    asked = Rejects("client", explained=True)
    assert judged(logged_in("refused", reason="not_json"), asked) == ("passed", "")
    assert judged(logged_in("refused", detail="TypeError: boo"), asked) == ("failed", "")
    weak = a_scenario(DERIVED("say why", CLAUSE))
    verdict = judge(weak, logged_in("refused", detail="TypeError: boo").case(asked))
    assert (verdict.status, verdict.actual) == ("warned", "one without: TypeError: boo")


@pytest.mark.parametrize(
    ("of", "code"), [("refresh", "NO_REFRESH"), ("resource_request", "NO_API_REQUEST"), ("code", "")]
)
def test_a_check_needs_something_to_look_at(of, code):
    evidence = Evidence()
    evidence.login("own", "client")
    if of == "refresh":
        # Nothing was asked of the client but a call of the API, so that it may do without.
        assert judged(evidence, Follows("client", "code_is_sent_once", of))[0] == "not_applicable"
        evidence = Evidence()
        evidence.login("own", "client")
        evidence.step("own", "client", "refresh")
    assert judged(evidence, Follows("client", "code_is_sent_once", of))[1] == code


def test_a_stray_may_be_what_a_check_looks_for():
    evidence = Evidence()
    evidence.login("own", "client")
    evidence.exchange("", "token", form={"grant_type": "refresh_token", "refresh_token": "None"}, status=400)
    check = Follows("client", "no_refresh_without_a_refresh_token")
    assert judged(evidence, check) == ("inconclusive", "STRAY_REQUEST")
    assert judged(evidence, check, alone=True) == ("passed", "")


def test_where_the_server_denies_the_client_nothing_is_said_of_an_answer_that_never_came():
    def refreshed_in_vain(*changes):
        evidence = Evidence()
        evidence.login("own", "client")
        for change in changes:
            evidence.event("own", "changes", deviation=change)
        evidence.step("own", "client", "refresh")
        evidence.exchange("own", "token", form=REFRESH, status=401, error="invalid_client")
        evidence.outcome("own", "client", "refused", "refresh")
        return evidence

    refreshes = Accepts("client", "refresh")
    assert judged(refreshed_in_vain(), refreshes) == ("failed", "")
    assert judged(refreshed_in_vain("token_response.mistypes('token_type', 'BEARER')"), refreshes)[1] == "CLIENT_DENIED"


def test_a_token_request_asks_no_other_place():
    evidence = logged_in("refused")
    assert judged(evidence, Rejects("client", "request")) == ("passed", "")
    evidence = logged_in("refused")
    evidence.exchange("own", "other")
    assert judged(evidence, Rejects("client", "request"))[0] == "failed"


def test_expectations_can_be_read():
    assert str(SendsAtMost("x", 1, "code")) == "sends at most 1 request with the same code"
    assert str(SendsAtMost("x", 2, "refresh")) == "sends at most 2 refreshes"
    assert str(SendsAtMost("x", 0, "refresh")) == "sends no refresh"
    assert str(SendsAtMost("x", 3, "resource_request")) == "sends at most 3 requests to the API"
    assert str(Accepts("x", "call_api", 8)) == "calls the API 8 times"
    assert str(Declares("x", scope="a")) == "takes 'a' for the granted scope"
    assert str(Declares("x", scope="", may_refuse=True)) == "takes nothing for the granted scope, or refuses the answer"
    assert str(Declares("x", lifetime=60)) == "takes the access token to live for 60 s"
