"""Whole runs: what a client does to the harness, and what the harness says of it. The clients are miniatures."""

import asyncio
import threading
from collections import Counter

import httpx
import pytest

from client_ref.client import factory as reference
from scenarios.collection import NothingSelected, collect, performances
from scenarios.drivers.driver import ApplicationDied, CannotStart
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.model.capability import Capability
from scenarios.running import Plan, run
from scenarios.summary import Summary

PLAIN = ("callback/genuine-callback", "callback/state-changed[missing]", "callback/callback-in-a-fresh-browser")


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.cases = {}
        self.learned = []
        self.ends = 0

    def begun(self, plan):
        self.plan = plan

    def prepared(self, ground, app_kind, kind, learned):
        self.learned.append(learned)

    def judged(self, selected, case, verdict):
        self.cases[selected.app_kind, selected.identifier] = case

    def ended(self, summary):
        self.ends += 1


def performed(driver, *selectors, lanes=8, limit=20.0, kinds=("basic",)) -> tuple[Summary, Heard]:
    heard = Heard()
    plan = Plan(driver, performances(collect(), kinds, selectors or PLAIN), lanes=lanes, limit=limit)
    summary = asyncio.run(run(plan, [heard]))
    assert heard.ends == 1
    assert len(summary.verdicts) == len(plan.performances), "a verdict for each performance, and no more"
    return summary, heard


def statuses(summary):
    return Counter(verdict.status for _, verdict in summary.verdicts)


def codes(summary):
    return {verdict.code for _, verdict in summary.verdicts}


def driver(factory, **settings):
    return InProcessDriver(factory, **{"step_timeout": 1.0, **settings})


@pytest.mark.parametrize("lanes", [1, 8])
def test_reference_client_passes(lanes):
    summary, _ = performed(driver(reference), "callback/*", "token-response/*", lanes=lanes, kinds=("basic", "pkce"))
    assert set(statuses(summary)) == {"passed"}
    assert summary.exit_code == 0
    assert {rule.status for _, rule in summary.rules} == {"passed"}


def test_a_failed_scenario_is_exit_1():
    summary, _ = performed(driver(load_factory("flawed:state-ignored")))
    assert statuses(summary) == {"passed": 1, "failed": 2}
    assert summary.exit_code == 1


def test_nothing_judged_is_never_a_pass():
    class RefusesEverything:
        def begin(self, session):
            raise RuntimeError("no")

        def land(self, session, url):
            raise RuntimeError("no")

    summary, heard = performed(driver(lambda assignment: RefusesEverything()))
    assert statuses(summary) == {"inconclusive": 3}
    assert codes(summary) == {"CANNOT_LOG_IN"}
    assert summary.exit_code == 3
    assert heard.learned[0].refusal
    assert Summary().exit_code == 3, "an empty run is no success"


@pytest.mark.parametrize(
    ("client", "code"),
    [
        (lambda assignment: 1 / 0, "FACTORY_RAISED"),
        (lambda assignment: object(), "CLIENT_LACKS_METHOD"),
        (lambda assignment: threading.Event().wait(30), "FACTORY_HUNG"),
    ],
)
def test_a_factory_that_gives_no_client(client, code):
    summary, _ = performed(driver(client, step_timeout=0.2))
    assert codes(summary) == {code}
    assert statuses(summary) == {"errored": 3}
    assert summary.exit_code == 3


def wrapped(**methods):
    """A factory of the reference client with some methods replaced; each is given the real client first."""

    def make(assignment):
        real = reference(assignment)

        class Client:
            capabilities = tuple(set(real.capabilities) - {"refresh", "call_api"})

            def begin(self, session):
                return real.begin(session)

            def land(self, session, url):
                return real.land(session, url)

            def close(self):
                real.close()

        for name, method in methods.items():
            setattr(Client, name, lambda self, *arguments, method=method: method(real, *arguments))
        return Client()

    return make


def test_a_client_that_begins_nowhere():
    summary, _ = performed(driver(wrapped(begin=lambda real, session: "https://elsewhere.example/auth")))
    assert codes(summary) == {"CANNOT_LOG_IN"}
    assert all("LOGIN_ELSEWHERE" in verdict.cause for _, verdict in summary.verdicts)


@pytest.mark.parametrize("nonsense", [None, 42, b"url", ""])
def test_a_client_that_returns_nonsense_for_a_url(nonsense):
    summary, _ = performed(driver(wrapped(begin=lambda real, session: nonsense)))
    assert all("BEGIN_RETURNED_NO_URL" in verdict.cause for _, verdict in summary.verdicts)


def test_a_client_that_hangs_on_a_bad_callback_refuses_nothing():
    def land(real, session, url):
        if "state=" not in url:
            threading.Event().wait(30)
        return real.land(session, url)

    summary, _ = performed(driver(wrapped(land=land), step_timeout=0.3))
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    assert by_id["callback/state-changed[missing]"].code == "HUNG"
    assert by_id["callback/genuine-callback"].status == "passed"


def test_a_client_that_raises_system_exit_has_crashed():
    def land(real, session, url):
        if "state=" not in url:
            raise SystemExit(3)
        return real.land(session, url)

    summary, _ = performed(driver(wrapped(land=land)))
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    assert by_id["callback/state-changed[missing]"].code == "CRASHED"


def test_an_asynchronous_client_that_closes_its_loop():
    class Client:
        async def begin(self, session):
            asyncio.get_running_loop().stop()
            await asyncio.Event().wait()

        async def land(self, session, url):
            """Never reached."""

    summary, _ = performed(driver(lambda assignment: Client(), step_timeout=0.5))
    assert codes(summary) == {"CLIENT_CLOSED_ITS_LOOP"}


def test_the_asynchronous_reference_client_passes():
    from client_ref.client import async_factory

    summary, _ = performed(driver(async_factory), "callback/*", "refresh/*", kinds=("pkce",))
    assert set(statuses(summary)) == {"passed"}


def test_a_capability_that_is_absent_does_not_apply():
    summary, _ = performed(driver(wrapped()), "refresh/plain-refresh", "callback/genuine-callback")
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    assert by_id["refresh/plain-refresh"].code == "CAPABILITY_ABSENT"
    assert "refresh" in by_id["refresh/plain-refresh"].cause
    assert summary.exit_code == 0


def test_what_a_library_leaves_to_its_caller_does_not_apply():
    def make(assignment):
        client = wrapped()(assignment)
        client.left_to_caller = ("state",)
        return client

    summary, _ = performed(driver(make))
    assert statuses(summary) == {"passed": 1, "not_applicable": 2}
    assert "LEFT_TO_CALLER" in codes(summary)


class DyingDriver(InProcessDriver):
    """An application that dies at some landings, and can be started again."""

    def __init__(self, dies_at, **settings):
        super().__init__(reference, **settings)
        self.starts = 0
        self._dies_at = dies_at

    async def start(self, assignment):
        self.starts += 1
        application = await super().start(assignment)
        make, dies_at = application.session, self._dies_at

        def session():
            real = make()
            land = real.land

            async def dying(url):
                if dies_at(url):
                    raise ApplicationDied("DIED", "The process is gone.", "Look at its output.")
                return await land(url)

            real.land = dying
            return real

        application.session = session
        return application


def test_a_death_is_inconclusive_and_the_rest_goes_on():
    dying = DyingDriver(lambda url: "tate" not in url)
    summary, _ = performed(dying, "callback/*", lanes=4)
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    assert by_id["callback/state-changed[missing]"].code == "DIED"
    assert {v.status for name, v in by_id.items() if "[missing]" not in name} <= {"passed"}
    assert dying.starts >= 3, "once at the start, and after each death"
    assert summary.exit_code == 3


def test_many_deaths_do_not_end_the_run():
    dying = DyingDriver(lambda url: "error=" in url or "forged" in url)
    summary, _ = performed(dying, "callback/*", lanes=2)
    assert codes(summary) == {"", "DIED"}
    assert statuses(summary)["passed"] > 10
    assert summary.exit_code == 3


def test_an_application_that_only_dies_is_given_up():
    """It logs in while it is learnt, and never again."""
    landed = []

    def dies(url):
        landed.append(url)
        return len(landed) > 3

    dying = DyingDriver(dies)
    summary, _ = performed(dying, "callback/*", lanes=2)
    assert "KEEPS_DYING" in codes(summary)
    assert dying.starts <= 12


def test_an_application_that_dies_at_once_cannot_be_judged():
    summary, _ = performed(DyingDriver(lambda url: True))
    assert codes(summary) == {"DIED"}
    (cause,) = {verdict.cause for _, verdict in summary.verdicts}
    assert not cause.startswith("DIED"), "the code stands before it already"


def test_an_application_that_cannot_be_started_is_said_once_for_each():
    class Never(InProcessDriver):
        async def start(self, assignment):
            raise CannotStart("COMMAND_NOT_FOUND", "No such command.", "Check its name.")

    summary, _ = performed(Never(reference))
    assert codes(summary) == {"COMMAND_NOT_FOUND"}


def test_one_lane_for_an_application_that_serves_one_at_a_time():
    busy = []

    def land(real, session, url):
        busy.append(len(busy))
        assert not lock.locked(), "two at once"
        with lock:
            return real.land(session, url)

    lock = threading.Lock()

    class OneAtATime(InProcessDriver):
        async def start(self, assignment):
            application = await super().start(assignment)
            application.capabilities -= {Capability.CONCURRENT}
            return application

    summary, _ = performed(OneAtATime(wrapped(land=land)), "callback/*")
    assert set(statuses(summary)) == {"passed"}
    assert len(busy) > 20


def test_a_scenario_that_takes_too_long_is_errored():
    def refresh(real, session):
        threading.Event().wait(30)

    slow = driver(wrapped(refresh=refresh), step_timeout=10)
    summary, _ = performed(slow, "refresh/plain-refresh", "callback/genuine-callback", limit=0.5)
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    assert by_id["refresh/plain-refresh"].code == "SCENARIO_TIMED_OUT"
    assert by_id["callback/genuine-callback"].status == "passed"


def test_an_empty_code_is_found_however_many_lanes_are_open():
    """It names no flow: with other steps open it is nobody's, and the scenario is performed again alone."""

    def make(assignment):
        def land(real, session, url):
            if "code=" not in url or "code=&" in url:
                form = {"grant_type": "authorization_code", "code": ""}
                app = (assignment.client_id, assignment.client_secret)
                httpx.post(assignment.token_endpoint, data=form, auth=app)
            return real.land(session, url)

        return wrapped(land=land)(assignment)

    summary, _ = performed(driver(make), "callback/*", lanes=8)
    by_id = {selected.identifier: verdict for selected, verdict in summary.verdicts}
    failed = {name for name, v in by_id.items() if v.status == "failed"}
    assert failed >= {"callback/code-missing[missing]", "callback/code-missing[empty]"}
    assert all(name.startswith(("callback/code-missing", "callback/error-in", "callback/consent")) for name in failed)


def test_the_client_never_learns_the_scenarios_name():
    urls = []

    def land(real, session, url):
        urls.append(url)
        return real.land(session, url)

    summary, _ = performed(driver(wrapped(land=land)), "callback/*")
    names = {part for selected, _ in summary.verdicts for part in (selected.identifier, selected.scenario.identifier)}
    assert not any(name in url for url in urls for name in names)
    assert not any("flow-" in url for url in urls)


def test_leniency_is_the_narrowest_and_the_finding_stays():
    _, heard = performed(driver(load_factory("flawed:secret-in-body-only")))
    learned = heard.learned[0]
    assert learned.leniencies == ("accepts_secret_in_body",)
    assert "client_secret_post" in learned.strictly


@pytest.mark.parametrize(
    "selector", ["callback/no-such", "S-CB-99", "RFC 6749 99", "nonsense*", "callback/state-changed[x]"]
)
def test_a_selector_that_matches_nothing_is_an_error(selector):
    with pytest.raises(NothingSelected, match="matches no scenario"):
        performances(collect(), ("basic",), [selector])


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        ("callback/state-changed", 8),
        ("callback/state-changed[missing]", 1),
        ("callback/state-changed[*", 8),
        ("S-CB-02", 10),
        ("RFC 6749 section 4.1.2.1", 14),
    ],
)
def test_selectors(selector, count):
    assert len(performances(collect(), ("basic",), [selector])) >= count
