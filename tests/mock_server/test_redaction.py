"""What may be shown: no secret, in whatever place, spelling or encoding it was sent."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.protocol import form
from mock_server.protocol.provider import FRAMEIO
from mock_server.redaction import (
    SECRET_PARAMETERS,
    mark,
    redacted_answer,
    redacted_body,
    redacted_headers,
    redacted_request,
    redacted_url,
)
from mock_server.transcript import Answer, ReceivedRequest
from tests.mock_server.in_memory import BASIC, CHALLENGE, VERIFIER, InMemory, authorization_parameters, basic

# Long enough not to appear by chance, and with no character that one encoding or the other would change.
secrets = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=16, max_size=43)
names = st.sampled_from(sorted(SECRET_PARAMETERS))
fillers = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)


def shown(request):
    return repr(redacted_request(request))


def as_query(name, secret, filler):
    return ReceivedRequest("GET", "/x?" + form.serialize([*filler.items(), (name, secret)]))


def as_body(kind, write):
    def made(name, secret, filler):
        return ReceivedRequest("POST", "/x", (("content-type", kind),), write(name, secret, filler))

    return made


def form_text(name, secret, filler):
    return form.serialize([*filler.items(), (name, secret)]).encode("utf-8", "surrogateescape")


def escaped(name, secret, filler):
    return f"{quote(name)}=".encode() + "".join(f"%{ord(c):02x}" for c in secret).encode()


def json_text(name, secret, filler):
    return json.dumps({**filler, name: secret}).encode()


def multipart(name, secret, _filler):
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n--x--\r\n'.encode()


BODIES = {
    "form": as_body("application/x-www-form-urlencoded", form_text),
    "form, charset": as_body("Application/X-WWW-Form-URLencoded; charset=UTF-8", form_text),
    "form, unlabelled": as_body("", form_text),
    "form, as text": as_body("text/plain", form_text),
    "form, as json": as_body("application/json", form_text),
    "form, escaped": as_body("", escaped),
    "form, name escaped": as_body("", lambda n, s, _: f"{n.replace('e', '%65')}={s}".encode()),
    "form, name escaped twice": as_body("", lambda n, s, _: f"{n.replace('e', '%2565')}={s}".encode()),
    "form, name in capitals": as_body("", lambda n, s, _: f"{n.upper()}={s}".encode()),
    "form, name of a list": as_body("", lambda n, s, _: f"{n}[]={s}&{n}%5B0%5D={s}".encode()),
    "form, with spaces": as_body("", lambda n, s, _: f" {n} = {s} &x=1".encode()),
    "form, semicolons": as_body("", lambda n, s, _: f"a=b;{n}={s};c=d".encode()),
    "form, undecodable": as_body("", lambda n, s, _: f"{n}={s}%zz".encode()),
    "form, lines": as_body("text/plain", lambda n, s, _: f"a=b\r\n{n}={s}\r\n".encode()),
    "json": as_body("application/json", json_text),
    "json, unlabelled": as_body("", json_text),
    "json, as form": as_body("application/x-www-form-urlencoded", json_text),
    "json, as text": as_body("text/plain", json_text),
    "json, indented": as_body("application/json", lambda n, s, f: b"\r\n \t" + json_text(n, s, f)),
    "json, with mark": as_body("application/json", lambda n, s, f: b"\xef\xbb\xbf" + json_text(n, s, f)),
    "json, cut short": as_body("application/json", lambda n, s, f: json_text(n, s, {})[:-1]),
    "json, nested": as_body("application/json", lambda n, s, _: json.dumps([{"x": {n: s}}]).encode()),
    "json, list": as_body("application/json", lambda n, s, _: json.dumps({n: [s, {"x": s}]}).encode()),
    "json, string": as_body("application/json", lambda n, s, _: json.dumps(json.dumps({n: s})).encode()),
    "json, capitals": as_body("application/json", lambda n, s, _: json.dumps({n.upper(): s}).encode()),
    "json, camel": as_body("application/json", lambda n, s, _: json.dumps({n.title().replace("_", ""): s}).encode()),
    "utf-16": as_body("application/json", lambda n, s, f: json.dumps({n: s}).encode("utf-16")),
    "multipart": as_body("multipart/form-data; boundary=x", multipart),
    "multipart, unlabelled": as_body("", multipart),
    "xml": as_body("application/xml", lambda n, s, _: f"<{n}>{s}</{n}>".encode()),
    "xml, attribute": as_body("text/xml", lambda n, s, _: f'<x {n}="{s}" a="1"/>'.encode()),
    "bare": as_body("text/plain", lambda _n, s, _: s.encode()),
    "bare, unlabelled": as_body("", lambda _n, s, _: s.encode()),
    "query": as_query,
    "query, bare": lambda n, s, _: ReceivedRequest("GET", f"/x?{s}"),
    "query, name in capitals": lambda n, s, _: ReceivedRequest("GET", f"/x?{n.upper()}={s}"),
    "fragment": lambda n, s, _: ReceivedRequest("GET", f"/x#{n}={s}"),
    "fragment behind a query": lambda n, s, _: ReceivedRequest("GET", f"/x?a=b#{n}={s}"),
    "inside another value": lambda n, s, _: ReceivedRequest("GET", f"/x?uri={quote(f'http://a/?{n}={s}', safe='')}"),
    "inside, twice": lambda n, s, _: ReceivedRequest("GET", f"/x?u={quote(quote(f'//a?{n}={s}&b', safe=''), safe='')}"),
    "inside json": as_body("application/json", lambda n, s, _: json.dumps({"u": f"http://a/?x=1&{n}={s}"}).encode()),
    "before a host": lambda _n, s, _: ReceivedRequest("GET", f"http://user:{s}@host/x"),
    "second hop": lambda _n, s, _: ReceivedRequest("GET", f"/elsewhere/{s}"),
    "second question mark": lambda n, s, _: ReceivedRequest("GET", f"/x?a=b?{n}={s}"),
}


@pytest.mark.parametrize("way", BODIES)
@settings(max_examples=15)
@given(name=names, secret=secrets, filler=fillers)
def test_no_secret_is_shown(way, name, secret, filler):
    text = shown(BODIES[way](name, secret, {k: v for k, v in filler.items() if k != name}))
    assert secret not in text
    assert "\\x00".join(secret) not in text
    assert secret not in text.replace("\\x00", "").replace("\ufffd", "")


@pytest.mark.parametrize(
    "write",
    [
        lambda s: ("authorization", f"Bearer {s}"),
        lambda s: ("Authorization", s),
        lambda s: ("authorization", f"Basic {base64.b64encode(f'app:{s}'.encode()).decode()}"),
        lambda s: ("authorization", f"Basic {s}"),
        lambda s: ("authorization", f"bearer  {s} {s}"),
        lambda s: ("authorization", f"token={s}"),
        lambda s: ("proxy-authorization", f"Bearer {s}"),
        lambda s: ("cookie", f"a=1; session={s}"),
        lambda s: ("cookie", s),
        lambda s: ("set-cookie", f"session={s}; Path=/"),
        lambda s: ("referer", f"https://app.example/cb?code={s}&state={s}"),
        lambda s: ("location", f"https://app.example/cb?x=1#access_token={s}"),
        lambda s: ("x-api-key", s),
        lambda s: ("x-client-secret", s),
        lambda s: ("x-access-token", s),
    ],
)
@settings(max_examples=15)
@given(secret=secrets)
def test_no_secret_in_a_header(write, secret):
    text = repr(redacted_headers((write(secret),)))
    assert secret not in text
    assert base64.b64encode(f"app:{secret}".encode()).decode() not in text


@settings(max_examples=30)
@given(names, secrets)
def test_no_secret_in_an_answer(name, secret):
    for content_type, body in (
        ("application/json;charset=UTF-8", json.dumps({name: secret})),
        ("application/x-www-form-urlencoded", f"{name}={secret}"),
        ("text/html;charset=UTF-8", f'<input type="hidden" name="{name}" value="{secret}"/>'),
        ("text/html", f'<a href="https://app.example/cb?{name}={secret}&amp;x=1">Found</a>.'),
        ("", f'{{"{name}":"{secret}'),
        ("text/html", json.dumps({name: secret})),
        ("text/plain", f' {{"{name}":"{secret}'),
    ):
        answer = Answer(200, (("content-type", content_type), ("location", f"/x?{name}={secret}")), body.encode())
        assert secret not in repr(redacted_answer(answer))


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_nothing_of_a_whole_login_is_shown(mode):
    """Everything that a login carries, in every form in which the server sends it."""
    server = InMemory(FRAMEIO)
    flow = server.flow()
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    server.authorize(flow=flow, response_mode=mode, **pkce)
    code = next(iter(server.core.store._grants.values())).code.value
    server.redeem(code, code_verifier=VERIFIER)
    grant = next(iter(server.core.store._grants.values()))
    tokens = [grant.access_token.value, grant.refresh_tokens[0].value]
    server.me(tokens[0])
    server.refresh(tokens[1])
    server.revoke(tokens[0])
    text = "".join(
        repr(part)
        for exchange in server.core.transcript.exchanges
        for part in (
            redacted_request(exchange.request),
            redacted_answer(exchange.right),
            redacted_answer(exchange.sent),
            exchange.explanation,
        )
    )
    state = dict(authorization_parameters())["state"]
    for secret in (code, *tokens, VERIFIER, BASIC.client_secret, basic(BASIC)[1].split()[1], state):
        assert secret not in text


# What stays legible: a developer has to understand what was sent.


def test_a_form_stays_legible():
    body = redacted_body(b"grant_type=authorization_code&code=abc&redirect_uri=http%3A%2F%2Fx%2F", "")
    assert body == f"grant_type=authorization_code&code={mark('abc')}&redirect_uri=http://x/"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("client_id=a%2Bb&c=d", "client_id=a%2Bb&c=d"),
        ("client_id=a%26c%3Dd", "client_id=a%26c=d"),
        ("a%3Db=c", "a%3Db=c"),
        ("client_id=a%252Fb%2Fc", "client_id=a%252Fb/c"),
        ("scope=one+two%20three", "scope=one two three"),
        ("text=two%0Alines%1b", "text=two%0Alines%1B"),
        ("wrong=%zz&right=%23", "wrong=%zz&right=%23"),
        ("uri=http%3A%2F%2Fx%2F%3Fa%3D1%26b%3D2", "uri=http://x/?a=1%26b=2"),
    ],
)
def test_what_would_look_like_another_parameter_or_value_stays_encoded(sent, told):
    assert redacted_url(f"/x?{sent}") == f"/x?{told}"


def test_a_secret_in_what_is_written_where_a_name_stands_is_hidden():
    assert "s3cret-of-the-app" not in redacted_url("/x?y&code%3Ds3cret-of-the-app=1")


def test_json_stays_legible():
    body = b'{"access_token":"abc","expires_in":3600,"token_type":"bearer"}'
    told = json.loads(redacted_body(body, "application/json"))
    assert told == {"access_token": mark("abc"), "expires_in": 3600, "token_type": "bearer"}


def test_a_member_that_comes_twice_is_shown_twice():
    body = b'{"access_token":"a-good-one","deep":{"a":1,"a":[2]},"access_token":"a-bad-one"}'
    shown = redacted_body(body, "application/json")
    assert shown.count('"access_token": "[') == 2
    assert '"deep": {"a": 1, "a": [2]}' in shown


def test_an_error_stays_legible():
    body = b'{"error":"invalid_grant","error_description":"It is expired."}'
    assert json.loads(redacted_body(body, "application/json")) == json.loads(body)


def test_pkce_method_and_challenge_stay_legible():
    url = f"/oauth2/auth?code_challenge={CHALLENGE}&code_challenge_method=S256&response_type=code&token_type_hint=x"
    assert redacted_url(url) == url


def test_plain_texts_of_ours_stay_legible():
    answer = Answer(404, (("content-type", "text/plain"),), b"404 page not found\n")
    assert redacted_answer(answer) == answer


def test_the_user_name_of_basic_stays():
    assert redacted_headers((basic(BASIC),)) == (("authorization", f"Basic basic-app:{mark(BASIC.client_secret)}"),)
    assert redacted_headers((("accept", "*/*"), ("host", "x"))) == (("accept", "*/*"), ("host", "x"))


def test_equal_secrets_have_equal_marks():
    assert mark("abc") == mark("abc") != mark("abd")
    assert mark("abc").startswith("[3 characters, ")
    assert mark("") == ""


@given(st.binary(max_size=60), st.sampled_from(["", "text/html", "application/json", "multipart/form-data; boundary"]))
def test_any_bytes_are_shown_without_harm(body, content_type):
    redacted_request(ReceivedRequest("POST", "/?" + body.decode("latin-1"), (("content-type", content_type),), body))
    redacted_answer(Answer(200, (("content-type", content_type), ("set-cookie", body.decode("latin-1"))), body))
