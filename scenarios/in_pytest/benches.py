"""What the items of one test function share: a server, and an application for each assignment.

All of it lives on a thread and a loop of its own, so that tests may be of any kind, and other plugins keep their loops.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from scenarios.collection import Selected
from scenarios.drivers.driver import CannotStart, NotAssignable
from scenarios.in_pytest.asked import Asked, Question
from scenarios.in_pytest.telling import Told, reaction, told_rule
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.one_by_one import OneByOne, one_by_one
from scenarios.rules.rule import Rule

_Result = TypeVar("_Result")


class Bench:
    """Where a client is put through scenarios, one by one; `failed` are the rules that pytest was told of."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.failed: set[tuple[str, AppKind]] = set()
        self._performed: set[tuple[str, AppKind]] = set()
        # With how much had been performed when they were judged.
        self._rules: dict[AppKind, tuple[int, tuple[RuleVerdict, ...]]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="oauthspec bench", daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._one: OneByOne = self._await(self._stack.enter_async_context(one_by_one(asked.plan)))

    def prepare(self, question: Question) -> None:
        """Have the application ready that a question is about; `CannotStart` says why there is none."""
        selected = question.what if isinstance(question.what, Selected) else None
        try:
            self._await(self._one.prepare(question.app_kind, selected.assignment if selected else PLAIN))
        except CannotStart as error:
            # Such settings are not for this application, or it may be right to refuse them: the verdict says so.
            its_right = selected is not None and selected.scenario.settings_may_be_refused
            if not its_right and not isinstance(error, NotAssignable):
                raise

    def perform(self, selected: Selected) -> tuple[Case, Verdict]:
        """Perform a scenario, and judge it."""
        self._performed.add((selected.identifier, selected.app_kind))
        return self._await(self._one.perform(selected))

    def perform_missing(self, app_kind: AppKind, elsewhere: Iterable[Selected]) -> None:
        """Perform what has not been performed, here or elsewhere: rules speak of everything."""
        done = self._performed | {(each.identifier, each.app_kind) for each in elsewhere}
        for selected in self.asked.plan.performances:
            if selected.app_kind == app_kind and (selected.identifier, app_kind) not in done:
                self.perform(selected)

    def ask(self, rule: Rule, app_kind: AppKind, nodeid: str) -> Told:
        """What a rule says of everything that was performed here."""
        verdict = next(each for each in self._judged(app_kind) if each.identifier == rule.identifier)
        entries = self._one.entries(verdict.first.exchange) if verdict.first else ()
        secrets = [app.client_secret for apps in self._one.summary.apps.values() for app in apps if app.client_secret]
        return told_rule(rule, verdict, app_kind, entries, secrets, nodeid)

    def close(self) -> None:
        """Stop the applications and the server."""
        try:
            self._await(self._stack.aclose())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _judged(self, app_kind: AppKind) -> tuple[RuleVerdict, ...]:
        known = self._rules.get(app_kind)
        if known is None or known[0] != len(self._one.summary.verdicts):
            known = self._rules[app_kind] = len(self._one.summary.verdicts), self._one.judge_rules(app_kind)
        return known[1]

    def _await(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C, or somebody's time limit.
            future.cancel()
            raise


class Benches:
    """Those of one module of tests, which are gone when it ends."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._benches: dict[Asked, Bench] = {}

    def of(self, asked: Asked) -> Bench:
        """The bench of one test function."""
        if asked not in self._benches:
            self._benches[asked] = Bench(asked)
        return self._benches[asked]

    def close(self) -> None:
        """Close them; under xdist, say first which rules were broken here while another worker has been asked."""
        untold = list(self._untold()) if _is_a_worker(self._session) else []
        for bench in self._benches.values():
            bench.close()
        if untold:
            pytest.fail("\n\n".join(untold), pytrace=False)

    def _untold(self) -> Iterator[str]:
        for item, question in _questions(self._session):
            bench = self._benches.get(question.asked)
            if bench is None or not isinstance(question.what, Rule):
                continue
            if (question.identifier, question.app_kind) not in bench.failed:
                told = bench.ask(question.what, question.app_kind, item.nodeid)
                kind, text = reaction(told, question.asked.plan.terms)
                yield from [text] if kind == "fail" else []


def performed_elsewhere(session: pytest.Session, asked: Asked) -> list[Selected]:
    """What other workers of xdist perform for the same test function, or this one will."""
    if not _is_a_worker(session):
        return []
    return [q.what for _, q in _questions(session) if q.asked is asked and isinstance(q.what, Selected)]


def _is_a_worker(session: pytest.Session) -> bool:
    return hasattr(session.config, "workerinput")


def _questions(session: pytest.Session) -> Iterator[tuple[pytest.Item, Question]]:
    """Everything that is asked in this session, in this process or another."""
    for item in session.items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        found = [each for each in params.values() if isinstance(each, Question)]
        yield from ((item, question) for question in found)
