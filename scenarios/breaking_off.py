"""What is said of a client that was shown a bad certificate: a pure function, as all of judging.

Silence is no refusal. A pass takes a connection on which the certificate was shown and that the client left without a
word; and, as everywhere, that the same client logs in before and after.
"""

from collections.abc import Sequence

from mock_server.transcript import Event
from scenarios.evidence import opened, window
from scenarios.evidence import outcome as outcome_of
from scenarios.living import lives
from scenarios.model.case import Case
from scenarios.model.expectation import BreaksOff
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import Verdict
from scenarios.verdicts import against, cannot_tell, numbers, passed

_GOOD = ("trusted", "renewed")
_LEFT = ("broken off", "left")
_SPOKE = ("used", "cleartext")


def judge_breaks_off(scenario: Scenario, case: Case, expectation: BreaksOff) -> Verdict:
    """The verdict on the session's last step of a kind, under a bad certificate."""
    seen = _handshakes(case, expectation)
    spoke = [event for event in seen if event.detail.get("how") in _SPOKE]
    if spoke:
        return _spoken(scenario, case, expectation, spoke)
    outcome = outcome_of(case, expectation.session, expectation.step)
    missing = lives(case, expectation.step, outcome)
    if missing is not None:
        return missing
    if any(event.detail.get("how") in _LEFT for event in seen):
        return passed(case)
    if seen:
        cause = f"No handshake came so far that a certificate was looked at ({seen[-1].detail.get('said')})."
        return cannot_tell(case, "NO_HANDSHAKE", cause, "Let the client speak TLS 1.2 or 1.3.")
    cause = "The client opened no connection after the certificate was changed, which is no refusal of it."
    return cannot_tell(case, "NEVER_CONNECTED", cause, "Let it not go on over a connection that the server has closed.")


def _handshakes(case: Case, expectation: BreaksOff) -> list[Event]:
    """What became of handshakes under a bad certificate since the step was begun."""
    begun = opened(case, expectation.session, expectation.step)
    return [
        event
        for event in case.events("handshake")
        if begun and event.number > begun[-1] and event.detail.get("certificate") not in _GOOD
    ]


def _spoken(scenario: Scenario, case: Case, expectation: BreaksOff, spoke: Sequence[Event]) -> Verdict:
    first = spoke[0]
    came = [e for e in window(case, expectation.session, expectation.step) or () if e.number > first.number]
    if first.detail.get("how") == "cleartext":
        actual = "it sent its request in the clear"
    else:
        named = str(first.detail.get("certificate", "")).replace("_", " ")
        actual = f"it went on, with a certificate that it must not take ({named})"
    before = [e for e in _handshakes(case, expectation) if e.number < first.number]
    actual += ", at a second try" if any(e.detail.get("how") in _LEFT for e in before) else ""
    return against(scenario, case, f"the client {expectation}", actual, numbers(came[:1]))
