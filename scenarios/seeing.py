"""What is said of the pages that a browser saw: a pure function of a scenario and its case, as all of judging."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

import msgspec

from mock_server.transcript import Entry, Exchange
from scenarios.checks.login import answered, body, member
from scenarios.checks.pages import PAGE_CHECKS, Seen
from scenarios.evidence import of_session, window
from scenarios.evidence import outcome as outcome_of
from scenarios.model.case import Case
from scenarios.model.expectation import Shows
from scenarios.model.outcome import Outcome, Page
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import Verdict
from scenarios.verdicts import against, cannot_tell, never_settled, numbers, passed


def judge_shows(scenario: Scenario, case: Case, expectation: Shows) -> Verdict:
    """The verdict on what was seen of the session's last step of a kind."""
    outcome = outcome_of(case, expectation.session, expectation.step)
    if outcome is None:
        return never_settled(case, expectation.step)
    if not outcome.pages:
        cause = f"No page was seen, so there is nothing to look at. {outcome.detail}".strip()
        return cannot_tell(case, "NO_PAGE", cause, "Look at the application's output.")
    seen = Seen(outcome.pages, tuple(case.app.redirect_uris) if case.app else (), _secrets(case.exchanges))
    findings = list(PAGE_CHECKS[expectation.check](seen))
    if not findings:
        return passed(case)
    expected, actual = findings[0]
    # Where nothing came of the step, it is the login itself that shows what the browser was sent with.
    came = window(case, expectation.session, expectation.step) or of_session(case, expectation.session)[-1:]
    return against(scenario, case, expected, actual, numbers(came))


def as_recorded(outcome: Outcome, entries: Iterable[Entry]) -> Outcome:
    """An outcome without the application's cookies: of those that its pages set, the ones that hold a token stay.

    The value of such a cookie is then the name of what it holds.
    """
    secrets = _secrets(entry for entry in entries if isinstance(entry, Exchange))
    pages = tuple(msgspec.structs.replace(page, headers=tuple(_told(page, secrets))) for page in outcome.pages)
    return msgspec.structs.replace(outcome, pages=pages)


def _told(page: Page, secrets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in page.headers:
        pair, semicolon, attributes = value.partition(";")
        held = [kind for secret, kind in secrets.items() if secret in unquote(pair)] if name == "set-cookie" else []
        if name != "set-cookie":
            yield name, value
        elif held and held[0] in ("access_token", "refresh_token"):
            yield name, f"{pair.partition('=')[0]}={held[0]}{semicolon}{attributes}"


def _secrets(exchanges: Iterable[Exchange]) -> dict[str, str]:
    """What no page may hold or lead to, by value; the names are for the message."""
    secrets: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.endpoint == "authorization":
            secrets |= {value: "code" for value in answered(exchange).all("code") if value}
        if exchange.endpoint != "token":
            continue
        if verifier := body(exchange).get("code_verifier"):
            secrets[verifier] = "code_verifier"
        for name in ("access_token", "refresh_token"):
            if isinstance(token := member(exchange, name), str) and token:
                secrets[token] = name
    return secrets
