"""From evidence to verdicts: pure functions of a scenario and its case, so that a stored run can be judged again.

A must-refuse scenario passes only with proof: the poisoned message was delivered and answered, no forbidden request
came, and the same application logs in before and after. Silence, a crash and a time-out are no refusal.
"""

from collections.abc import Iterator, Sequence

from mock_server.protocol.resource import bearer_token
from mock_server.transcript import Entry, Event, Exchange
from scenarios.checks.login import body, logins, member
from scenarios.checks.table import CHECKS
from scenarios.model.case import Case, Trouble
from scenarios.model.expectation import Accepts, Follows, Rejects
from scenarios.model.outcome import Outcome
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import Finding, Status, Verdict

# Kinds of reasons, by how their codes begin: a refusal that names another kind than expected is for the wrong reason.
_REASON_FAMILIES = (
    "state",
    "authorization_error",
    "code",
    "parameter",
    "issuer",
    "token_type",
    "access_token",
    "error_in_success",
    "not_json",
    "status",
    "media_type",
    "redirected",
)


def judge(scenario: Scenario, case: Case) -> Verdict:
    """The verdict of one case."""
    if case.trouble is not None:
        return _troubled(case, case.trouble)
    expectation = case.expectation
    if expectation is None:
        return _cannot_tell(case, "NO_EXPECTATION", "The story ended without saying what it expects.", "Report this.")
    if isinstance(expectation, Follows):
        return _judge_follows(scenario, case, expectation)
    if isinstance(expectation, Accepts):
        return _judge_accepts(scenario, case, expectation)
    return _judge_rejects(scenario, case, expectation)


def needs_a_run_alone(case: Case, verdict: Verdict) -> bool:
    """True where the case has to be performed again with nothing beside it, before anything is said."""
    return not case.alone and verdict.code in ("STRAY_REQUEST", "APPLICATION_DIED", "NOT_ALIVE_AFTER")


# Follows


def _judge_follows(scenario: Scenario, case: Case, expectation: Follows) -> Verdict:
    apps = () if case.app is None else (case.app,)
    flows = case.sessions.get(expectation.session, ())
    found = [login for login in logins(case.entries, apps) if login.flow in flows]
    findings = list(CHECKS[expectation.check](found))
    if findings:
        return _broken(scenario, case, findings)
    if not any(login.code_requests for login in found):
        return _never_came(case, expectation.session)
    return Verdict(case.identifier, case.app_kind, "passed")


def _never_came(case: Case, session: str) -> Verdict:
    outcome = _outcome(case, session, "land")
    cause = "The login sent no token request, so there is nothing to look at."
    if outcome is not None and outcome.detail:
        cause += f" The client said: {outcome.detail}"
    return _cannot_tell(case, "NO_TOKEN_REQUEST", cause, "Make a plain login work first: `oauthspec doctor`.")


def _broken(scenario: Scenario, case: Case, findings: Sequence[Finding]) -> Verdict:
    first = findings[0]
    actual = first.actual + (f" ({len(findings)} times)" if len(findings) > 1 else "")
    return _against(scenario, case, first.expected, actual, tuple(finding.exchange for finding in findings))


# Accepts


def _judge_accepts(scenario: Scenario, case: Case, expectation: Accepts) -> Verdict:
    if not _alive(case, case.before):
        return _not_alive(case, "before")
    outcome = _outcome(case, expectation.session, expectation.step)
    window = _window(case, expectation.session, expectation.step)
    if outcome is None or window is None:
        return _cannot_tell(case, "STEP_NEVER_SETTLED", f"The step {expectation.step!r} has no outcome.", "")
    if outcome.kind in ("refused", "crashed", "hung"):
        actual = {"refused": "it refused", "crashed": "it crashed", "hung": "it never answered"}[outcome.kind]
        said = outcome.reason or outcome.detail
        actual = f"{actual}: {said}" if said else actual
        return _against(scenario, case, _expected(expectation), actual, _numbers(window))
    used = any(e.endpoint == "resource" and e.sent.status == 200 for e in window)
    if outcome.kind == "signed_in" or used:
        return Verdict(case.identifier, case.app_kind, "passed")
    asked = [e for e in window if e.endpoint == "token"]
    if not asked and expectation.step != "call_api":
        return _against(scenario, case, _expected(expectation), "no token request came", _numbers(window))
    # Nobody says how it ended: a plain answer was as good as any, a changed one may have been refused in silence.
    if any(e.changes for e in asked) or expectation.step == "call_api":
        return _cannot_tell_signed_in(case)
    return Verdict(case.identifier, case.app_kind, "passed")


def _expected(expectation: Accepts | Rejects) -> str:
    return f"the client {expectation}"


# Rejects


def _judge_rejects(scenario: Scenario, case: Case, expectation: Rejects) -> Verdict:
    window = _window(case, expectation.session, expectation.step)
    if window is None:
        return _cannot_tell(case, "NEVER_DELIVERED", "The poisoned message was never delivered.", "Look at the trace.")
    outcome = _outcome(case, expectation.session, expectation.step)
    forbidden = tuple(_forbidden(case, expectation, window))
    if forbidden:
        actual = _actually(expectation, forbidden)
        return _against(scenario, case, _expected(expectation), actual, _numbers(forbidden))
    if outcome is not None and outcome.kind == "signed_in":
        return _against(scenario, case, _expected(expectation), f"it is signed in ({_why(outcome)})", _numbers(window))
    return _proof(case, expectation, outcome) or _clean(case, expectation, outcome)


def _forbidden(case: Case, expectation: Rejects, window: Sequence[Exchange]) -> Iterator[Exchange]:
    if expectation.before == "token_request":
        yield from (e for e in window if e.endpoint == "token")
    else:
        # A token that the API is shown and that came in no good answer: the poisoned one has been believed.
        good = {_token(e) for e in case.exchanges if e.endpoint == "token" and e.sent.status == 200 and not e.changes}
        yield from (e for e in window if e.endpoint == "resource" and _bearer(e) not in good)


def _token(exchange: Exchange) -> object:
    return member(exchange, "access_token")


def _bearer(exchange: Exchange) -> str:
    return bearer_token(exchange.request.header("authorization"))


def _actually(expectation: Rejects, forbidden: Sequence[Exchange]) -> str:
    first = forbidden[0]
    if expectation.before != "token_request":
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
    if outcome is None:
        return _cannot_tell(case, "STEP_NEVER_SETTLED", f"The step {expectation.step!r} has no outcome.", "")
    if outcome.kind in ("crashed", "hung"):
        cause = "The client crashed" if outcome.kind == "crashed" else "The client never answered"
        return _cannot_tell(case, outcome.kind.upper(), f"{cause}, which is no refusal.", "Look at its output.")
    if case.strays and not case.alone:
        cause = f"Request {case.strays[0].number} came meanwhile, and no flow can be named for it."
        return _cannot_tell(case, "STRAY_REQUEST", cause, "It is performed again alone.")
    if not _alive(case, case.before):
        return _not_alive(case, "before")
    if not _alive(case, case.after):
        return _not_alive(case, "after")
    if expectation.before == "token_request":
        return None
    if not any(e.changes for e in _of_session(case, expectation.session)):
        cause = "The changed answer was never sent: the client did not ask for it."
        return _cannot_tell(case, "NEVER_DELIVERED", cause, "Look at the trace.")
    return _cannot_tell_signed_in(case) if outcome.kind == "unknown" else None


def _clean(case: Case, expectation: Rejects, outcome: Outcome | None) -> Verdict:
    """A refusal for the wrong reason is not a clean pass."""
    reason = outcome.reason if outcome is not None else ""
    family = _family(reason)
    expected = {_family(each) for each in expectation.reasons}
    if family and expected and family not in expected:
        wanted = " or ".join(expectation.reasons)
        return Verdict(
            case.identifier,
            case.app_kind,
            "warned",
            expected=f"a refusal for {wanted}",
            actual=f"a refusal for {reason}",
            exchanges=_numbers(_window(case, expectation.session, expectation.step) or ()),
        )
    return Verdict(case.identifier, case.app_kind, "passed")


def _family(reason: str) -> str:
    return next((family for family in _REASON_FAMILIES if reason.startswith(family)), "")


# Evidence


def _outcome(case: Case, session: str, step: str) -> Outcome | None:
    """The outcome of the session's last step of a kind."""
    last: Event | None = None
    for event in case.events("outcome"):
        if event.detail.get("session") == session and event.detail.get("step") == step:
            last = event
    if last is None:
        return None
    known = {name: value for name, value in last.detail.items() if name in Outcome.__struct_fields__}
    return Outcome(**known)  # type: ignore[arg-type]


def _window(case: Case, session: str, step: str) -> tuple[Exchange, ...] | None:
    """What came after the session's last step of a kind was opened, in any flow of the story; nothing if never."""
    opened = [
        event.number
        for event in case.events("step")
        if event.detail.get("session") == session and event.detail.get("step") == step
    ]
    if not opened:
        return None
    later = (e.number for e in case.events("step") if e.number > opened[-1] and e.detail.get("session") != session)
    end = min(later, default=None)
    return tuple(e for e in case.exchanges if e.number > opened[-1] and (end is None or e.number < end))


def _of_session(case: Case, session: str) -> tuple[Exchange, ...]:
    flows = case.sessions.get(session, ())
    return tuple(e for e in case.exchanges if e.flow in flows)


def _alive(case: Case, flow: str) -> bool:
    """True where a good login of that flow got its tokens and was not refused afterwards."""
    return is_alive(case.of_flow(flow)) if flow else False


def is_alive(entries: Sequence[Entry]) -> bool:
    """True where the entries of one flow are those of a login that worked."""
    got_tokens = any(isinstance(e, Exchange) and e.endpoint == "token" and e.sent.status == 200 for e in entries)
    kinds = [e.detail.get("kind") for e in entries if isinstance(e, Event) and e.kind == "outcome"]
    return got_tokens and not {"refused", "crashed", "hung"} & set(kinds)


# Verdicts


def _against(scenario: Scenario, case: Case, expected: str, actual: str, exchanges: tuple[int, ...]) -> Verdict:
    severity = scenario.requirement.severity
    status: Status = "passed" if severity == "none" else severity
    return Verdict(case.identifier, case.app_kind, status, expected=expected, actual=actual, exchanges=exchanges)


def _troubled(case: Case, trouble: Trouble) -> Verdict:
    return Verdict(
        case.identifier,
        case.app_kind,
        trouble.kind,
        code=trouble.code,
        cause=trouble.cause,
        next_step=trouble.next_step,
    )


def _cannot_tell(case: Case, code: str, cause: str, next_step: str) -> Verdict:
    return Verdict(case.identifier, case.app_kind, "inconclusive", code=code, cause=cause, next_step=next_step)


def _cannot_tell_signed_in(case: Case) -> Verdict:
    cause = "Cannot tell whether the session is signed in: nothing that the client shows depends on it."
    next_step = "Give a probe (--signed-in 'GET /me is 200') or a way to call the API (--api-call)."
    return _cannot_tell(case, "CANNOT_TELL_SIGNED_IN", cause, next_step)


def _not_alive(case: Case, when: str) -> Verdict:
    cause = f"A good login {when} it did not work, so a refusal here proves nothing."
    return _cannot_tell(case, f"NOT_ALIVE_{when.upper()}", cause, "Make a plain login work first: `oauthspec doctor`.")


def _numbers(exchanges: Sequence[Exchange]) -> tuple[int, ...]:
    return tuple(exchange.number for exchange in exchanges)
