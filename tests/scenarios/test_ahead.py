"""Applications that get ready while another is judged: only where that disturbs nobody, and nothing of them is left."""

import asyncio
import sys
from collections import Counter

import pytest

from client_ref.client import factory as reference
from scenarios.ahead import MOST_AHEAD
from scenarios.collection import collect, performances
from scenarios.drivers.driver import CannotStart, NotAssignable
from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.running import Plan, _starts_ahead, run
from tests.scenarios.drivers.apps.assigned import CLIENT
from tests.scenarios.test_running import performed, statuses, wrapped

# Each with settings of its own.
SELECTED = (
    "authorization-request/response-type-of-the-request",
    "authorization-request/no-scope-configured",
    "authorization-request/scope-without-offline",
    "authorization-request/endpoint-with-a-query",
    "authorization-request/token-endpoint-with-a-query",
    "authorization-request/two-redirect-uris",
)
SETTINGS = (
    "plain",
    "no scope",
    "no offline scope",
    "an authorization endpoint with ?tenant=t1&empty=",
    "a token endpoint with ?tenant=t1",
    "2 redirection URIs",
)


class Processes(InProcessDriver):
    """Applications as if each were a process; `start_one` is asked before each, and told which others run.

    `stop_one` is waited for as each ends.
    """

    starts_several = True

    def __init__(self, factory=reference, start_one=lambda kind, running: None, stop_one=lambda kind: asyncio.sleep(0)):
        super().__init__(factory, step_timeout=5)
        self.running: list[str] = []
        self.started: list[tuple[str, int]] = []
        self._start_one, self._stop_one = start_one, stop_one

    async def start(self, assignment):
        kind = str(assignment.kind)
        self.started.append((kind, len(self.running)))
        self.running.append(kind)
        try:
            # Others go on meanwhile, as they do while a process starts.
            await asyncio.sleep(0)
            waits = self._start_one(kind, [each for each in self.running if each != kind])
            if waits is not None:
                await waits
            application = await super().start(assignment)
        except BaseException:
            self.running.remove(kind)
            raise
        stop = application.stop

        async def stopped():
            await self._stop_one(kind)
            await stop()
            self.running.remove(kind)

        application.stop = stopped
        return application


def cannot_start(code="EXITED_AT_ONCE"):
    raise CannotStart(code, "It ended.", "See why.")


def judged(driver, *more):
    summary, _ = performed(driver, *SELECTED, *more)
    assert driver.running == []
    return summary


def beside(driver):
    """How many others each application was started beside, at most."""
    return {kind: max(others for each, others in driver.started if each == kind) for kind, _ in driver.started}


def test_the_next_get_ready_meanwhile_and_verdicts_come_in_order():
    ahead, in_turn = Processes(), Processes()
    in_turn.starts_several = False
    verdicts = [[(s.identifier, v.status) for s, v in judged(each).verdicts] for each in (ahead, in_turn)]
    assert verdicts[0] == verdicts[1]
    assert {status for _, status in verdicts[0]} == {"passed"}
    assert set(beside(in_turn).values()) == {0}
    # The first two show that they bear each other; from then on they are started before their turn.
    assert [kind for kind, _ in ahead.started] == list(SETTINGS)
    assert [beside(ahead)[kind] for kind in SETTINGS[:2]] == [0, 1]
    # One that is judged, or about to be; one that ends; and the other that gets ready.
    assert max(beside(ahead).values()) == MOST_AHEAD + 1


def test_an_application_that_empties_what_all_share_never_meets_another():
    known = []

    def begin(real, session):
        known.append(session)
        return real.begin(session)

    def land(real, session, url):
        if session not in known:
            raise LookupError("who is that?")
        return real.land(session, url)

    def emptied(assignment):
        known.clear()
        return wrapped(begin=begin, land=land)(assignment)

    driver = Processes(emptied)
    assert statuses(judged(driver)) == {"passed": len(SELECTED)}
    # The one that was started to see whether that works is stopped, and started again when it is its turn.
    assert [kind for kind, _ in driver.started] == [SETTINGS[0], SETTINGS[1], *SETTINGS[1:]]
    assert [others for _, others in driver.started] == [0, 1, 0, 0, 0, 0, 0]


def test_tokens_that_do_not_outlive_the_start_of_another():
    made = []

    def make(assignment):
        client, number = reference(assignment), len(made)
        made.append(client)
        refresh = client.refresh

        def only_while_the_last(session):
            if number + 1 < len(made):
                raise LookupError("no tokens any more")
            return refresh(session)

        client.refresh = only_while_the_last
        return client

    driver = Processes(make)
    assert statuses(judged(driver)) == {"passed": len(SELECTED)}
    assert [others for _, others in driver.started] == [0, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("most", [0, 1])
def test_an_application_that_does_not_start_beside_others_is_started_alone(most):
    driver = Processes(start_one=lambda kind, others: cannot_start("PORT_TAKEN") if len(others) > most else None)
    assert statuses(judged(driver)) == {"passed": len(SELECTED)}
    refused = [kind for kind, others in driver.started if others > most]
    assert len(refused) <= MOST_AHEAD, "it is not tried again and again"
    assert driver.started[-1][1] == 0


def test_one_that_cannot_be_started_is_said_where_it_belongs():
    driver = Processes(start_one=lambda kind, others: cannot_start("NEVER_LISTENED") if kind == SETTINGS[3] else None)
    summary = judged(driver)
    codes = {selected.identifier: verdict.code for selected, verdict in summary.verdicts}
    assert codes == dict.fromkeys(SELECTED, "") | {SELECTED[3]: "NEVER_LISTENED"}
    assert [selected.identifier for selected, _ in summary.verdicts] == list(SELECTED)
    # Alone it was tried too; and since others are not to blame, the rest is started ahead as before.
    assert [others for kind, others in driver.started if kind == SETTINGS[3]] == [MOST_AHEAD + 1, 0]
    assert beside(driver)[SETTINGS[-1]] > 0


def test_settings_that_cannot_be_assigned_are_no_reason_either():
    def cannot_be_told(kind, _others):
        if kind == SETTINGS[3]:
            raise NotAssignable("ATTACHED", "It runs already.", "Have it started from here.")

    driver = Processes(start_one=cannot_be_told)
    assert statuses(judged(driver)) == {"passed": len(SELECTED) - 1, "not_applicable": 1}
    assert [kind for kind, _ in driver.started] == list(SETTINGS)
    assert beside(driver)[SETTINGS[-1]] > 0


def test_refused_settings_are_no_reason_to_start_anything_alone():
    """The reference client refuses them, and is started with plain ones to see whether it starts at all."""
    driver = Processes()
    summary = judged(driver, "authorization-request/endpoint-with-a-fragment")
    assert statuses(summary) == {"passed": len(SELECTED) + 1}
    fragment = "an authorization endpoint with #top"
    assert Counter(kind for kind, _ in driver.started) == Counter([*SETTINGS, fragment, "plain"])
    assert beside(driver)[SETTINGS[-1]] > 0


class Telling:
    """A listener that does something once an application, the third by default, is being judged."""

    def __init__(self, act, when=SETTINGS[2]):
        self._act, self._when = act, when

    def begun(self, plan):
        pass

    def prepared(self, ground, app_kind, kind, learned):
        if str(kind) == self._when:
            self._act()

    def judged(self, *arguments):
        pass

    def ended(self, summary):
        pass


def test_one_ends_while_the_next_is_judged():
    judging = asyncio.Event()

    async def waits_for_the_next(kind):
        if kind == SETTINGS[2]:
            await asyncio.wait_for(judging.wait(), 5)

    driver = Processes(stop_one=waits_for_the_next)
    plan = Plan(driver, performances(collect(), ("basic",), SELECTED))
    summary = asyncio.run(run(plan, [Telling(judging.set, SETTINGS[3])]))
    assert statuses(summary) == {"passed": len(SELECTED)}
    assert driver.running == []


def test_an_interruption_while_one_ends_waits_for_its_end():
    async def main():
        task, ends = asyncio.current_task(), asyncio.Event()

        async def cancels(kind):
            if kind == SETTINGS[0]:
                task.cancel()
                await asyncio.sleep(0)
                asyncio.get_running_loop().call_soon(ends.set)
                await ends.wait()

        driver._stop_one = cancels
        return await run(Plan(driver, performances(collect(), ("basic",), SELECTED[:1])), [])

    driver = Processes()
    assert asyncio.run(main()).interrupted
    assert driver.running == []


def hangs(kind, _others):
    return asyncio.Event().wait() if kind == SETTINGS[3] else None


def interrupted(driver):
    async def main():
        return await run(plan, [Telling(asyncio.current_task().cancel)])

    plan = Plan(driver, performances(collect(), ("basic",), SELECTED))
    return asyncio.run(main())


def test_an_interruption_leaves_nothing_that_was_started_ahead():
    driver = Processes(start_one=hangs)
    summary = interrupted(driver)
    assert summary.interrupted
    # One of those that were on their way was ready, and one was not.
    assert [kind for kind, _ in driver.started] == list(SETTINGS[:5])
    assert driver.running == []


def test_an_interruption_while_a_turn_is_waited_for():
    async def main():
        task = asyncio.current_task()
        driver._start_one = lambda kind, others: (task.cancel(), hangs(kind, others))[1]
        return await run(Plan(driver, performances(collect(), ("basic",), SELECTED)), [])

    driver = Processes()
    assert asyncio.run(main()).interrupted
    assert driver.running == []


@pytest.mark.parametrize("where", SETTINGS[1:4])
def test_a_bug_of_ours_leaves_nothing_either(where):
    def broken(kind, others):
        if kind == where:
            raise ZeroDivisionError

    driver = Processes(start_one=broken)
    with pytest.raises(ZeroDivisionError):
        judged(driver)
    assert driver.running == []


def test_who_starts_ahead(tmp_path):
    command = [sys.executable, "-m", "client_ref"]
    fixed = "http://localhost:5050/callback"
    assert _starts_ahead(WebAppDriver(command, login="/login"))
    assert _starts_ahead(JsonLinesDriver(command))
    # Two cannot have one port, one that runs already is the only one, and in this process nothing takes long.
    assert not _starts_ahead(WebAppDriver(command, login="/login", fixed_redirect_uri=fixed))
    assert not _starts_ahead(WebAppDriver(None, login="/login", fixed_redirect_uri=fixed))
    assert not _starts_ahead(InProcessDriver(reference))


# It keeps a file of its own while it runs, and does not start where there is one.
ONE_OF_A_KIND = """
import os, pathlib, runpy, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
lock = pathlib.Path(sys.argv.pop(1))
lock.with_suffix(".starts").open("a").write(os.environ["PORT"] + "\\n")
try:
    lock.touch(exist_ok=False)
except FileExistsError:
    sys.exit("A server is already running.")
try:
    runpy.run_path(sys.argv.pop(1), run_name="__main__")
finally:
    lock.unlink()
"""


@pytest.mark.slow
@pytest.mark.parametrize("program", ["any number", "one of a kind"])
def test_processes(program, tmp_path):
    words = ["-S", "-E", "-c", ONE_OF_A_KIND, str(tmp_path / "lock")] if program == "one of a kind" else ["-S", "-E"]
    driver = WebAppDriver([sys.executable, *words, str(CLIENT)], login="/login", signed_in="GET /me is 200")
    summary, _ = performed(driver, *(SELECTED[number] for number in (0, 2, 4, 5)))
    assert statuses(summary) == {"passed": 4}
    if program == "one of a kind":
        ports = (tmp_path / "lock.starts").read_text().split()
        assert len(ports) == 5, "the second is started twice, and every other once"


@pytest.mark.slow
def test_processes_of_a_run_that_is_interrupted():
    """The guard of leftovers looks."""
    driver = WebAppDriver([sys.executable, "-S", "-E", str(CLIENT)], login="/login", signed_in="GET /me is 200")
    assert interrupted(driver).interrupted
