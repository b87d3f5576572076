"""Judging: no refusal without proof, no failure without evidence, and the same verdict from the same case."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.checks.table import CHECKS
from scenarios.judging import judge, needs_a_run_alone
from scenarios.model.case import Case, Trouble
from scenarios.model.expectation import Accepts, Copes, Declares, Follows, Rejects, SendsAtMost
from scenarios.model.outcome import Outcome
from scenarios.model.requirement import DERIVED, DOC, MUST, SHOULD, Level, Requirement
from tests.scenarios.evidence import CLAUSE, Evidence, a_scenario

REFUSE = Rejects("victim", "token_request", "land", ("state_mismatch",))
REFUSE_SESSION = Rejects("victim", "session")
BOGUS = {"access_token": "poisoned-token", "token_type": "mac"}


def refused(*, reason: str = "state_mismatch", kind: str = "refused") -> Evidence:
    """A forged callback that was landed and refused."""
    evidence = Evidence()
    evidence.authorize("stolen", "attacker")
    evidence.authorize("own", "victim")
    evidence.step("own", "victim")
    evidence.outcome("own", "victim", kind, reason=reason)
    return evidence


def poisoned(outcome: str = "refused") -> Evidence:
    """A login whose token answer was spoiled."""
    evidence = Evidence()
    evidence.authorize("own", "victim")
    evidence.step("own", "victim")
    evidence.token_request("own", changes=("token_response.mistypes('token_type', 'mac')",))
    evidence.outcome("own", "victim", outcome)
    return evidence


def test_refusal_with_proof_passes():
    assert judge(a_scenario(), refused().case(REFUSE)).status == "passed"


def test_token_request_after_a_forged_callback_fails():
    evidence = Evidence()
    evidence.authorize("stolen", "attacker")
    evidence.authorize("own", "victim")
    evidence.step("own", "victim")
    sent = evidence.token_request("stolen", status=400)
    evidence.outcome("own", "victim", "refused", reason="state_mismatch")
    verdict = judge(a_scenario(), evidence.case(REFUSE))
    assert (verdict.status, verdict.exchanges) == ("failed", (sent.number,))
    assert "the code" in verdict.actual


def test_an_empty_code_is_a_token_request_too():
    evidence = refused()
    evidence.token_request("own", code="", status=400)
    verdict = judge(a_scenario(), evidence.case(REFUSE))
    assert verdict.status == "failed"
    assert "an empty code" in verdict.actual


def test_a_request_before_the_landing_is_no_offence():
    evidence = Evidence()
    evidence.login("first", "victim")
    evidence.authorize("stolen", "attacker")
    evidence.step("first", "victim")
    evidence.outcome("first", "victim", "refused")
    assert judge(a_scenario(), evidence.case(REFUSE)).status == "passed"


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (refused(kind="crashed"), "CRASHED"),
        (refused(kind="hung"), "HUNG"),
        (Evidence(), "NEVER_DELIVERED"),
    ],
)
def test_what_is_no_refusal_is_inconclusive(evidence, code):
    evidence.sessions.setdefault("victim", ())
    verdict = judge(a_scenario(), evidence.case(REFUSE))
    assert (verdict.status, verdict.code) == ("inconclusive", code)


def test_silence_is_no_refusal():
    evidence = Evidence()
    evidence.authorize("own", "victim")
    evidence.step("own", "victim")
    verdict = judge(a_scenario(), evidence.case(REFUSE))
    assert (verdict.status, verdict.code) == ("inconclusive", "STEP_NEVER_SETTLED")


@pytest.mark.parametrize("after", ["refused", "crashed", "hung"])
def test_a_client_that_is_dead_afterwards_has_refused_nothing(after):
    case = refused().case(REFUSE, after=after)
    verdict = judge(a_scenario(), case)
    assert (verdict.status, verdict.code) == ("inconclusive", "NOT_ALIVE_AFTER")
    assert needs_a_run_alone(case, verdict)


def test_a_stray_is_not_silence():
    evidence = refused()
    evidence.exchange("", "token", form={"grant_type": "authorization_code", "code": ""}, status=400)
    case = evidence.case(REFUSE)
    verdict = judge(a_scenario(), case)
    assert (verdict.status, verdict.code) == ("inconclusive", "STRAY_REQUEST")
    assert needs_a_run_alone(case, verdict)


def test_signed_in_by_a_forged_callback_fails_without_any_request():
    verdict = judge(a_scenario(), refused(kind="signed_in").case(REFUSE))
    assert verdict.status == "failed"
    assert "signed in" in verdict.actual


@pytest.mark.parametrize(("evidence", "status"), [("probe", "passed"), ("landing", "passed"), ("adapter", "failed")])
def test_a_session_that_was_signed_in_before_is_still_so(evidence, status):
    """A probe looks at the session; that it is signed in says nothing of the forged callback."""
    made = Evidence()
    made.login("first", "victim")
    made.authorize("stolen", "attacker")
    made.step("first", "victim")
    made.outcome("first", "victim", "signed_in", evidence=evidence)
    assert judge(a_scenario(), made.case(REFUSE)).status == status


def test_a_refusal_for_another_reason_is_no_clean_pass():
    verdict = judge(a_scenario(), refused(reason="code_missing").case(REFUSE))
    assert verdict.status == "warned"
    assert "code_missing" in verdict.actual


@pytest.mark.parametrize("reason", ["", "state_missing", "OAuthError", "mismatching_state"])
def test_a_reason_in_other_words_is_not_held_against_anybody(reason):
    assert judge(a_scenario(), refused(reason=reason).case(REFUSE)).status == "passed"


def test_a_poisoned_answer_that_is_refused_passes():
    assert judge(a_scenario(), poisoned().case(REFUSE_SESSION)).status == "passed"


def test_without_a_signal_nobody_can_tell():
    verdict = judge(a_scenario(), poisoned("unknown").case(REFUSE_SESSION))
    assert (verdict.status, verdict.code) == ("inconclusive", "CANNOT_TELL_SIGNED_IN")
    assert "--signed-in" in verdict.next_step


def test_a_poison_that_was_never_sent_proves_nothing():
    evidence = Evidence()
    evidence.authorize("own", "victim")
    evidence.step("own", "victim")
    evidence.outcome("own", "victim", "refused")
    verdict = judge(a_scenario(), evidence.case(REFUSE_SESSION))
    assert (verdict.status, verdict.code) == ("inconclusive", "NEVER_DELIVERED")


def test_the_poisoned_token_at_the_api_fails():
    evidence = poisoned("unknown")
    used = evidence.exchange("own", "resource", headers=(("authorization", "Bearer good-access-token-1"),))
    verdict = judge(a_scenario(), evidence.case(REFUSE_SESSION))
    assert (verdict.status, verdict.exchanges) == ("failed", (used.number,))


def test_the_poisoned_token_behind_another_scheme_is_used_too():
    """RFC 6749 7.1: a client that does not understand the type uses the token in no way."""
    evidence = poisoned("refused")
    evidence.exchange("own", "resource", headers=(("authorization", "Basic YTpi"),))
    assert judge(a_scenario(), evidence.case(REFUSE_SESSION)).status == "passed"
    evidence = poisoned("refused")
    used = evidence.exchange("own", "resource", headers=(("authorization", "MAC good-access-token-1"),))
    verdict = judge(a_scenario(), evidence.case(REFUSE_SESSION))
    assert (verdict.status, verdict.exchanges) == ("failed", (used.number,))


def test_an_older_good_token_at_the_api_is_no_offence():
    """After a refused refresh a client may go on with the access token that it has."""
    evidence = Evidence()
    evidence.login("own", "victim")
    evidence.step("own", "victim", "refresh")
    changes = ("token_response.sends_body(…)",)
    evidence.exchange("own", "token", form={"grant_type": "refresh_token"}, sent={"error": "x"}, changes=changes)
    evidence.outcome("own", "victim", "refused", step="refresh")
    evidence.exchange("own", "resource", headers=(("authorization", "Bearer good-access-token-1"),))
    assert judge(a_scenario(), evidence.case(Rejects("victim", "session", "refresh"))).status == "passed"


def test_accepts_a_good_login():
    evidence = Evidence()
    evidence.login("own", "client")
    assert judge(a_scenario(control=True), evidence.case(Accepts("client"))).status == "passed"


@pytest.mark.parametrize("kind", ["refused", "crashed", "hung"])
def test_a_control_that_is_not_accepted_fails(kind):
    evidence = Evidence()
    evidence.login("own", "client", kind=kind)
    assert judge(a_scenario(control=True), evidence.case(Accepts("client"))).status == "failed"


def test_a_control_without_a_token_request_fails():
    evidence = Evidence()
    evidence.authorize("own", "client")
    evidence.step("own", "client")
    evidence.outcome("own", "client", "unknown")
    verdict = judge(a_scenario(control=True), evidence.case(Accepts("client")))
    assert verdict.status == "failed"
    assert "no token request" in verdict.actual


def test_a_changed_answer_may_have_been_refused_in_silence():
    verdict = judge(a_scenario(control=True), poisoned("unknown").case(Accepts("victim")))
    assert (verdict.status, verdict.code) == ("inconclusive", "CANNOT_TELL_SIGNED_IN")


def test_the_api_call_tells_that_a_changed_answer_was_accepted():
    evidence = poisoned("unknown")
    evidence.exchange("own", "resource", headers=(("authorization", "Bearer good-access-token-1"),))
    assert judge(a_scenario(control=True), evidence.case(Accepts("victim"))).status == "passed"


def test_follows_fails_with_the_exchange_that_shows_it():
    evidence = Evidence()
    evidence.authorize("own", "client")
    evidence.step("own", "client")
    sent = evidence.token_request("own", redirect_uri="http://elsewhere/")
    evidence.outcome("own", "client", "signed_in")
    verdict = judge(a_scenario(), evidence.case(Follows("client", "redirect_uri_is_repeated")))
    assert (verdict.status, verdict.exchanges) == ("failed", (sent.number,))


def test_follows_looks_at_the_session_alone():
    evidence = Evidence()
    evidence.login("good", "client")
    evidence.authorize("other", "somebody else")
    evidence.token_request("other", redirect_uri="http://elsewhere/")
    assert judge(a_scenario(), evidence.case(Follows("client", "redirect_uri_is_repeated"))).status == "passed"


def test_a_scenario_about_the_refresh_says_nothing_of_the_code():
    evidence = Evidence()
    evidence.login("own", "client")  # without a Basic header, as those before and after it
    header = (("authorization", "Basic YXBwOmEtc2VjcmV0LW9mLXRoZS1hcHA="),)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    evidence.exchange("own", "token", form=form, headers=header)
    assert judge(a_scenario(), evidence.case(Follows("client", "basic_app_authenticates"))).status == "failed"
    of_the_refresh = Follows("client", "basic_app_authenticates", "refresh")
    assert judge(a_scenario(), evidence.case(of_the_refresh)).status == "passed"


@pytest.mark.parametrize(("status", "verdict"), [(200, ("passed", "")), (401, ("inconclusive", "NOT_REFRESHED"))])
def test_what_is_done_with_an_answer_is_not_seen_where_none_came(status, verdict):
    evidence = Evidence()
    evidence.login("own", "client")
    for _ in range(2):
        evidence.step("own", "client", "refresh")
        evidence.exchange("own", "token", form={"grant_type": "refresh_token", "refresh_token": "x"}, status=status)
    told = judge(a_scenario(), evidence.case(Follows("client", "refreshes_again_with_the_kept_token", "refreshed")))
    assert (told.status, told.code) == verdict


def test_nothing_to_look_at_is_not_a_pass():
    evidence = Evidence()
    evidence.authorize("own", "client")
    verdict = judge(a_scenario(), evidence.case(Follows("client", "redirect_uri_is_repeated")))
    assert (verdict.status, verdict.code) == ("inconclusive", "NO_TOKEN_REQUEST")


@pytest.mark.parametrize(
    ("requirement", "status"),
    [
        (MUST("x", CLAUSE), "failed"),
        (SHOULD("x", CLAUSE), "warned"),
        (DERIVED("x", CLAUSE), "warned"),
        (DERIVED("x", CLAUSE, security=True), "failed"),
        (DOC("x", CLAUSE), "passed"),
        (DOC("x", CLAUSE, refused=True), "failed"),
        (Requirement(Level.MAY, "x", (CLAUSE,)), "passed"),
    ],
)
def test_the_level_decides_how_bad_it_is(requirement, status):
    verdict = judge(a_scenario(requirement), refused(kind="signed_in").case(REFUSE))
    assert verdict.status == status


@pytest.mark.parametrize("kind", ["errored", "inconclusive", "not_applicable"])
def test_trouble_is_never_folded_into_passed(kind):
    verdict = judge(a_scenario(), refused().case(REFUSE, trouble=Trouble(kind, "CODE", "cause", "next")))
    assert (verdict.status, verdict.code, verdict.cause, verdict.next_step) == (kind, "CODE", "cause", "next")


OUTCOMES = st.sampled_from(["signed_in", "refused", "crashed", "hung", "unknown"])
EXPECTATIONS = st.one_of(
    st.builds(Accepts, st.sampled_from(["victim", "nobody"]), st.sampled_from(["land", "refresh", "call_api"])),
    st.builds(
        Rejects,
        st.sampled_from(["victim", "nobody"]),
        st.sampled_from(["token_request", "session", "resource_request"]),
        st.sampled_from(["land", "refresh", "call_api"]),
    ),
    st.builds(Follows, st.sampled_from(["victim", "nobody"]), st.sampled_from(sorted(CHECKS))),
    st.builds(SendsAtMost, st.sampled_from(["victim", "nobody"]), st.integers(0, 2)),
    st.builds(Copes, st.sampled_from(["victim", "nobody"])),
    st.builds(Declares, st.sampled_from(["victim", "nobody"])),
)
ACTIONS = st.lists(st.sampled_from(["authorize", "step", "token", "poison", "api", "stray", "outcome"]), max_size=12)


@given(EXPECTATIONS, ACTIONS, OUTCOMES, OUTCOMES)
def test_judging_is_total_and_no_refusal_passes_without_proof(expectation, actions, outcome, after):
    evidence = Evidence()
    act = {
        "authorize": lambda: evidence.authorize("own", "victim"),
        "step": lambda: evidence.step("own", "victim"),
        "token": lambda: evidence.token_request("own"),
        "poison": lambda: evidence.token_request("own", changes=("deviation",)),
        "api": lambda: evidence.exchange("own", "resource", headers=(("authorization", "Bearer x"),)),
        "stray": lambda: evidence.exchange("", "token", form={}),
        "outcome": lambda: evidence.outcome("own", "victim", outcome),
    }
    for action in actions:
        act[action]()
    case = evidence.case(expectation, after=after)
    verdict = judge(a_scenario(), case)
    if verdict.status == "passed" and isinstance(expectation, Rejects):
        assert "step" in actions
        assert "outcome" in actions
        assert outcome in ("refused", "unknown")
        assert after not in ("refused", "crashed", "hung")
        assert expectation.before == "token_request" or "poison" in actions
    # A stored case is judged as the live one was.
    again = msgspec.json.decode(msgspec.json.encode(case), type=Case)
    assert judge(a_scenario(), again) == verdict


def test_an_outcome_is_read_back_whole():
    outcome = Outcome("refused", "adapter", reason="state_missing", detail="text", expires_at=3.5)
    told = msgspec.to_builtins(outcome)
    assert Outcome(**told) == outcome


def test_what_is_said_of_a_crash_is_what_it_said_itself():
    evidence = refused(kind="crashed", reason="")
    last = evidence.entries[-1]
    evidence.entries[-1] = msgspec.structs.replace(last, detail=last.detail | {"detail": "KeyError: 'state'"})
    verdict = judge(a_scenario(), evidence.case(REFUSE))
    assert verdict.cause == "The client crashed, which is no refusal. KeyError: 'state'"


def test_who_no_longer_logs_in_is_not_sent_to_mend_a_login_that_works():
    verdict = judge(a_scenario(), refused().case(REFUSE, after="refused"))
    assert verdict.code == "NOT_ALIVE_AFTER"
    assert "left behind" in verdict.next_step


@pytest.mark.parametrize(
    ("step", "expectation", "words"),
    [
        ("refresh", Follows("client", "refresh_token_is_the_issued_one", of="refresh"), "--refresh"),
        ("call_api", Follows("client", "access_token_is_in_one_place", of="resource_request"), "--api-call"),
    ],
)
def test_who_sends_nothing_is_told_where_to_look(step, expectation, words):
    evidence = Evidence()
    evidence.login("own", "client")
    evidence.step("own", "client", step)
    evidence.outcome("own", "client", "signed_in", step)
    assert words in judge(a_scenario(), evidence.case(expectation)).next_step


def test_who_is_told_to_refresh_and_does_not_has_not_been_refused_by_the_api():
    evidence = Evidence()
    evidence.login("own", "client")
    evidence.step("own", "client", "refresh")
    evidence.outcome("own", "client", "refused", "refresh")
    at_most = SendsAtMost("client", 1, "refresh_token", step="refresh", at_least=1)
    verdict = judge(a_scenario(), evidence.case(at_most))
    assert verdict.cause == "The client was told to refresh, and sent no refresh token."
