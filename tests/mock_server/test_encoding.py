"""Messages survive the way onto the wire and back: repeats kept, any bytes."""

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.encoding import encode, header_text, html_text, json_answer, json_body, plain, redirect
from mock_server.protocol.form import parse
from mock_server.protocol.messages import (
    AuthorizationResponse,
    ErrorPage,
    RevocationResponse,
    TokenResponse,
)
from mock_server.protocol.provider import FRAMEIO, PROVIDERS

any_text = st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
pairs = st.lists(st.tuples(any_text, any_text), min_size=1, max_size=5).map(tuple)
providers = st.sampled_from(list(PROVIDERS.values()))
URI = "https://app.example/callback"


def by_name(sent):
    return tuple(sorted(sent, key=lambda pair: pair[0]))


@settings(max_examples=40)
@given(pairs, providers)
def test_redirect_survives(sent, provider):
    answer = encode(AuthorizationResponse(URI, sent, space=provider.success_space), provider)
    location = answer.header("location")
    assert location.isascii()
    assert location.isprintable()
    assert location.startswith(URI + "?")
    assert parse(location.partition("?")[2]).pairs == by_name(sent)
    assert answer.status == provider.redirect_status


@settings(max_examples=40)
@given(pairs)
def test_fragment_survives_where_it_is_encoded(sent):
    provider = FRAMEIO.changed({"fragment_is_raw": False})
    location = encode(AuthorizationResponse(URI, sent, "fragment"), provider).header("location")
    assert parse(location.partition("#")[2]).pairs == by_name(sent)


@settings(max_examples=40)
@given(pairs)
def test_raw_fragment_is_a_header_still(sent):
    location = encode(AuthorizationResponse(URI, sent, "fragment"), FRAMEIO).header("location")
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location


class Fields(HTMLParser):
    """The form of a page, as a browser reads it."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.action = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "form":
            self.action = told["action"]
        elif tag == "input":
            self.fields.append((told["name"], told["value"]))
        else:
            assert tag in ("html", "head", "title", "body"), f"a {tag} of somebody else's"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=40)
@given(st.lists(st.tuples(printable, printable), max_size=5).map(tuple))
def test_form_post_survives(sent):
    answer = encode(AuthorizationResponse("https://app.example/cb?a=1&b=+", sent, "form_post"), FRAMEIO)
    page = Fields(answer.body.decode())
    assert page.action == "https://app.example/cb?a=1&b=+"
    assert sorted(page.fields) == sorted(sent)
    assert answer.status == 200


@settings(max_examples=40)
@given(any_text, any_text)
def test_nothing_in_a_page_ends_its_attribute(name, value):
    page = encode(AuthorizationResponse(URI, ((name, value + '"><script>'),), "form_post"), FRAMEIO).body
    assert b"<script>" not in page


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_json_survives_in_order(sent):
    body = json_body(tuple(sent.items()))
    wanted = json.loads(json.dumps(sent).replace("\\ud8", "\\ud8"))
    assert list(json.loads(body)) == [readable(name) for name in wanted]
    if "\ud800" <= max(json.dumps(sent, ensure_ascii=False), default="") <= "\udfff":
        return
    assert json.loads(body) == wanted


def readable(text):
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


@settings(max_examples=40)
@given(any_text)
def test_json_is_utf_8_and_can_stand_in_a_page(text):
    body = json_body((("x", text + "<>&\u2028"),))
    assert json.loads(body.decode())["x"] == readable(text) + "<>&\u2028"
    assert not set(b"<>&") & set(body)


def test_json_as_go_writes_it():
    assert json_body((("a", "<é'>"), ("b", [1, None]))) == '{"a":"\\u003cé\'\\u003e","b":[1,null]}'.encode()


def test_error_page_is_a_redirect_to_ourselves():
    message = ErrorPage((("error", "x y"), ("error_description", "<b>")))
    answer = encode(message, FRAMEIO, error_page="http://here/error")
    assert answer.header("location") == "http://here/error?error=x+y&error_description=%3Cb%3E"
    assert answer.body == (
        b'<a href="http://here/error?error=x+y&amp;error_description=%3Cb%3E">Found</a>.\n\n'
    )
    assert encode(message, FRAMEIO, error_page="http://here/error", method="POST").body == b""


@settings(max_examples=40)
@given(any_text)
def test_any_location_becomes_a_header(text):
    written = header_text("http://x/" + text)
    assert written.isascii()
    assert written.isprintable()
    assert urlsplit(written).netloc == "x"


def test_small_answers():
    assert encode(RevocationResponse(), FRAMEIO).headers == (("cache-control", "no-store"), ("pragma", "no-cache"))
    assert plain(405, "x", (("allow", "GET"),)).header("allow") == "GET"
    assert json_answer(200, {"a": 1}).body == b'{"a":1}'
    assert redirect("/é", 301, "GET").header("location") == "/%C3%A9"
    assert html_text("<\"'&+\0>") == "&lt;&#34;&#39;&amp;&#43;\ufffd&gt;"


def test_tokens_are_not_in_a_repr():
    assert repr(TokenResponse((("access_token", "secret"),))) == "TokenResponse(access_token, status=200)"


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_the_word_of_a_redirect(status):
    assert b"</a>" in redirect("/x", status, "GET").body
