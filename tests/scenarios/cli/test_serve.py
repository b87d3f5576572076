"""`oauthspec serve` names what an application does wrong, as it happens: on the console and in the journal."""

from __future__ import annotations

import base64
import re
import sys

import httpx
import pytest

from mock_server.serving import BASIC_APP, authorization_server
from mock_server.transcript import Answer, Exchange, ReceivedRequest
from scenarios.cli.serve import watch
from scenarios.rules.always import RULES
from scenarios.rules.rule import Watcher
from tests.processes import environment, served

STATE = "a-state-of-thirty-two-characters"
QUERY = f"response_type=code&client_id={BASIC_APP.client_id}&redirect_uri={BASIC_APP.redirect_uris[0]}&scope=offline"


@pytest.mark.slow
def test_a_violation_is_named_when_it_happens(tmp_path):
    command = [sys.executable, "-m", "oauthspec", "serve", "--port", "0", "--auto-allow"]
    with served(command, cwd=tmp_path, env=environment(tmp_path), until="Ctrl-C stops") as server:
        with httpx.Client(base_url=server.url, trust_env=False) as browser:
            browser.get(f"/oauth2/auth?{QUERY}&state=12345678")
        server.interrupt()
    request = next(number for number, line in enumerate(server.lines) if "GET /oauth2/auth" in line)
    assert re.match(r"  failed: rule/state-is-long-enough: .*RFC 6749 section 10.10. Fix: ", server.lines[request + 1])


def test_the_journal_has_it_too(capsys):
    core = authorization_server(auto_allow=True)
    watch(core)
    core.authorize(ReceivedRequest("GET", f"/oauth2/auth?{QUERY}&state=12345678"))
    ((number, found),) = [(e.number, core.findings.of(e.number)) for e in core.transcript.exchanges]
    assert [finding.rule for finding in found] == ["rule/state-is-long-enough"]
    assert (found[0].level, found[0].clause) == ("failed", "RFC 6749 section 10.10")
    assert found[0].fix
    assert number


def test_what_came_before_the_rules_were_loaded_is_looked_at_once(capsys):
    """The server answers as soon as it listens; what watches it comes a moment later."""
    core = authorization_server(auto_allow=True)
    for state in ("12345678", "1234567z"):
        core.authorize(ReceivedRequest("GET", f"/oauth2/auth?{QUERY}&state={state}"))
        if state == "12345678":
            watch(core)
    assert [len(core.findings.of(each.number)) for each in core.transcript.exchanges] == [1, 1]
    assert capsys.readouterr().err.count("rule/state-is-long-enough") == 2


def exchange(number: int, flow: str, endpoint: str, request: ReceivedRequest) -> Exchange:
    answer = Answer(200)
    return Exchange(number, 0.0, flow, "value", endpoint, request, answer, answer)


def login(number: int, flow: str, state: str) -> Exchange:
    return exchange(number, flow, "authorization", ReceivedRequest("GET", f"/oauth2/auth?{QUERY}&state={state}"))


@pytest.fixture
def watched():
    told = []

    def report(rule, finding):
        told.append((rule.identifier, finding.exchange))

    return Watcher(RULES, lambda: [BASIC_APP], report), told


def test_a_right_client_is_told_nothing(watched):
    watcher, told = watched
    watcher(login(1, "flow-1", STATE))
    watcher(login(2, "flow-2", STATE[::-1]))
    assert told == []


def test_logins_are_compared_with_each_other(watched):
    watcher, told = watched
    for number in range(1, 4):
        watcher(login(number, f"flow-{number}", STATE))
    assert told == [("rule/state-never-repeats", 2), ("rule/state-never-repeats", 3)]


def test_each_violation_is_told_once_with_the_request_that_shows_it(watched):
    watcher, told = watched
    watcher(login(1, "flow-1", STATE))
    basic = base64.b64encode(f"{BASIC_APP.client_id}:{BASIC_APP.client_secret}".encode()).decode()
    headers = (("content-type", "application/x-www-form-urlencoded"), ("authorization", f"Basic {basic}"))
    form = f"grant_type=authorization_code&code=c&redirect_uri={BASIC_APP.redirect_uris[0]}".encode()
    for number in (2, 3):
        watcher(exchange(number, "flow-1", "token", ReceivedRequest("POST", "/oauth2/token", headers, form)))
    assert told == [("rule/code-is-sent-once", 3)]


def test_it_remembers_the_last_flows_only(watched):
    watcher, _ = watched
    for number in range(1, 400):
        watcher(login(number, f"flow-{number}", f"{STATE}-{number}"))
    assert len(watcher._flows) == len(watcher._told) <= 200
