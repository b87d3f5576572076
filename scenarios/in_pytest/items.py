"""Each scenario and each rule as an item of pytest, for the client of a marker `oauthspec`."""

from typing import NoReturn

import pytest

from scenarios.collection import Selected
from scenarios.drivers.driver import CannotStart
from scenarios.in_pytest.asked import MISTAKES, Question, asked
from scenarios.in_pytest.benches import Bench, Benches, performed_elsewhere
from scenarios.in_pytest.telling import reaction, told_scenario
from scenarios.reports.shown import Hidden

_FIXTURE = "oauthspec_case"


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make an item of each scenario, and then of each rule; what is wrong with the marker is an error of collection."""
    marker = metafunc.definition.get_closest_marker("oauthspec")
    if marker is None:
        _stop("NO_MARKER: Nothing says which client to judge. Add @pytest.mark.oauthspec(client=factory) to the test.")
    if marker.args:
        _stop(f"BAD_ARGUMENT: {marker.args[0]!r} stands there without a name. Write client=... or adapter=[...].")
    try:
        wanted = asked(marker.kwargs, metafunc.config.rootpath)
    except MISTAKES as error:
        _stop(str(error))
    questions = [Question(wanted, each, each.app_kind) for each in wanted.plan.performances]
    questions += [Question(wanted, rule, kind) for rule, kind in wanted.rules]
    ids = [f"{each.identifier}-{each.app_kind}" for each in questions]
    metafunc.parametrize(_FIXTURE, questions, ids=ids, indirect=True)


def case(request: pytest.FixtureRequest, benches: Benches, warning: type[Warning]) -> "OauthspecCase":
    """What the fixture gives; where there is no application, the item is an error of its set-up."""
    question = getattr(request, "param", None)
    if not isinstance(question, Question):
        _stop("NO_ITEM: oauthspec_case is an argument of a test; it cannot be asked for while a test runs.")
    bench = benches.of(question.asked)
    try:
        bench.prepare(question)
    except CannotStart as error:
        _stop(str(error))
    return OauthspecCase(question, bench, request.node, warning)


class OauthspecCase:
    """One scenario, or one rule, for one client."""

    def __init__(self, question: Question, bench: Bench, node: pytest.Item, warning: type[Warning]) -> None:
        self.identifier = question.identifier
        self.app_kind = question.app_kind
        self._question = question
        self._bench = bench
        self._node = node
        self._warning = warning

    def __repr__(self) -> str:
        return f"<{self.identifier} as a {self.app_kind} app>"

    def check(self) -> None:
        """Perform it and judge it: pass, fail, skip with the reason, or warn."""
        __tracebackhide__ = True
        question, bench, nodeid = self._question, self._bench, self._node.nodeid
        if isinstance(question.what, Selected):
            told = told_scenario(question.what, *bench.perform(question.what), nodeid)
        else:
            bench.perform_missing(self.app_kind, performed_elsewhere(self._node.session, question.asked))
            told = bench.ask(question.what, self.app_kind, nodeid)
        kind, text = reaction(told, question.asked.plan.terms)
        if kind == "warn":
            self._warn(text)
        elif kind == "skip":
            pytest.skip(text)
        elif kind == "xfail":
            pytest.xfail(text)
        elif kind == "fail":
            bench.failed.add((self.identifier, self.app_kind))
            pytest.fail(text, pytrace=False)

    def _warn(self, text: str) -> None:
        __tracebackhide__ = True
        try:
            self._node.warn(self._warning(text))
        except self._warning:  # warnings are errors here
            pytest.fail(text, pytrace=False)


def _stop(text: str) -> NoReturn:
    """End an item, or the collection, with one line and without the exceptions that led to it."""
    raise pytest.fail.Exception(f"oauthspec: {Hidden().text(text)}", pytrace=False) from None
