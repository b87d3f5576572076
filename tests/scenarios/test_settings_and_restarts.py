"""Applications that refuse wrong settings, and applications that are restarted."""

import threading

from client_ref.client import factory as reference
from tests.scenarios.test_running import driver, performed


def refuses_fragments(assignment):
    if "#" in assignment.authorization_endpoint:
        raise ValueError("an endpoint with a fragment")
    return reference(assignment)


def never_starts(assignment):
    raise ValueError("not today")


def test_who_refuses_wrong_settings_and_starts_with_right_ones_is_right():
    fragment = "authorization-request/endpoint-with-a-fragment"
    summary, _ = performed(driver(refuses_fragments), fragment)
    assert {verdict.status for _, verdict in summary.verdicts} == {"passed"}
    never, _ = performed(driver(never_starts), fragment)
    assert {verdict.status for _, verdict in never.verdicts} == {"errored"}


def test_who_refuses_wrong_settings_and_cannot_log_in_with_right_ones_has_refused_nothing():
    def deaf(assignment):
        client = refuses_fragments(assignment)
        client.land = lambda session, url: never_starts(assignment)
        return client

    summary, _ = performed(driver(deaf), "authorization-request/endpoint-with-a-fragment")
    assert {verdict.code for _, verdict in summary.verdicts} == {"NOT_ALIVE_BEFORE"}


def test_a_clock_goes_back_when_a_story_breaks_off():
    """Whatever is performed afterwards is performed in the present."""
    moves = []

    def slow(assignment):
        client = reference(assignment)
        client.move_clock = moves.append
        client.call_api = lambda session: threading.Event().wait(0.6)
        return client

    summary, _ = performed(driver(slow), "token-lifetime/call-well-within-a-lifetime[hour]", limit=0.3)
    assert {verdict.code for _, verdict in summary.verdicts} == {"SCENARIO_TIMED_OUT"}
    assert moves == [1728.0, -1728.0]


def test_a_restart_leaves_sessions_and_nothing_of_the_client():
    made = []

    def counted(assignment):
        made.append(reference(assignment))
        return made[-1]

    summary, _ = performed(driver(counted), "refresh/replaced-refresh-token-after-a-restart")
    assert {verdict.status for _, verdict in summary.verdicts} == {"passed"}
    assert len(made) == 2 * len(summary.verdicts)
