"""Each deviation does what its docstring says to its answer, and nothing else; what would have been right is kept.

Two servers with the same foreseeable values answer the same requests, one of them under the deviation. What the other
one sends is what would have been right, and a row says what becomes of it.
"""

import gzip
import importlib
import inspect
import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from mock_server.changes import DEVIATIONS, Changes
from mock_server.deviations import authorization_response, error_response, token_response
from mock_server.protocol.metadata import url_of
from mock_server.transcript import Answer
from tests.mock_server.in_memory import InMemory, answered, error, get, members


def read(answer):
    """A redirect's parameters, in order."""
    return parse_qsl(urlsplit(answer.header("location")).query, keep_blank_values=True)


def without(pairs, name):
    return [pair for pair in pairs if pair[0] != name]


def put(pairs, name, value):
    return [(n, value if n == name else v) for n, v in pairs]


# What each makes of the right parameters: code, scope and state, sorted by name.
OF_REDIRECTS = {
    "omits": (("state",), lambda p: without(p, "state")),
    "replaces": (("state", "first"), lambda p: put(p, "state", "first")),
    "adds": (("x", "1"), lambda p: [*p, ("x", "1")]),
    "repeats": (("code", "forged"), lambda p: [p[0], ("code", "forged"), *p[1:]]),
    "repeats, first": (("code", "forged", "first"), lambda p: [("code", "forged"), *p]),
    "errs": (("server_error", "first"), lambda p: [("error", "server_error"), ("error_description", "first"), p[-1]]),
    "errs, bare": (("server_error",), lambda p: [("error", "server_error"), p[-1]]),
    "truncates": (("state", 4), lambda p: put(p, "state", "stat")),
    "extends": (("state", "x"), lambda p: put(p, "state", dict(p)["state"] + "x")),
    "swaps_case": (("state",), lambda p: put(p, "state", dict(p)["state"].swapcase())),
    "adds_error": (("server_error",), lambda p: sorted([*p, ("error", "server_error")])),
    "adds_error, first": (("server_error", "first"), lambda p: [("error", "server_error"), *p]),
}


def named(family, rows):
    return [pytest.param(f"{family}.{key.partition(',')[0]}", *row, id=f"{family}.{key}") for key, row in rows.items()]


def made(name, arguments):
    """A deviation from its written form, as the control API makes it."""
    from mock_server.changes import parsed

    return parsed({"deviation": {"name": name, "arguments": list(arguments)}})


def both(name, arguments, ask):
    """The right answer and the exchange under the deviation."""
    plain, spoiled = InMemory(), InMemory()
    right = ask(plain, plain.flow()).answer
    ask(spoiled, spoiled.flow(made(name, arguments)))
    exchange = spoiled.last
    assert exchange.right == right, "what would have been right is not what is kept as right"
    assert exchange.sent != exchange.right, "the deviation is the identity"
    assert exchange.changes == (str(made(name, arguments).deviation),)
    return right, exchange.sent


@pytest.mark.parametrize(("name", "arguments", "expected"), named("authorization_response", OF_REDIRECTS))
def test_redirect(name, arguments, expected):
    right, sent = both(name, arguments, lambda server, flow: server.authorize(flow=flow))
    assert read(sent) == expected(read(right))
    assert (sent.status, sent.body, sent.headers[1:]) == (right.status, right.body, right.headers[1:])
    assert sent.header("location").partition("?")[0] == right.header("location").partition("?")[0]


def test_redirect_in_the_fragment():
    right, sent = both("authorization_response.uses_fragment", (), lambda server, flow: server.authorize(flow=flow))
    assert sent.header("location").replace("%20", "+") == right.header("location").replace("?", "#")


def test_redirect_with_another_status():
    name = "authorization_response.answers_with_status"
    right, sent = both(name, (307,), lambda server, flow: server.authorize(flow=flow))
    assert sent == Answer(307, right.headers, right.body)


def token(server, flow):
    return server.redeem(server.code(flow=flow))


def refused(server, flow):
    return server.redeem(server.code(flow=flow), redirect_uri=None)


def me(server, flow):
    return server.me(server.login(flow=flow)["access_token"])


def document(server, flow):
    changes = replace(server.core.flows[flow].changes, variation={"metadata": True})
    server.core.change_flow(flow, changes)
    return server.core.metadata(get(url_of("", flow)))


ASKED = {"token_response": token, "error_response": refused, "resource": me, "metadata": document}
# A member that each kind of answer has.
MEMBER = {"token_response": "token_type", "error_response": "error", "resource": "email", "metadata": "issuer"}


def of_json(family):
    """What each makes of a right answer; the first column is the written arguments."""
    name = MEMBER[family]
    return {
        "omits": ((name,), lambda a, m: (a, without(m, name))),
        "mistypes": ((name, [1, None]), lambda a, m: (a, put(m, name, [1, None]))),
        "adds": (("x", {"y": 1}), lambda a, m: (a, [*m, ("x", {"y": 1})])),
        "adds, again": ((name, 5), lambda a, m: (a, [*without(m, name), (name, 5)])),
        "reverses_members": ((), lambda a, m: (a, m[::-1])),
        "repeats": ((name, "first"), lambda a, m: (a, [*m, (name, "first")])),
        "answers_with_status": ((418,), lambda a, m: (Answer(418, a.headers, a.body), m)),
        "sets_header": (("X-New", "1"), lambda a, m: (Answer(a.status, (*a.headers, ("x-new", "1"))), m)),
        "sets_header, away": (
            ("Content-Type", None),
            lambda a, m: (Answer(a.status, tuple(h for h in a.headers if h[0] != "content-type")), m),
        ),
    }


JSON_ROWS = [row for family in ASKED for row in named(family, of_json(family))]


@pytest.mark.parametrize(("name", "arguments", "expected"), JSON_ROWS)
def test_json_answer(name, arguments, expected):
    right, sent = both(name, arguments, ASKED[name.partition(".")[0]])
    wanted, wanted_members = expected(right, json.loads(right.body, object_pairs_hook=list))
    assert json.loads(sent.body, object_pairs_hook=list) == [(n, as_pairs(v)) for n, v in wanted_members]
    assert (sent.status, sorted(sent.headers)) == (wanted.status, sorted(wanted.headers))


def as_pairs(value):
    return json.loads(json.dumps(value), object_pairs_hook=list)


@pytest.mark.parametrize("family", ASKED)
def test_another_body(family):
    right, sent = both(f"{family}.sends_body", ("\udcff<p>é", "text/html"), ASKED[family])
    assert sent.body == b"\xff<p>\xc3\xa9"
    assert sent.header("content-type") == "text/html"
    assert sent.status == right.status
    _, bare = both(f"{family}.sends_body", ("", ""), ASKED[family])
    assert (bare.body, bare.header("content-type")) == (b"", "")


@pytest.mark.parametrize("family", ASKED)
@pytest.mark.parametrize("length", [0, 1, 10])
def test_part_of_a_body(family, length):
    right, sent = both(f"{family}.truncates", (length,), ASKED[family])
    assert sent == Answer(right.status, right.headers, right.body[:length])


@pytest.mark.parametrize("family", ASKED)
def test_form_encoded(family):
    right, sent = both(f"{family}.form_encodes", (), ASKED[family])
    told = dict(parse_qsl(sent.body.decode(), strict_parsing=True))
    assert told == {name: str(value) for name, value in json.loads(right.body).items()}
    assert sent.header("content-type") == "application/x-www-form-urlencoded"


def test_an_error_in_the_place_of_tokens():
    right, sent = both("token_response.errs", ("server_error", "Sorry", 500), token)
    assert (sent.status, json.loads(sent.body)) == (500, {"error": "server_error", "error_description": "Sorry"})
    assert sent.headers == right.headers
    _, bare = both("token_response.errs", ("invalid_grant",), token)
    assert (bare.status, json.loads(bare.body)) == (400, {"error": "invalid_grant"})
    _, challenged = both("token_response.errs", ("invalid_client", "", 401, 'Basic realm="x"'), token)
    assert challenged.header("www-authenticate") == 'Basic realm="x"'


def test_a_status_without_a_body_has_none():
    right, sent = both("token_response.answers_with_status", (204,), token)
    assert sent == Answer(204, right.headers, b"")


def test_a_small_answer_that_unpacks_to_a_large_one():
    right, sent = both("token_response.compresses", (100_000,), token)
    assert len(sent.body) < 1000
    assert gzip.decompress(sent.body) == right.body + b" " * 100_000
    assert sent.headers == (*right.headers, ("content-encoding", "gzip"))


def test_the_code_is_used_up_all_the_same():
    server = InMemory()
    code = server.code(flow=server.flow(Changes(deviation=token_response.errs("server_error").on(1))))
    assert error(server.redeem(code)) == "server_error"
    assert error(server.redeem(code)) == "invalid_grant"


def test_a_good_token_is_refused():
    _, sent = both("resource.refuses", ("invalid_token", 403), me)
    assert sent.status == 403
    assert sent.header("www-authenticate") == 'Bearer realm="frame.io", error="invalid_token"'
    assert json.loads(sent.body)["error"] == "invalid_token"
    _, small = both("resource.refuses", ("invalid_token", 401, "bearer"), me)
    assert small.header("www-authenticate") == 'bearer realm="frame.io", error="invalid_token"'


def test_metadata_of_another_issuer():
    """Whoever goes by them is known by the authorization endpoint."""
    right, sent = both("metadata.names", ("https://attacker.example",), document)
    told, own = json.loads(sent.body), json.loads(right.body)
    changed = {name: value for name, value in told.items() if own[name] != value}
    marked = f"{own['authorization_endpoint']}?metadata=of-another"
    assert changed == {"issuer": "https://attacker.example", "authorization_endpoint": marked}
    assert (sent.status, sent.headers) == (right.status, right.headers)


def test_every_deviation_has_a_test():
    tested = {row.values[0] for row in (*named("authorization_response", OF_REDIRECTS), *JSON_ROWS)}
    tested |= {f"authorization_response.{name}" for name in ("uses_fragment", "answers_with_status")}
    tested |= {f"{family}.{name}" for family in ASKED for name in ("sends_body", "truncates", "form_encodes")}
    tested |= {"token_response.errs", "token_response.compresses", "resource.refuses", "metadata.names"}
    assert set(DEVIATIONS) == tested


@pytest.mark.parametrize("name", sorted(DEVIATIONS))
def test_every_deviation_can_be_named_in_python_and_says_what_it_does(name):
    family, _, own = name.partition(".")
    module = importlib.import_module(f"mock_server.deviations.{family}")
    assert getattr(module, own) == DEVIATIONS[name]
    assert inspect.getdoc(DEVIATIONS[name]).rstrip(".")


def test_occasions_are_counted_for_each_flow_and_each_kind():
    server = InMemory()
    changes = Changes(deviation=token_response.mistypes("token_type", "mac").on(2, 4))
    one, two = server.flow(changes), server.flow(changes)
    types = []
    for flow in (one, two):
        told = server.login(flow=flow)
        types.append([told["token_type"]])
        for _ in range(4):
            assert error(server.refresh("unknown")) == "invalid_grant"  # another kind of answer, and a stray
            told = members(server.refresh(told["refresh_token"]))
            types[-1].append(told["token_type"])
    assert types == [["bearer", "mac", "bearer", "mac", "bearer"]] * 2


def test_only_the_kind_that_is_named_is_spoiled():
    server = InMemory()
    flow = server.flow(Changes(deviation=error_response.adds("x", 1)))
    told = server.login(flow=flow)
    assert "x" not in told
    assert members(server.refresh(told["refresh_token"], redirect_uri="x")).get("x") is None
    assert members(server.redeem(server.code(flow=flow), redirect_uri=None))["x"] == 1


def test_a_deviation_that_changes_nothing_is_not_told_as_a_change():
    server = InMemory()
    server.authorize(flow=server.flow(Changes(deviation=authorization_response.omits("nothing"))))
    assert server.last.changes == ()


def test_spoiled_values_belong_to_their_flow():
    """A client that comes with the forged code is known by it."""
    server = InMemory()
    flow = server.flow(Changes(deviation=authorization_response.replaces("code", "forged-code")))
    assert answered(server.authorize(flow=flow))["code"] == "forged-code"
    assert server.redeem("forged-code").flow == flow


@pytest.mark.parametrize(
    ("make", "arguments", "words"),
    [
        ("token_response.answers_with_status", (99,), "a status is from 200 to 599, not 99"),
        ("token_response.answers_with_status", (600,), "a status is"),
        ("token_response.errs", ("x", "", 100), "a status is"),
        ("resource.refuses", ("x", 1000), "a status is"),
        ("resource.refuses", ("a\r\nset-cookie: b",), "cannot hold"),
        ("token_response.sets_header", ("x y", "1"), "cannot be set"),
        ("token_response.sets_header", ("Content-Length", "1"), "cannot be set"),
        ("token_response.sets_header", ("x", "a\nb"), "cannot hold"),
        ("token_response.sends_body", ("", "text/html\r\n"), "cannot hold"),
        ("token_response.truncates", (-1,), "a length is not negative"),
        ("authorization_response.truncates", ("state", -1), "a length is not negative"),
        ("authorization_response.answers_with_status", (1,), "a status is"),
        ("authorization_response.adds", ("x", "\ud800"), "cannot be sent as UTF-8"),
    ],
)
def test_what_cannot_be_sent_is_refused_when_it_is_made(make, arguments, words):
    with pytest.raises(ValueError, match=words):
        DEVIATIONS[make](*arguments)


def test_occasions_are_counted_from_one():
    with pytest.raises(ValueError, match="counted from 1"):
        token_response.omits("x").on(0)
