"""The ways of saying how a case was judged: passed, against the client, or why nothing can be said.

Nothing that cannot be told is ever folded into passed; each such verdict has a stable code and a next step.
"""

from collections.abc import Sequence

from mock_server.transcript import Exchange
from scenarios.model.case import Case, Trouble
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import Status, Verdict


def passed(case: Case) -> Verdict:
    """As expected."""
    return Verdict(case.identifier, case.app_kind, "passed")


def against(scenario: Scenario, case: Case, expected: str, actual: str, exchanges: tuple[int, ...]) -> Verdict:
    """A failure or a warning, as the level of the requirement has it.

    A step in which the client sent nothing is shown by the exchange before it: what its browser was sent with.
    """
    severity = scenario.requirement.severity
    status: Status = "passed" if severity == "none" else severity
    shown = exchanges or numbers(case.exchanges[-1:])
    return Verdict(case.identifier, case.app_kind, status, expected=expected, actual=actual, exchanges=shown)


def troubled(case: Case, trouble: Trouble) -> Verdict:
    """Something came between, and there is nothing to judge."""
    return Verdict(
        case.identifier,
        case.app_kind,
        trouble.kind,
        code=trouble.code,
        cause=trouble.cause,
        next_step=trouble.next_step,
    )


def cannot_tell(case: Case, code: str, cause: str, next_step: str) -> Verdict:
    """Inconclusive: a stable code, why, and what to do about it."""
    return Verdict(case.identifier, case.app_kind, "inconclusive", code=code, cause=cause, next_step=next_step)


def never_settled(case: Case, step: str) -> Verdict:
    """A step was opened and never ended."""
    next_step = "Look at the trace, which --output DIR writes."
    return cannot_tell(case, "STEP_NEVER_SETTLED", f"The step {step!r} has no outcome.", next_step)


def never_delivered(case: Case) -> Verdict:
    """What the scenario is about has not been shown to the client."""
    cause = "The changed answer was never sent: the client did not ask for it."
    return cannot_tell(case, "NEVER_DELIVERED", cause, "Look at the trace, which --output DIR writes.")


def never_read(case: Case) -> Verdict:
    """The application was told where the server's metadata are, and went without."""
    cause = "The client never read the server's metadata, although it was told where they are and is said to read them."
    next_step = "Have it ask at metadata_url, or take back what was said of it (discovery, {metadata_url})."
    return cannot_tell(case, "METADATA_NEVER_READ", cause, next_step)


def nothing_to_change(case: Case) -> Verdict:
    """A state of digits alone has no capitals to swap, and a short one cannot be cut."""
    cause = "The change leaves this client's values as they are, so that its answer was a right one."
    return troubled(case, Trouble("not_applicable", "NOTHING_TO_CHANGE", cause, "The other rows say enough."))


def nothing_to_look_at(case: Case, what: str) -> Verdict:
    """What the check is about was not sent; whether it has to be is for another scenario to say."""
    cause = f"The client sent no {what}, so there is nothing to look at."
    next_step = "Whether it has to send one is judged by itself: `oauthspec list` shows where."
    return troubled(case, Trouble("not_applicable", "NOTHING_TO_LOOK_AT", cause, next_step))


def not_declared(case: Case, what: str) -> Verdict:
    """The client has not said what it can say."""
    cause = f"The client did not say {what}, although it can."
    return cannot_tell(case, "NOT_DECLARED", cause, "Let it say so after this step too.")


def cannot_tell_signed_in(case: Case) -> Verdict:
    """No signal says whether anybody is signed in."""
    cause = "Cannot tell whether the session is signed in: nothing that the client shows depends on it."
    next_step = "Give a probe (--signed-in 'GET /me is 200') or a way to call the API (--api-call)."
    return cannot_tell(case, "CANNOT_TELL_SIGNED_IN", cause, next_step)


def not_alive(case: Case, when: str) -> Verdict:
    """A refusal by an application that does not work proves nothing."""
    cause = f"A good login {when} it did not work, so a refusal here proves nothing."
    next_step = "Make a plain login work first: `oauthspec serve` says what it lacks."
    if when == "after":
        next_step = "See what this has left behind in the application: before it, a login worked."
    return cannot_tell(case, f"NOT_ALIVE_{when.upper()}", cause, next_step)


def numbers(exchanges: Sequence[Exchange]) -> tuple[int, ...]:
    """The numbers of exchanges."""
    return tuple(exchange.number for exchange in exchanges)


def does_not_refresh(case: Case, *, told: bool = False) -> Verdict:
    """Nothing obliges a client to refresh by itself when the API refuses its token (RFC 6750 3.1: MAY).

    Nor to send anything when it is `told` to refresh and will not.
    """
    cause = "Its access token had expired, and the client did not refresh by itself."
    if told:
        cause = "The client was told to refresh, and sent no refresh token."
    next_step = "Nothing obliges it to; what it would have to do then cannot be judged."
    return troubled(case, Trouble("not_applicable", "DOES_NOT_REFRESH", cause, next_step))
