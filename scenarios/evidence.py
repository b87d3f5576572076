"""What the entries of a case show: outcomes, what came after a step, whether the application was alive."""

from collections.abc import Iterator, Sequence

import msgspec

from mock_server.protocol.resource import bearer_token
from mock_server.transcript import Entry, Event, Exchange
from scenarios.checks.login import member
from scenarios.model.case import Case
from scenarios.model.outcome import Outcome


def outcomes(case: Case, session: str, step: str) -> list[Outcome]:
    """The outcomes of a session's steps of a kind, in the order in which they ended."""
    return [_outcome(event) for event in _ended(case, session, step)]


def outcome(case: Case, session: str, step: str) -> Outcome | None:
    """The outcome of the session's last step of a kind."""
    found = outcomes(case, session, step)
    return found[-1] if found else None


def _ended(case: Case, session: str, step: str) -> list[Event]:
    return [
        event
        for event in case.events("outcome")
        if event.detail.get("session") == session and event.detail.get("step") == step
    ]


def _outcome(event: Event) -> Outcome:
    known = {name: value for name, value in event.detail.items() if name in Outcome.__struct_fields__}
    return msgspec.convert(known, Outcome)


def lifetime(case: Case, session: str, step: str) -> float | None:
    """How long, in seconds, the client believed its access token to live when the last step ended."""
    ended = _ended(case, session, step)
    if not ended:
        return None
    expires_at, told_at = ended[-1].detail.get("expires_at"), ended[-1].detail.get("told_at")
    if not isinstance(expires_at, int | float) or not isinstance(told_at, int | float):
        return None
    return expires_at - told_at


def opened(case: Case, session: str, step: str) -> list[int]:
    """The numbers under which a session's steps of a kind were opened."""
    return [
        event.number
        for event in case.events("step")
        if event.detail.get("session") == session and event.detail.get("step") == step
    ]


def window(case: Case, session: str, step: str, times: int = 1) -> tuple[Exchange, ...] | None:
    """What came after the session's last step of a kind was opened (or its last `times`), in any flow of the story.

    Nothing if there was no such step.
    """
    begun = opened(case, session, step)
    if not begun:
        return None
    first = begun[-min(times, len(begun))]
    later = (e.number for e in case.events("step") if e.number > begun[-1] and e.detail.get("session") != session)
    end = min(later, default=None)
    return tuple(e for e in case.exchanges if e.number > first and (end is None or e.number < end))


def of_session(case: Case, session: str) -> tuple[Exchange, ...]:
    """Every exchange of a session."""
    flows = case.sessions.get(session, ())
    return tuple(e for e in case.exchanges if e.flow in flows)


def was_forged(case: Case, session: str) -> bool:
    """True where the session was made to open a redirect that the server has not sent it."""
    sent = {e.sent.header("location") for e in of_session(case, session) if e.endpoint == "authorization"}
    mine = (event.detail for event in case.events("step") if event.detail.get("session") == session)
    return any("url" in detail and detail["url"] not in sent for detail in mine)


def believing(case: Case, among: Sequence[Exchange]) -> Iterator[Exchange]:
    """Requests that show the API a token of no good answer, be it behind a scheme that the poisoned one has made up."""
    answers = [e for e in case.exchanges if e.endpoint == "token"]
    good = [_token(e) for e in answers if e.sent.status == 200 and not e.changes]
    poisoned = [_token(e) for e in answers if e.changes]
    for exchange in among:
        header = exchange.request.header("authorization") if exchange.endpoint == "resource" else ""
        shown = header.partition(" ")[2].strip()
        if shown and shown not in good and (shown in poisoned or bearer_token(header)):
            yield exchange


def _token(exchange: Exchange) -> object:
    return member(exchange, "access_token")


def is_denied(case: Case, among: Sequence[Exchange]) -> bool:
    """True where something was to be changed, and never was: the server had to deny who asked, whatever it answers."""
    asked = [e for e in among if e.endpoint == "token"]
    return any(case.events("changes")) and any(e.error == "invalid_client" and not e.changes for e in asked)


def changes_nothing(case: Case, session: str) -> bool:
    """True where an answer to the session was to be spoiled, and the values of this client leave nothing to spoil."""
    flows = case.sessions.get(session, ())
    planned = any("deviation" in event.detail for event in case.events("changes") if event.flow in flows)
    answered = any(e.endpoint == "authorization" for e in of_session(case, session))
    return planned and answered and not any(e.changes for e in of_session(case, session))


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


def reason_family(reason: str) -> str:
    """The kind of reason that a client's code for a refusal is of, or nothing."""
    return next((family for family in _REASON_FAMILIES if reason.startswith(family)), "")


def alive(case: Case, flow: str) -> bool:
    """True where a good login of that flow got its tokens and was not refused afterwards."""
    return is_alive(case.of_flow(flow)) if flow else False


def is_alive(entries: Sequence[Entry]) -> bool:
    """True where the entries of one flow are those of a login that worked."""
    got_tokens = any(isinstance(e, Exchange) and e.endpoint == "token" and e.sent.status == 200 for e in entries)
    kinds = [e.detail.get("kind") for e in entries if isinstance(e, Event) and e.kind == "outcome"]
    return got_tokens and not {"refused", "crashed", "hung"} & set(kinds)
