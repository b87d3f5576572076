"""The control API's journal: reading in parts, filtering, waiting, clearing."""

from __future__ import annotations

import threading

from tests.mock_server.web.pages.remote import Remote


def test_journal_is_read_in_parts(remote, visitor):
    for _ in range(3):
        visitor.authorize()
    first = remote.did("GET", "/journal", limit=2)
    assert ([e["number"] for e in first["entries"]], first["last"], first["more"]) == ([1, 2], 2, True)
    rest = remote.did("GET", "/journal", limit=2, after=first["last"])
    assert ([e["number"] for e in rest["entries"]], rest["more"]) == ([3], False)
    assert remote.did("GET", "/journal", after=3)["entries"] == []


def test_journal_by_flow_app_endpoint_and_outcome(remote, visitor, server):
    visitor.decide("deny")
    visitor.redeem(visitor.decide()["code"])
    visitor.redeem("nobody-knows-it")

    def numbers(**query):
        return [e["number"] for e in remote.did("GET", "/journal", **query)["entries"]]

    assert numbers(flow="flow-1") == [1, 2]
    assert numbers(flow="") == [6]
    assert numbers(endpoint="token") == [5, 6]
    assert numbers(outcome="denied") == [2]
    assert numbers(outcome="refused") == [6]
    assert numbers(app=server.basic_app.client_id) == [1, 3, 5, 6]
    assert numbers(app=server.pkce_app.client_id) == []


def test_an_entry_says_all_that_the_journal_says(remote, visitor):
    redirect = visitor.decide()
    visitor.redeem(redirect["code"])
    visitor.redeem(redirect["code"])
    entry = remote.did("GET", "/journal/4")
    assert (entry["error"], entry["sent"]["status"]) == ("invalid_grant", 400)
    assert entry["clause"] == "RFC 6749 section 4.1.2"
    assert redirect["code"] not in str(entry)
    assert redirect["code"] in str(remote.did("GET", "/journal/4", reveal="true"))
    assert remote.problem("GET", "/journal/99") == "unknown_exchange"
    assert remote.problem("GET", "/journal/x") == "unknown_exchange"


def test_waiting_read_answers_when_something_happens(remote, arrive):
    waiting = threading.Event()
    found = []

    def wait():
        waiting.set()
        found.append(Remote(arrive()).did("GET", "/journal", wait=30, endpoint="token", outcome="refused"))

    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait()
    other = arrive()
    other.authorize()  # what does not fit does not end the wait
    other.redeem("nobody-knows-it")
    thread.join(20)
    assert [e["endpoint"] for e in found[0]["entries"]] == ["token"]


def test_waiting_read_ends_with_its_time(remote):
    assert remote.did("GET", "/journal", wait=0.05) == {"entries": [], "last": 0, "more": False}


def test_clear_and_reset(remote, visitor, server):
    redirect = visitor.decide()
    remote.did("DELETE", "/journal")
    assert remote.did("GET", "/health")["entries"] == 0
    assert visitor.redeem(redirect["code"]).status_code == 200
    remote.did("POST", "/apps", {"name": "x"})
    remote.did("POST", "/reset")
    told = remote.did("GET", "/health")
    assert (told["entries"], told["grants"], told["flows"], told["apps"]) == (0, 0, 0, 2)
