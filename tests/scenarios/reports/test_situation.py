"""What is said of how a story was unlike a plain login: true of that very story, whatever it was."""

import dataclasses

import msgspec
import pytest

from mock_server.transcript import Answer
from scenarios.model.assignment import AssignmentKind
from scenarios.reports import failure
from scenarios.reports.shown import Hidden
from scenarios.reports.situation import is_plain, numbered, situation
from tests.scenarios.evidence import Evidence, a_scenario

from .runs import reported

CALLBACK = "http://localhost:5050/callback"


def changed(evidence, assignment=None):
    lines = situation(evidence.case(None), Hidden(), *([] if assignment is None else [assignment]))
    return [text for label, text in lines if label == "changed"]


def authorized(*sessions):
    """Each session with a flow of its own, and nothing else yet."""
    evidence = Evidence()
    for number, session in enumerate(sessions):
        evidence.authorize(f"flow-{number}", session)
    return evidence


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([7], "exchange 7"),
        ([7, 9], "exchanges 7, 9"),
        ([*range(20, 81)], "exchanges 20, 21, 22, 23, 24, 25, 26, 27 and 53 more, the last of them 80"),
    ],
)
def test_many_exchanges_do_not_fill_a_screen(numbers, told):
    assert numbered(numbers) == told


def test_settings_that_are_special_are_told():
    (told,) = changed(authorized("one"), AssignmentKind(authorization_query="tenant=t1"))
    assert told == "what the application was told: an authorization endpoint with ?tenant=t1"


def test_equal_redirects_are_each_sessions_own():
    """A client with one state for all is answered alike everywhere; nobody opened what was somebody else's."""
    evidence = authorized("one", "other")
    evidence.entries = [same_redirect(entry) for entry in evidence.entries]
    evidence.event("flow-1", "step", session="other", step="land", url=CALLBACK)
    assert changed(evidence) == ["nothing: every answer was right"]


def same_redirect(entry):
    if getattr(entry, "endpoint", "") != "authorization":
        return entry
    answer = Answer(302, (("location", CALLBACK),))
    return msgspec.structs.replace(entry, right=answer, sent=answer)


def test_another_method_is_told():
    evidence = authorized("one")
    evidence.event("flow-0", "step", session="one", step="land", url=url_of(evidence), method="HEAD")
    assert changed(evidence) == ["nothing in any answer: the redirect was opened with HEAD in the place of GET"]


def url_of(evidence):
    return [entry.sent.header("location") for entry in evidence.entries if hasattr(entry, "sent")][-1]


def test_a_forged_redirect_stands_beside_the_one_that_it_is_made_of():
    evidence = authorized("attacker")
    evidence.sessions["victim"] = ("flow-9",)
    evidence.event("flow-9", "step", session="victim", step="land", url=f"{CALLBACK}?code=code-of-flow-0")
    lines = dict(situation(evidence.case(None), Hidden()))
    assert "state=[" in lines["right"]
    assert lines["so that"] == "state is missing"


def test_what_was_done_to_the_application_is_told_once():
    evidence = authorized("one", "other")
    evidence.event("flow-0", "application", told="it was restarted")
    evidence.event("flow-1", "application", told="it was restarted")
    assert changed(evidence) == ["nothing in any answer: it was restarted"]


@pytest.mark.parametrize(
    ("redeemed", "seconds", "told"),
    [
        (False, 3601, "3601 s were let pass at the server, so that the code expired"),
        (True, 3601, "3601 s were let pass at the server, so that the access token expired"),
        (True, 2592001, "2592001 s were let pass at the server, so that both tokens expired"),
    ],
)
def test_what_expired(redeemed, seconds, told):
    evidence = authorized("one")
    if redeemed:
        evidence.token_request("flow-0")
    evidence.event("flow-0", "time", seconds=seconds)
    assert changed(evidence) == [told]


def test_a_decision_beside_a_change_is_no_right_answer():
    evidence = Evidence()
    evidence.authorize("flow-0", "one", changes=("authorization_response.omits('iss')",))
    evidence.event("flow-0", "changes", resource_owner={"decision": "deny"})
    assert changed(evidence)[-1] == "the user declined"


def test_each_thing_that_travels_is_named():
    run = reported(
        "flawed:token-redirect-followed",
        ("token-endpoint-redirected/credentials-at-another-origin[307-other-port]",),
    )
    (failed,) = run.failures()
    verdict = failed[2]
    assert verdict.actual == "the Basic credentials, the code, the code_verifier"


def test_what_was_forgiven_is_no_right_answer():
    evidence = authorized("one")
    request = evidence.token_request("flow-0")
    forgiven = msgspec.structs.replace(request, strict=Answer(401, (), b'{"error":"invalid_client"}'))
    lines = [text for _, text in failure._exchanges([forgiven.number], [forgiven])]
    assert lines[-1] == '    which is forgiven; it would be 401 {"error": "invalid_client"}'


def test_an_answer_that_did_not_arrive_is_no_answer():
    evidence = authorized("one")
    request = evidence.token_request("flow-0", changes=("delivery.reset(after='request')",))
    lines = [text for _, text in failure._exchanges([request.number], [request])]
    assert lines[-1] == "    which went on its way by delivery.reset(after='request')"


def test_a_control_and_its_settings():
    scenario = dataclasses.replace(a_scenario(), assignment=AssignmentKind(scope="none"))
    evidence = authorized("one")
    run = reported("flawed:state-ignored")
    verdict = run.failures()[0][2]
    message = failure.of_scenario(scenario, evidence.case(None), verdict, run.header)
    assert message.part("changed") == "what the application was told: no scope"


def test_one_login_in_which_nothing_was_changed_is_plain():
    evidence = authorized("one")
    evidence.event("flow-0", "step", session="one", step="land", url=url_of(evidence))
    evidence.event("flow-0", "time", seconds=3601)
    assert is_plain(evidence.case(None))
    assert not is_plain(evidence.case(None), AssignmentKind(scope="none"))


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("step", {"session": "one", "step": "land", "url": f"{CALLBACK}?code=forged"}),
        ("changes", {"variation": {"pkce_supported": False}}),
        ("changes", {"resource_owner": {"decision": "deny"}}),
        ("application", {"told": "it was restarted"}),
    ],
)
def test_what_is_anything_else_is_not(kind, detail):
    evidence = authorized("one")
    evidence.event("flow-0", kind, **detail)
    assert not is_plain(evidence.case(None))


def test_a_redirect_that_is_opened_again_is_not():
    evidence = authorized("one")
    for _ in range(2):
        evidence.event("flow-0", "step", session="one", step="land", url=url_of(evidence))
    assert not is_plain(evidence.case(None))
