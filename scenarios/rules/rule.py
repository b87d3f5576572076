"""A rule, and how rules are asked of a transcript."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mock_server.protocol.records import App
from mock_server.transcript import Entry, Exchange
from scenarios.checks.login import Login, logins
from scenarios.checks.subjects import missing
from scenarios.checks.table import Check
from scenarios.model.assignment import AppKind
from scenarios.model.requirement import Requirement
from scenarios.model.verdict import Finding, RuleVerdict, Status


@dataclass(frozen=True)
class Rule:
    """A check that is asked of every login; `risk` and `fix` are sentences."""

    identifier: str
    requirement: Requirement
    check: Check
    risk: str
    fix: str
    app_kinds: tuple[AppKind, ...] = ("basic", "pkce")
    # It compares a login with others, by their authorization requests; all the rest look at one login at a time.
    across_logins: bool = False

    def findings(self, logins: Sequence[Login]) -> tuple[Finding, ...]:
        """What the rule has against these logins."""
        return tuple(self.check([login for login in logins if _kind(login) in self.app_kinds]))


def _kind(login: Login) -> AppKind:
    return "pkce" if login.app.is_public else "basic"


def judge_rules(
    rules: Iterable[Rule], entries: Iterable[Entry], apps: Iterable[App], app_kind: AppKind
) -> tuple[RuleVerdict, ...]:
    """One verdict for each rule that speaks of this kind of app, over a whole run; `apps` are all that it registered.

    All of them, or the logins of one app would be taken for those of another.
    """
    found = [login for login in logins(entries, apps) if _kind(login) == app_kind]
    return tuple(_verdict(rule, found) for rule in rules if app_kind in rule.app_kinds)


def _verdict(rule: Rule, logins: Sequence[Login]) -> RuleVerdict:
    judged = sum(1 for login in logins if _kind(login) in rule.app_kinds and not missing(rule.check.__name__, (login,)))
    findings = rule.findings(logins)
    if not findings:
        return RuleVerdict(rule.identifier, "passed" if judged else "not_applicable", judged=judged)
    severity = rule.requirement.severity
    status: Status = "passed" if severity == "none" else severity
    return RuleVerdict(rule.identifier, status, len(findings), findings[0], judged)


Report = Callable[[Rule, Finding], None]


class Watcher:
    """Asks the rules of each flow as it grows, and tells what is new: a listener of a running server's transcript.

    It remembers as much as the last flows hold, so that it can run for days.
    """

    def __init__(self, rules: Iterable[Rule], apps: Callable[[], Iterable[App]], report: Report) -> None:
        self._rules = tuple(rules)
        self._apps = apps
        self._report = report
        self._flows: dict[str, list[Exchange]] = {}
        self._told: dict[str, set[tuple[str, int]]] = {}

    def __call__(self, entry: Entry) -> None:
        """Look at an entry that has just been added."""
        if not isinstance(entry, Exchange) or not entry.flow:
            return
        if entry.flow not in self._flows and len(self._flows) >= _REMEMBERED:
            oldest = next(iter(self._flows))
            self._flows.pop(oldest)
            self._told.pop(oldest, None)
        self._flows.setdefault(entry.flow, []).append(entry)
        del self._flows[entry.flow][:-_LONGEST]
        told = self._told.setdefault(entry.flow, set())
        for rule, finding in self._new(entry):
            if (rule.identifier, finding.exchange) not in told:
                told.add((rule.identifier, finding.exchange))
                self._report(rule, finding)

    def _new(self, entry: Exchange) -> Iterator[tuple[Rule, Finding]]:
        """What the rules have against this exchange, in the light of the flows before it."""
        apps = tuple(self._apps())
        own = logins(self._flows[entry.flow], apps)
        others = [e for flow in tuple(self._flows)[-_COMPARED:] if flow != entry.flow for e in self._first(flow)]
        all_known = (*logins(others, apps), *own)
        for rule in self._rules:
            findings = rule.findings(all_known if rule.across_logins else own)
            yield from ((rule, finding) for finding in findings if finding.exchange == entry.number)

    def _first(self, flow: str) -> tuple[Exchange, ...]:
        return tuple(exchange for exchange in self._flows[flow] if exchange.endpoint == "authorization")


_REMEMBERED = 200
_LONGEST = 50
# A server waits while its listeners look: each request is compared with so many flows, and no more.
_COMPARED = 100
