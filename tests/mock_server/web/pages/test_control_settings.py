"""The control API: the resource owner, the provider, and time."""

from __future__ import annotations

from mock_server.protocol.provider import STRICT
from mock_server.protocol.resource_owner import Allow, Ask, Deny


def test_resource_owner(remote, visitor, server):
    remote.did("PUT", "/resource-owner", {"decision": "allow", "scopes": ["offline"], "email": "x@y.org", "name": "X"})
    assert server.resource_owner == Allow(("offline",))
    assert "code=" in visitor.authorize().headers["location"]
    told = remote.did("GET", "/resource-owner")
    assert (told["decision"], told["scopes"], told["email"]) == ("allow", ["offline"], "x@y.org")
    remote.did("PUT", "/resource-owner", {"decision": "deny", "error": "login_required"})
    assert server.resource_owner == Deny("login_required")
    assert remote.did("GET", "/resource-owner")["error"] == "login_required"
    remote.did("PUT", "/resource-owner", {"decision": "deny_by_server"})
    assert remote.did("GET", "/resource-owner")["decision"] == "deny_by_server"
    remote.did("PUT", "/resource-owner", {})
    assert isinstance(server.resource_owner, Ask)


def test_provider(remote, server):
    chosen = {"name": "strict", "variation": {"code_lifetime": 9}, "leniencies": ["accepts_short_state"]}
    told = remote.did("PUT", "/provider", chosen)
    assert (told["name"], told["points"]["code_lifetime"]) == ("strict", 9)
    assert server.provider.changed({"code_lifetime": STRICT.code_lifetime, "accepts_short_state": False}) == STRICT
    for bad in ({"name": "x"}, {"variation": {"x": 1}}, {"variation": {"code_lifetime": "1"}}, {"leniencies": ["x"]}):
        assert remote.problem("PUT", "/provider", bad) == "bad_provider"


def test_time(remote, visitor):
    redirect = visitor.decide()
    remote.did("POST", "/time", {"seconds": 601, "flow": "flow-1"})
    assert visitor.redeem(redirect["code"]).json()["error"] == "invalid_grant"
    assert remote.problem("POST", "/time", {"seconds": 1, "flow": "x"}) == "unknown_flow"
    assert remote.problem("POST", "/time", {"seconds": -1}) == "bad_body"
