"""From evidence to verdicts: pure functions of a scenario and its case, so that a stored run can be judged again.

A must-refuse scenario passes only with proof: the poisoned message was delivered and answered, no forbidden request
came, and the same application logs in before and after. Silence, a crash and a time-out are no refusal.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from mock_server.transcript import Exchange
from scenarios.breaking_off import judge_breaks_off
from scenarios.checks.login import Login, body, logins
from scenarios.checks.subjects import missing as missing_subject
from scenarios.checks.table import CHECKS
from scenarios.counting import most_repeated
from scenarios.evidence import (
    alive,
    believing,
    changes_nothing,
    is_denied,
    lifetime,
    of_session,
    opened,
    outcomes,
    reason_family,
    was_forged,
    window,
)
from scenarios.evidence import is_alive as is_alive
from scenarios.evidence import outcome as outcome_of
from scenarios.living import lives, never_came, stray
from scenarios.model.case import Case
from scenarios.model.expectation import (
    Accepts,
    BreaksOff,
    Copes,
    Declares,
    Expectation,
    Follows,
    Rejects,
    SendsAtMost,
    Sent,
    Shows,
)
from scenarios.model.outcome import Outcome
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import Finding, Verdict
from scenarios.seeing import judge_shows
from scenarios.verdicts import (
    against,
    cannot_tell,
    cannot_tell_signed_in,
    does_not_refresh,
    never_delivered,
    never_read,
    never_settled,
    not_alive,
    not_declared,
    nothing_to_change,
    nothing_to_look_at,
    numbers,
    passed,
    troubled,
)


def judge(scenario: Scenario, case: Case) -> Verdict:
    """The verdict of one case; nothing passes for metadata that the client never read."""
    verdict = _judged(scenario, case)
    return never_read(case) if verdict.status == "passed" and case.metadata and not _metadata_read(case) else verdict


def _metadata_read(case: Case) -> bool:
    read = (e for e in case.of_flow(case.metadata) if isinstance(e, Exchange) and e.endpoint == "metadata")
    return any(each.sent.status == 200 for each in read)


def _judged(scenario: Scenario, case: Case) -> Verdict:
    if case.trouble is not None:
        return troubled(case, case.trouble)
    if case.refused_settings:
        return passed(case) if alive(case, case.before) else not_alive(case, "before")
    expectation = case.expectation
    if expectation is None:
        return cannot_tell(case, "NO_EXPECTATION", "The story ended without saying what it expects.", "Report this.")
    if isinstance(expectation, Follows):
        return _judge_follows(scenario, case, expectation)
    if isinstance(expectation, Accepts):
        return _judge_accepts(scenario, case, expectation)
    if isinstance(expectation, SendsAtMost):
        return _judge_sends_at_most(scenario, case, expectation)
    if isinstance(expectation, Copes):
        return _judge_copes(scenario, case, expectation)
    if isinstance(expectation, Declares):
        return _judge_declares(scenario, case, expectation)
    if isinstance(expectation, BreaksOff):
        return judge_breaks_off(scenario, case, expectation)
    if isinstance(expectation, Shows):
        return judge_shows(scenario, case, expectation)
    return _judge_rejects(scenario, case, expectation)


def needs_a_run_alone(case: Case, verdict: Verdict) -> bool:
    """True where the case has to be performed again with nothing beside it, before anything is said."""
    return not case.alone and verdict.code in ("STRAY_REQUEST", "APPLICATION_DIED", "NOT_ALIVE_AFTER")


# Follows


def _judge_follows(scenario: Scenario, case: Case, expectation: Follows) -> Verdict:
    apps = () if case.app is None else (case.app,)
    flows = case.sessions.get(expectation.session, ()) if expectation.session else case.flows
    found = [login for login in logins(case.entries, apps) if login.flow in flows]
    findings = list(CHECKS[expectation.check](found))
    # What came before the step that is spoken of is for other scenarios to say.
    before = {e.number for login in found for e in login.exchanges if _comes_before(e, expectation.of)}
    findings = [finding for finding in findings if finding.exchange not in before]
    if findings:
        return _broken(scenario, case, findings)
    without = missing_subject(expectation.check, found)
    good = nothing_to_look_at(case, without) if without else passed(case)
    if expectation.if_any:
        # Refused, perhaps: a client that is dead sends nothing either.
        told = [each for name in case.sessions for each in outcomes(case, name, "land")]
        bad = next((each for each in told if each.kind in ("crashed", "hung")), None)
        return lives(case, "land", bad or next(iter(told), None)) or good
    if not any(_looked_at(login, expectation) for login in found):
        return stray(case) or never_came(case, expectation.session, expectation.of)
    # What carries nothing that names a flow (`refresh_token=None`) may be this session's.
    return stray(case) or good


def _comes_before(exchange: Exchange, sent: Sent) -> bool:
    if sent == "resource_request":
        return exchange.endpoint in ("authorization", "token")
    is_code = exchange.endpoint == "token" and body(exchange).get("grant_type") != "refresh_token"
    return sent == "refresh" and (is_code or exchange.endpoint == "authorization")


def _looked_at(login: Login, expectation: Follows) -> bool:
    if expectation.of == "refreshed":
        return any(exchange.sent.status == 200 for exchange in login.refresh_requests)
    if expectation.of == "resource_request":
        return any(login.requests("resource"))
    if expectation.of == "authorization_request":
        return login.authorization_request is not None
    return bool(login.refresh_requests if expectation.of == "refresh" else login.code_requests)


def _broken(scenario: Scenario, case: Case, findings: Sequence[Finding]) -> Verdict:
    # One request may break a check in several ways; what else was expected of another is for the next run to say.
    told = Counter(finding.actual for finding in findings if finding.expected == findings[0].expected)
    actual = ", ".join(what + (f" ({times} times)" if times > 1 else "") for what, times in told.items())
    return against(scenario, case, findings[0].expected, actual, tuple(finding.exchange for finding in findings))


# Accepts


def _judge_accepts(scenario: Scenario, case: Case, expectation: Accepts) -> Verdict:
    if not alive(case, case.before):
        return not_alive(case, "before")
    step, times = expectation.step, expectation.times
    told = outcomes(case, expectation.session, step)[-times:]
    came = window(case, expectation.session, step, times)
    if len(told) < times or came is None:
        return never_settled(case, step)
    bad = next((outcome for outcome in told if outcome.kind in _ENDED_BADLY), None)
    asked = [e for e in came if e.endpoint == "token"]
    if bad is not None:
        refreshed = any(body(e).get("grant_type") == "refresh_token" for e in asked)
        if step == "call_api" and not refreshed and any(e.sent.status == 401 for e in came if e.endpoint == "resource"):
            return does_not_refresh(case)
        if is_denied(case, came):
            why = "The server denied the client before anything else could be seen."
            return cannot_tell(case, "CLIENT_DENIED", why, "Mend how it authenticates first.")
        return against(scenario, case, _expected(expectation), _badly(bad), numbers(came))
    called = [e for e in came if e.endpoint == "resource"]
    # Its own word is not enough for a success that nobody has seen.
    if step == "refresh" and not asked:
        return never_came(case, expectation.session, "refresh")
    if step == "call_api" and not called:
        return never_came(case, expectation.session, "resource_request")
    used = sum(1 for e in called if e.sent.status == 200)
    if all(outcome.kind == "signed_in" for outcome in told) or used >= times:
        return passed(case)
    if not asked and step != "call_api":
        return against(scenario, case, _expected(expectation), "no token request came", numbers(came))
    # Nobody says how it ended: a plain answer was as good as any, a changed one may have been refused in silence.
    if any(e.changes for e in asked) or step == "call_api":
        return cannot_tell_signed_in(case)
    return passed(case)


_ENDED_BADLY = {"refused": "it refused", "crashed": "it crashed", "hung": "it never answered"}


def _badly(outcome: Outcome) -> str:
    said = outcome.reason or outcome.detail
    return _ENDED_BADLY[outcome.kind] + (f": {said}" if said else "")


def _expected(expectation: Expectation) -> str:
    return f"the client {expectation}"


# Rejects


def _judge_rejects(scenario: Scenario, case: Case, expectation: Rejects) -> Verdict:
    came = window(case, expectation.session, expectation.step)
    if came is None:
        next_step = "Look at the trace, which --output DIR writes."
        return cannot_tell(case, "NEVER_DELIVERED", "The poisoned message was never delivered.", next_step)
    outcome = outcome_of(case, expectation.session, expectation.step)
    if expectation.before == "token_request" and changes_nothing(case, expectation.session):
        return nothing_to_change(case)
    forbidden = tuple(_forbidden(case, expectation, came))
    if forbidden:
        actual = _actually(forbidden)
        return against(scenario, case, _expected(expectation), actual, numbers(forbidden))
    if outcome is not None and outcome.kind == "signed_in" and not _was_signed_in(case, expectation, outcome):
        took = "it is signed in" if expectation.step == "land" else "it took the answer for a success"
        return against(scenario, case, _expected(expectation), f"{took} ({_why(outcome)})", numbers(came))
    return _proof(case, expectation, outcome) or _clean(scenario, case, expectation, outcome)


def _was_signed_in(case: Case, expectation: Rejects, outcome: Outcome) -> bool:
    """True where a look at the session shows an earlier login, or a landing's own word names the token of one."""
    if expectation.step != "land" and outcome.evidence == "adapter":
        return False  # its word is about the refresh, or the call, and not about the session
    steps = case.events("outcome")
    earlier = steps[:-1] if steps else ()
    mine = [event.detail for event in earlier if event.detail.get("session") == expectation.session]
    if outcome.evidence == "adapter":
        return bool(outcome.access_token) and any(each.get("access_token") == outcome.access_token for each in mine)
    return any(each.get("kind") == "signed_in" for each in mine)


def _forbidden(case: Case, expectation: Rejects, window: Sequence[Exchange]) -> Iterator[Exchange]:
    if expectation.before == "token_request":
        yield from (e for e in window if e.endpoint == "token")
    elif expectation.before == "request":
        # A token request is nobody's other place, and other scenarios look at it.
        yield from (e for e in window if e.endpoint not in ("authorization", "metadata", "token"))
    else:
        yield from believing(case, window)


def _actually(forbidden: Sequence[Exchange]) -> str:
    first = forbidden[0]
    if first.endpoint == "other":
        return f"it asked {first.request.origin or 'another origin'} for something"
    if first.endpoint == "resource":
        return "it used the token at the API"
    grant_type, code = body(first).get("grant_type"), body(first).get("code")
    what = f"grant_type {grant_type!r}" if grant_type else "no grant_type"
    if grant_type == "authorization_code":
        what = "the code" if code else "an empty code, or none"
    return f"it sent a token request with {what}" + (f" ({len(forbidden)} times)" if len(forbidden) > 1 else "")


def _why(outcome: Outcome) -> str:
    return {
        "adapter": "it says so itself",
        "probe": "the configured probe says so",
        "api": "it used the token at the API",
        "landing": "it answered as it answers good logins",
        "none": "",
    }[outcome.evidence]


def _proof(case: Case, expectation: Rejects, outcome: Outcome | None) -> Verdict | None:
    """What is missing for a refusal to be one; nothing where the proof is whole."""
    missing = lives(case, expectation.step, outcome)
    if missing is not None or expectation.before in ("token_request", "request"):
        return missing
    spoiled = any(e.changes for e in of_session(case, expectation.session))
    if not spoiled and not was_forged(case, expectation.session):
        return never_delivered(case)
    return cannot_tell_signed_in(case) if outcome is None or outcome.kind in ("unknown", "signed_in") else None


def _clean(scenario: Scenario, case: Case, expectation: Rejects, outcome: Outcome | None) -> Verdict:
    """A refusal for the wrong reason is not a clean pass, nor is an accident where a reason is asked for."""
    reason = outcome.reason if outcome is not None else ""
    came = numbers(window(case, expectation.session, expectation.step) or ())
    if expectation.explained and outcome is not None and not reason:
        return _accident(scenario, case, outcome, came)
    family = reason_family(reason)
    expected = {reason_family(each) for each in expectation.reasons}
    if family and expected and family not in expected:
        wanted = " or ".join(expectation.reasons)
        return Verdict(
            case.identifier,
            case.app_kind,
            "warned",
            expected=f"a refusal for {wanted}",
            actual=f"a refusal for {reason}",
            exchanges=came,
        )
    return passed(case)


def _accident(scenario: Scenario, case: Case, outcome: Outcome, came: tuple[int, ...]) -> Verdict:
    said = f": {outcome.detail}" if outcome.detail else ""
    return against(scenario, case, "a refusal that names its reason", f"one without{said}", came)


# How often, whether it lives, what it believes


def _judge_sends_at_most(scenario: Scenario, case: Case, expectation: SendsAtMost) -> Verdict:
    begun = opened(case, expectation.session, expectation.step)
    since = tuple(e for e in of_session(case, expectation.session) if begun and e.number > begun[0])
    counted = most_repeated(since, expectation.what)
    if len(counted) > expectation.times:
        return against(scenario, case, _expected(expectation), f"it sent {len(counted)}", numbers(counted))
    outcome = outcome_of(case, expectation.session, expectation.step)
    missing = lives(case, expectation.step, outcome)
    if missing is not None:
        return missing
    if expectation.step == "call_api" and not any(e.endpoint == "resource" for e in since):
        # It knows that its token has expired, and asks its user to log in again.
        asks_to_log_in = bool(expectation.at_least) and outcome is not None and outcome.kind == "refused"
        return does_not_refresh(case) if asks_to_log_in else never_came(case, expectation.session, "resource_request")
    if len(counted) < expectation.at_least:
        return does_not_refresh(case, told=expectation.step == "refresh")
    refused = any(e.sent.status >= 400 for e in since)
    return passed(case) if refused or _changed(case, expectation.session) else never_delivered(case)


def _judge_copes(scenario: Scenario, case: Case, expectation: Copes) -> Verdict:
    came = window(case, expectation.session, expectation.step) or ()
    outcome = outcome_of(case, expectation.session, expectation.step)
    if outcome is not None and outcome.kind in ("crashed", "hung"):
        return against(scenario, case, _expected(expectation), _badly(outcome), numbers(came))
    believed = lifetime(case, expectation.session, expectation.step)
    longest = expectation.longest
    signed_in = outcome is not None and outcome.kind == "signed_in"
    # Written so that it is true of what is not a number as well.
    if signed_in and longest is not None and believed is not None and not believed <= longest:
        actual = f"it takes the access token to live for {believed:.3g} s"
        return against(scenario, case, f"a lifetime of at most {longest:.0f} s, or none", actual, numbers(came))
    missing = lives(case, expectation.step, outcome)
    if missing is not None:
        return missing
    if expectation.explained and outcome is not None and outcome.kind == "refused" and not outcome.reason:
        return _accident(scenario, case, outcome, numbers(came))
    return passed(case) if _changed(case, expectation.session) else never_delivered(case)


# A client may well renew its token before it expires; half of the lifetime is more than any margin that makes sense.
_EARLIEST = 0.5
_LATEST = 10.0


def _judge_declares(scenario: Scenario, case: Case, expectation: Declares) -> Verdict:
    came = numbers(window(case, expectation.session, expectation.step) or ())
    outcome = outcome_of(case, expectation.session, expectation.step)
    if outcome is not None and outcome.kind == "refused" and not expectation.may_refuse:
        return against(scenario, case, _expected(expectation), _badly(outcome), came)
    missing = lives(case, expectation.step, outcome)
    if missing is not None or outcome is None or outcome.kind == "refused":
        return missing or passed(case)
    if outcome.kind == "unknown":
        return cannot_tell_signed_in(case)
    believed = lifetime(case, expectation.session, expectation.step)
    if expectation.scope is not None:
        if outcome.granted_scope is None:
            return not_declared(case, "the scope that it was granted")
        if set(outcome.granted_scope.split()) != set(expectation.scope.split()):
            actual = f"it believes {outcome.granted_scope!r}"
            return against(scenario, case, _expected(expectation), actual, came)
    if expectation.lifetime is not None:
        if believed is None:
            return not_declared(case, "when its access token expires")
        if not _EARLIEST * expectation.lifetime <= believed <= expectation.lifetime + _LATEST:
            return against(scenario, case, _expected(expectation), f"it believes {believed:.0f} s", came)
    return passed(case)


def _changed(case: Case, session: str) -> bool:
    """True where the session was answered otherwise than usual: a spoiled answer, or a variation of the server."""
    flows = case.sessions.get(session, ())
    varied = any("variation" in event.detail for event in case.events("changes") if event.flow in flows)
    return varied or any(e.changes for e in of_session(case, session))
