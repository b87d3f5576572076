"""Whether an application has come through: one that crashed, hung or no longer logs in has refused nothing."""

from scenarios.evidence import alive, opened
from scenarios.evidence import outcome as outcome_of
from scenarios.model.case import Case
from scenarios.model.expectation import Sent
from scenarios.model.outcome import Outcome
from scenarios.model.verdict import Verdict
from scenarios.verdicts import cannot_tell, does_not_refresh, never_settled, not_alive

_LOG_IN = "Make a plain login work first: `oauthspec serve` says what it lacks."
_REFRESH = "See what the address after --refresh does, or refresh(session) of the client."
_CALL = "See what the address after --api-call does, or call_api(session) of the client."
_NEVER_CAME = {
    "code": ("NO_TOKEN_REQUEST", "The login sent no token request", "land", _LOG_IN),
    "refresh": ("NO_REFRESH", "The client did not refresh", "refresh", _REFRESH),
    "refreshed": ("NOT_REFRESHED", "No refresh was answered with tokens", "refresh", _REFRESH),
    "resource_request": ("NO_API_REQUEST", "The client sent nothing to the API", "call_api", _CALL),
    "authorization_request": ("NO_AUTHORIZATION_REQUEST", "The client began no login", "land", _LOG_IN),
}


def lives(case: Case, step: str, outcome: Outcome | None) -> Verdict | None:
    """What is missing for saying that the application has come through; nothing where it has."""
    if outcome is None:
        return never_settled(case, step)
    if outcome.kind in ("crashed", "hung"):
        cause = "The client crashed" if outcome.kind == "crashed" else "The client never answered"
        cause += f", which is no refusal. {outcome.detail}".rstrip()
        return cannot_tell(case, outcome.kind.upper(), cause, "Look at its output.")
    if not case.strays or case.alone:
        if not alive(case, case.before):
            return not_alive(case, "before")
        return None if alive(case, case.after) else not_alive(case, "after")
    return stray(case)


def never_came(case: Case, session: str, sent: Sent) -> Verdict:
    """What a check looks at was never sent: why, and what to look at oneself."""
    if sent == "refresh" and not opened(case, session, "refresh"):
        return does_not_refresh(case)
    code, what, step, next_step = _NEVER_CAME[sent]
    outcome = outcome_of(case, session, step)
    cause = f"{what}, so there is nothing to look at."
    if outcome is not None and outcome.detail:
        cause += f" The client said: {outcome.detail}"
    return cannot_tell(case, code, cause, next_step)


def stray(case: Case) -> Verdict | None:
    """Why nothing can be said while a request came that no flow can be named for; nothing where none did."""
    if not case.strays or case.alone:
        return None
    cause = f"Request {case.strays[0].number} came meanwhile, and no flow can be named for it."
    return cannot_tell(case, "STRAY_REQUEST", cause, "It is performed again alone.")
