"""Changes written down and read back; any document at all gives changes or a ValueError that helps."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.changes import DEVIATIONS, NONE, Changes, parsed, written
from mock_server.delivery import Delay, Delivery, Drip, HalfBody, Interim, Pad, Redirect, Reset, TurnAway, WrongLength
from mock_server.deviations import authorization_response, resource, token_response
from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.resource_owner import Allow, Ask, Deny, DenyByServer
from tests.mock_server.in_memory import InMemory

WHOLE = (
    NONE,
    Changes(variation={"code_lifetime": 5, "response_modes": ("query",), "metadata": True}),
    Changes(leniencies=("accepts_json_body", "accepts_short_state")),
    Changes(deviation=token_response.mistypes("expires_in", [1, {"a": None}]).on(2, 3)),
    Changes(deviation=authorization_response.replaces("state", "first")),
    Changes(deviation=authorization_response.repeats("code", "x", first=True)),
    Changes(deviation=authorization_response.repeats("code", "first")),
    Changes(deviation=authorization_response.errs("first", "first")),
    Changes(deviation=authorization_response.adds_error("first")),
    Changes(deviation=authorization_response.adds_error("first", first=True)),
    Changes(deviation=resource.sets_header("x", None)),
    Changes(delivery=Delivery(Delay(1.5), "resource", 2)),
    Changes(delivery=Delivery(Drip(2, 0.0))),
    *(Changes(delivery=Delivery(Reset(after))) for after in ("request", "headers", "half_body")),
    Changes(delivery=Delivery(HalfBody())),
    Changes(delivery=Delivery(WrongLength(-3))),
    Changes(delivery=Delivery(Pad(7))),
    Changes(delivery=Delivery(Interim(102))),
    Changes(delivery=Delivery(TurnAway(429, ""))),
    Changes(delivery=Delivery(Redirect(303, "itself"))),
    *(Changes(resource_owner=owner) for owner in (Allow(), Allow(("a", "b")), Allow(()), Deny(), Deny("x", "y"))),
    *(Changes(resource_owner=owner) for owner in (DenyByServer(), Ask())),
)


@pytest.mark.parametrize("changes", WHOLE)
def test_what_is_written_is_read_back(changes):
    assert parsed(written(changes)) == changes
    assert parsed(json.loads(json.dumps(written(changes)))) == changes


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "changes: Expected `object`"),
        ([], "changes: Expected `object`"),
        ({"bogus": 1}, "unknown change: bogus"),
        ({"variation": []}, "variation: Expected `object`"),
        ({"variation": {"bogus": 1}}, "unknown point of a provider: 'bogus'; known: "),
        ({"variation": {"code_lifetime": "soon"}}, "code_lifetime cannot be 'soon'; expected int"),
        ({"variation": {"response_modes": [["query"]]}}, "response_modes cannot be"),
        ({"variation": {"code_prefix": "\ud800"}}, "code_prefix cannot be"),
        ({"leniencies": "accepts_json_body"}, "leniencies: Expected `array`"),
        ({"leniencies": [[]]}, "leniencies: Expected `str`"),
        ({"leniencies": ["bogus"]}, "unknown leniency: 'bogus'; known: "),
        ({"deviation": {}}, "unknown deviation: ''; known: authorization_response.adds"),
        ({"deviation": "token_response.omits"}, "deviation: Expected `object`"),
        ({"deviation": {"name": []}}, "deviation, name: Expected `str`"),
        ({"deviation": {"name": "token_response.omits"}}, "omits: missing a required argument: 'member'"),
        ({"deviation": {"name": "token_response.omits", "arguments": ["a", "b"]}}, "too many positional"),
        ({"deviation": {"name": "token_response.omits", "arguments": [5]}}, "token_response.omits, member: Expected"),
        ({"deviation": {"name": "token_response.truncates", "arguments": ["5"]}}, "length: Expected `int`"),
        ({"deviation": {"name": "token_response.truncates", "arguments": [True]}}, "length: Expected `int`"),
        ({"deviation": {"name": "token_response.truncates", "arguments": {}}}, "arguments: Expected `array`"),
        ({"deviation": {"name": "token_response.form_encodes", "occasions": ["1"]}}, "occasions: Expected `int`"),
        ({"deviation": {"name": "token_response.form_encodes", "occasions": [0]}}, "counted from 1"),
        ({"deviation": {"name": "token_response.form_encodes", "ocasions": [1]}}, "has no member 'ocasions'; known"),
        ({"delivery": {}}, "unknown delivery: ''; known: delay, drip"),
        ({"delivery": {"name": "delay"}}, "delivery delay: .*seconds"),
        ({"delivery": {"name": "delay", "arguments": {"seconds": "1"}}}, "seconds cannot be '1'"),
        ({"delivery": {"name": "delay", "arguments": {"seconds": -1}}}, "seconds cannot be -1"),
        ({"delivery": {"name": "delay", "arguments": {"seconds": float("nan")}}}, "seconds cannot be nan"),
        ({"delivery": {"name": "drip", "arguments": {"size": 0}}}, "size cannot be 0"),
        ({"delivery": {"name": "drip", "arguments": {"pace": 0}}}, "has no argument pace; known"),
        ({"delivery": {"name": "reset", "arguments": {"after": "lunch"}}}, "after cannot be 'lunch'; expected one of"),
        ({"delivery": {"name": "wrong_length", "arguments": {"difference": 1.5}}}, "difference cannot be 1.5"),
        ({"delivery": {"name": "pad", "arguments": {"size": -1}}}, "size cannot be -1"),
        ({"delivery": {"name": "interim", "arguments": {"number": 101}}}, "number cannot be 101"),
        ({"delivery": {"name": "turn_away", "arguments": {"status": 200}}}, "status cannot be 200"),
        ({"delivery": {"name": "turn_away", "arguments": {"retry_after": "1\r\n"}}}, "retry_after cannot be"),
        ({"delivery": {"name": "redirect", "arguments": {"status": 300}}}, "status cannot be 300"),
        ({"delivery": {"name": "redirect", "arguments": {"to": "mars"}}}, "to cannot be 'mars'"),
        ({"delivery": {"name": "half_body", "endpoint": "tokens"}}, "endpoint: Invalid enum value 'tokens'"),
        ({"delivery": {"name": "half_body", "times": -1}}, "times cannot be -1"),
        ({"delivery": {"name": "half_body", "times": 1.5}}, "times: Expected `int`"),
        ({"resource_owner": {}}, "unknown decision: ''; known: allow, deny, deny_by_server, ask"),
        ({"resource_owner": {"decision": "allow", "scopes": "offline"}}, "scopes: Expected `array"),
        ({"resource_owner": {"decision": "allow", "error": "x"}}, "allow has no error"),
        ({"resource_owner": {"decision": "deny", "error": None}}, "error: Expected `str`"),
        ({"resource_owner": {"decision": "deny", "error": "\ud800"}}, "cannot be sent as UTF-8"),
        ({"resource_owner": {"decision": "deny", "because": "x"}}, "has no member 'because'; known: decision"),
    ],
)
def test_bad_document(document, words):
    with pytest.raises(ValueError, match=words):
        parsed(document)


def test_absent_and_null_mean_the_same():
    assert parsed({}) == parsed({"deviation": None, "delivery": None, "variation": None, "leniencies": None}) == NONE


def test_a_change_says_what_it_is():
    assert str(token_response.omits("x").on(1, 2)) == "token_response.omits('x') on 1, 2"
    delivery = Delivery(Redirect(307, "itself"), times=3)
    assert str(delivery) == "delivery.redirect(status=307, to='itself'), the first 3 times"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("first"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
deviation_documents = st.fixed_dictionaries(
    {"name": st.sampled_from(sorted(DEVIATIONS)) | anything},
    optional={"arguments": st.lists(anything, max_size=3) | anything, "occasions": st.lists(anything, max_size=2)},
)
deliveries = ["delay", "drip", "reset", "half_body", "wrong_length", "pad", "interim", "turn_away", "redirect"]
arguments = st.dictionaries(
    st.sampled_from(["seconds", "size", "after", "difference", "status", "retry_after", "to"]), anything, max_size=2
)
delivery_documents = st.fixed_dictionaries(
    {"name": st.sampled_from(deliveries) | anything},
    optional={"arguments": arguments | anything, "endpoint": st.just("token") | anything, "times": anything},
)
owner_documents = st.fixed_dictionaries(
    {"decision": st.sampled_from(["allow", "deny", "ask", "deny_by_server"]) | anything},
    optional={"scopes": anything, "error": anything, "error_description": anything},
)
documents = anything | st.fixed_dictionaries(
    {},
    optional={
        "variation": st.dictionaries(st.sampled_from(sorted(FRAMEIO.__slots__)), anything, max_size=2) | anything,
        "leniencies": st.lists(st.sampled_from(["accepts_json_body"]) | anything, max_size=2) | anything,
        "deviation": deviation_documents | anything,
        "delivery": delivery_documents | anything,
        "resource_owner": owner_documents | anything,
    },
)


def read(document):
    try:
        return parsed(document)
    except ValueError:
        return None


@pytest.mark.slow
@given(documents)
def test_any_document_gives_changes_or_a_value_error(document):
    changes = read(document)
    assert changes is None or parsed(written(changes)) == changes


@pytest.mark.slow
@given(st.fixed_dictionaries({}, optional={"deviation": deviation_documents, "resource_owner": owner_documents}))
def test_what_is_read_can_be_carried_out(document):
    """No change that was taken breaks an answer later."""
    changes = read(document)
    if changes is None or isinstance(changes.resource_owner, Ask):
        return
    server = InMemory()
    flow = server.flow(changes)
    outcome = server.authorize(flow=flow)
    grant = next(iter(server.core.store._grants.values()), None)
    if grant is not None:
        server.redeem(grant.code.value, redirect_uri=None)
        server.redeem(grant.code.value)
        access = next(iter(server.core.store._grants.values())).access_token
        assert server.me(access.value).flow == flow
    assert outcome.flow == flow
