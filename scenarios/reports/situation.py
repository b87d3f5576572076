"""What was unlike a plain login in a story, from its evidence alone: what the server changed, and who opened what."""

from collections.abc import Iterator, Sequence

from mock_server.transcript import Answer, Event, Exchange
from scenarios.model.assignment import PLAIN, AssignmentKind
from scenarios.model.case import Case
from scenarios.performing import ACCESS_TOKEN_LIFETIME
from scenarios.reports.differences import differences
from scenarios.reports.shown import Hidden, answer_line, legible, shortened

# A label and a text; the labels are those of a failure.
Line = tuple[str, str]

_MOST_CHANGED = 3
_MOST_NUMBERED = 8
_CERTIFICATES = {
    "renewed": "a new one, of the same authority",
    "self_signed": "one that has signed itself",
    "expired": "one that has expired",
    "wrong_name": "one for another name",
    "unknown_authority": "one of an authority that nobody knows",
}


def situation(case: Case, hidden: Hidden, assignment: AssignmentKind = PLAIN) -> tuple[Line, ...]:
    """Lines that say what the client was faced with; one that says so where nothing was changed."""
    lines: list[Line] = []
    if assignment != PLAIN:
        lines.append(("changed", f"what the application was told: {assignment}"))
    lines += [*_of_exchanges(case, hidden), *_of_flows(case), *_opened(case, hidden), *_of_time(case)]
    return tuple(lines) or (("changed", "nothing: every answer was right"),)


def is_plain(case: Case, assignment: AssignmentKind = PLAIN) -> bool:
    """True where one login took place at most, every answer was right and every redirect opened by whom it was for."""
    hidden = Hidden()
    unlike = (_of_exchanges(case, hidden), _of_flows(case), _opened(case, hidden))
    told = assignment != PLAIN or any(case.events("application")) or any(map(any, unlike))
    return not told and sum(event.detail.get("step") == "land" for event in case.events("step")) <= 1


def _of_exchanges(case: Case, hidden: Hidden) -> Iterator[Line]:
    """Each change once, however often it was made: a client that asks again is answered in the same way again."""
    told: dict[tuple[str, ...], list[Exchange]] = {}
    of_metadata = [each for each in case.of_flow(case.metadata) if isinstance(each, Exchange)] if case.metadata else []
    for exchange in (*of_metadata, *case.exchanges):
        if exchange.changes:
            whose = _whose(case, exchange.flow)
            changes = shortened("; ".join(exchange.changes))
            told.setdefault((whose, changes, *differences(exchange.right, exchange.sent, hidden)), []).append(exchange)
    for (whose, changes, *different), exchanges in list(told.items())[:_MOST_CHANGED]:
        first = exchanges[0]
        yield "changed", f"{numbered([each.number for each in exchanges])}{whose}: {changes}"
        if first.sent != first.right:
            yield "right", answer_line(first.right)
            yield "sent", answer_line(first.sent)
            yield "so that", "; ".join(different)
    more = [exchange.number for each in list(told.values())[_MOST_CHANGED:] for exchange in each]
    if more:
        yield "", f"and otherwise in {numbered(more)}"


def numbered(numbers: Sequence[int]) -> str:
    """Exchanges by their numbers; of many the first few, and how many more there are."""
    if len(numbers) == 1:
        return f"exchange {numbers[0]}"
    more = len(numbers) - _MOST_NUMBERED
    shown = ", ".join(map(str, numbers[:_MOST_NUMBERED]))
    return f"exchanges {shown}" + (f" and {more} more, the last of them {numbers[-1]}" if more > 0 else "")


def _of_flows(case: Case) -> Iterator[Line]:
    """What no exchange names: variations, decisions of the user, and a change that never came about."""
    for event in case.events("changes"):
        whose = _whose(case, event.flow)
        variation, owner, deviation = (event.detail.get(k) for k in ("variation", "resource_owner", "deviation"))
        if isinstance(variation, dict) and variation:
            points = ", ".join(shortened(f"{name} = {value!r}") for name, value in variation.items())
            yield "changed", f"the server behaves in another legal way{whose}: {points}"
        if (certificate := str(event.detail.get("certificate", ""))) in _CERTIFICATES:
            yield "changed", f"the server shows another certificate: {_CERTIFICATES[certificate]}"
        if isinstance(owner, dict):
            yield from _decided(case, event, owner, whose)
        if isinstance(deviation, dict) and not _was_changed(case, event.flow):
            told = f"{deviation.get('name')} was planned{whose}, but the client never asked for that answer"
            yield "changed", told


def _decided(case: Case, event: Event, owner: dict[str, object], whose: str) -> Iterator[Line]:
    decision = str(owner.get("decision", ""))
    what = {"deny": "the user declined", "allow": "the user granted less", "deny_by_server": "the server declined"}
    if _was_changed(case, event.flow):
        # The answer that was changed has been shown already.
        yield "changed", f"{what.get(decision, decision)}{whose}"
        return
    yield "changed", f"{what.get(decision, decision)}{whose}; every answer was right"
    for exchange in case.exchanges:
        if exchange.flow == event.flow and exchange.endpoint == "authorization":
            yield "sent", answer_line(exchange.sent)


def _was_changed(case: Case, flow: str) -> bool:
    return any(exchange.changes for exchange in case.exchanges if exchange.flow == flow)


def _opened(case: Case, hidden: Hidden) -> Iterator[Line]:
    """A redirect that another session opened than the one that it was meant for, or that nobody sent like that."""
    for step in case.events("step"):
        session, url = step.detail.get("session"), step.detail.get("url")
        if not isinstance(url, str):
            continue
        if (method := step.detail.get("method")) is not None:
            yield "changed", f"nothing in any answer: the redirect was opened with {method} in the place of GET"
        if (host := step.detail.get("host")) is not None:
            yield "changed", f"nothing in any answer: the redirect was opened with Host: {host}"
        own = case.sessions.get(str(session), ())
        # Two redirects may be the same, word for word: then a session opened its own.
        origins = sorted((e for e in case.exchanges if _redirects_to(e, url)), key=lambda e: e.flow not in own)
        origin = next(iter(origins), None)
        if origin is None:
            yield from _forged(case, step, url, hidden)
        elif origin.flow not in own:
            meant = _session_of(case, origin.flow)
            told = f"the redirect of {meant!r} (exchange {origin.number}) was opened by {session!r}"
            yield "changed", f"nothing in any answer: {told}"
            yield "sent", answer_line(origin.sent)


def _forged(case: Case, step: Event, url: str, hidden: Hidden) -> Iterator[Line]:
    """What somebody wrote who can make a browser open a URL: beside the nearest redirect that the server did send."""
    who = step.detail.get("session")
    yield "changed", f"nothing in any answer: somebody wrote the redirect that {who!r} was made to open"
    before = [e for e in case.exchanges if e.endpoint == "authorization" and _leads(e) and e.number < step.number]
    # Who has begun no login was brought somebody else's.
    sent = [e.sent for e in before if e.flow == step.flow] or [e.sent for e in before]
    # Only the address is somebody's own; of headers nobody speaks.
    headers = tuple((n, v) for n, v in sent[-1].headers if n != "location") if sent else ()
    opened = Answer(sent[-1].status if sent else 302, (*headers, ("location", url)))
    if sent:
        yield "right", answer_line(sent[-1])
    yield "opened", answer_line(opened)
    if sent:
        yield "so that", "; ".join(differences(sent[-1], opened, hidden))


def _leads(exchange: Exchange) -> bool:
    return bool(exchange.sent.header("location"))


def _redirects_to(exchange: Exchange, url: object) -> bool:
    return exchange.endpoint == "authorization" and exchange.sent.header("location") == url


def _of_time(case: Case) -> Iterator[Line]:
    passed = case.events("time")
    if passed:
        often = f", {len(passed)} times" if len(passed) > 1 else ""
        yield "changed", f"{_expired(case, passed[0])}{often}"
    for told in dict.fromkeys(event.detail.get("told") for event in case.events("application")):
        yield "changed", f"nothing in any answer: {told}"


def _expired(case: Case, time: Event) -> str:
    seconds = time.detail.get("seconds")
    what = "the access token" if seconds == ACCESS_TOKEN_LIFETIME + 1 else "both tokens"
    if not any(e.endpoint == "token" and e.number < time.number for e in case.exchanges):
        what = "the code"
    return f"{seconds} s were let pass at the server, so that {what} expired"


def _whose(case: Case, flow: str) -> str:
    return f" ({_session_of(case, flow)})" if len(case.sessions) > 1 and flow != case.metadata else ""


def _session_of(case: Case, flow: str) -> str:
    return legible(next((name for name, flows in case.sessions.items() if flow in flows), "nobody"))
