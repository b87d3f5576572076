"""Whether an application has come through: one that crashed, hung or no longer logs in has refused nothing."""

from scenarios.evidence import alive
from scenarios.model.case import Case
from scenarios.model.outcome import Outcome
from scenarios.model.verdict import Verdict
from scenarios.verdicts import cannot_tell, never_settled, not_alive


def lives(case: Case, step: str, outcome: Outcome | None) -> Verdict | None:
    """What is missing for saying that the application has come through; nothing where it has."""
    if outcome is None:
        return never_settled(case, step)
    if outcome.kind in ("crashed", "hung"):
        cause = "The client crashed" if outcome.kind == "crashed" else "The client never answered"
        return cannot_tell(case, outcome.kind.upper(), f"{cause}, which is no refusal.", "Look at its output.")
    if not case.strays or case.alone:
        if not alive(case, case.before):
            return not_alive(case, "before")
        return None if alive(case, case.after) else not_alive(case, "after")
    return stray(case)


def stray(case: Case) -> Verdict | None:
    """Why nothing can be said while a request came that no flow can be named for; nothing where none did."""
    if not case.strays or case.alone:
        return None
    cause = f"Request {case.strays[0].number} came meanwhile, and no flow can be named for it."
    return cannot_tell(case, "STRAY_REQUEST", cause, "It is performed again alone.")
