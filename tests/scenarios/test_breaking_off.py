"""What is said of a client under a bad certificate, from evidence made by hand."""

import pytest

from scenarios.judging import judge
from scenarios.model.expectation import BreaksOff
from tests.scenarios.evidence import Evidence, a_scenario

LANDS = BreaksOff("client")


def shown(*handshakes, kind="refused", step="land", request=False):
    """A step during which these handshakes came about, each a certificate and how it ended."""
    evidence = Evidence()
    evidence.authorize("one", "client")
    evidence.event("one", "step", session="client", step=step)
    for certificate, how in handshakes:
        evidence.event("one", "handshake", certificate=certificate, how=how, said="unknown ca")
    number = evidence.token_request("one").number if request else 0
    evidence.outcome("one", "client", kind, step=step)
    return evidence, number


def said(*handshakes, expectation=LANDS, **of_step):
    return judge(a_scenario(), shown(*handshakes, **of_step)[0].case(expectation))


@pytest.mark.parametrize("how", ["broken off", "left"])
@pytest.mark.parametrize("kind", ["refused", "unknown"])
def test_who_leaves_without_a_word_passes(how, kind):
    assert said(("expired", how), kind=kind).status == "passed"


def test_who_goes_on_fails_with_the_request_as_evidence():
    evidence, number = shown(("wrong_name", "used"), request=True)
    verdict = judge(a_scenario(), evidence.case(LANDS))
    assert (verdict.status, verdict.exchanges) == ("failed", (number,))
    assert verdict.actual == "it went on, with a certificate that it must not take (wrong name)"


def test_a_second_try_without_a_look_is_named():
    verdict = said(("expired", "broken off"), ("expired", "used"), request=True)
    assert verdict.status == "failed"
    assert verdict.actual.endswith("at a second try")


def test_a_second_try_in_the_clear():
    verdict = said(("expired", "broken off"), ("expired", "cleartext"))
    assert verdict.actual == "it sent its request in the clear, at a second try"


def test_silence_is_no_refusal():
    assert (said().status, said().code) == ("inconclusive", "NEVER_CONNECTED")


def test_a_handshake_that_came_to_no_certificate_is_none():
    assert said(("expired", "failed")).code == "NO_HANDSHAKE"


@pytest.mark.parametrize("how", ["broken off", "used"])
def test_what_happens_under_a_good_certificate_says_nothing(how):
    assert said(("trusted", how), ("renewed", how)).code == "NEVER_CONNECTED"


@pytest.mark.parametrize("kind", ["crashed", "hung"])
def test_a_crash_is_no_refusal(kind):
    assert said(("expired", "broken off"), kind=kind).code == kind.upper()


def test_nor_is_the_end_of_an_application():
    evidence, _ = shown(("expired", "broken off"))
    assert judge(a_scenario(), evidence.case(LANDS, after="refused")).code == "NOT_ALIVE_AFTER"


def test_what_came_in_an_earlier_step_is_not_of_this_one():
    evidence, _ = shown(("expired", "used"))
    evidence.event("one", "step", session="client", step="refresh")
    evidence.outcome("one", "client", "refused", step="refresh")
    assert judge(a_scenario(), evidence.case(BreaksOff("client", "refresh"))).code == "NEVER_CONNECTED"


def test_without_its_step_nothing_can_be_said():
    evidence, _ = shown(("expired", "broken off"))
    assert judge(a_scenario(), evidence.case(BreaksOff("client", "refresh"))).status == "inconclusive"


def test_it_reads_aloud():
    assert f"the client {LANDS}" == "the client breaks the connection off, and sends nothing"
