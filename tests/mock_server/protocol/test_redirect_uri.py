"""Which redirect URI is registered, which is insecure, and how an answer is written into one."""

from dataclasses import replace

import pytest

from mock_server.protocol.form import parse
from mock_server.protocol.provider import FOSITE_0_32_2, FRAMEIO, STRICT
from mock_server.protocol.records import App
from mock_server.protocol.redirect_uri import is_insecure, registered_redirect_uri, with_fragment, with_query


def app(*uris):
    return App("app", uris, ())


HTTPS = "https://app.example/cb"
LOOPBACK = "http://127.0.0.1:5050/cb"
EXACT = replace(FRAMEIO, loopback_redirect="exact")


@pytest.mark.parametrize(
    ("registered", "asked", "provider", "good"),
    [
        ((HTTPS,), HTTPS, FRAMEIO, True),
        ((HTTPS, LOOPBACK), LOOPBACK, FRAMEIO, True),
        ((HTTPS,), HTTPS + "/", FRAMEIO, False),
        ((HTTPS,), HTTPS + "?x=1", FRAMEIO, False),
        ((HTTPS,), HTTPS + "#x", FRAMEIO, False),
        ((HTTPS,), HTTPS.upper(), FRAMEIO, False),
        ((HTTPS,), HTTPS.upper(), FOSITE_0_32_2, True),
        ((HTTPS,), "https://app.example%2Fcb", FRAMEIO, False),
        ((HTTPS,), "https%3A//app.example/cb", FOSITE_0_32_2, True),
        ((HTTPS,), "https%3A//app.example/cb%", FOSITE_0_32_2, False),
        ((HTTPS,), "https://app.example.evil/cb", FRAMEIO, False),
        ((HTTPS,), "https://app.example@evil/cb", FRAMEIO, False),
        # RFC 8252 7.3, as the engine reads it.
        ((LOOPBACK,), "http://127.0.0.1:1/cb", FRAMEIO, True),
        ((LOOPBACK,), "http://127.0.0.1/cb", FRAMEIO, True),
        ((LOOPBACK,), "http://127.0.0.1:1/cb", EXACT, False),
        ((LOOPBACK,), "http://127.0.0.1:1/other", FRAMEIO, False),
        ((LOOPBACK,), "http://127.0.0.1:1/cb?x=1", FRAMEIO, False),
        ((LOOPBACK,), "http://127.0.0.1:1/cb?x=1", FOSITE_0_32_2, True),
        ((LOOPBACK,), "http://127.0.0.1:1/cb#x", FRAMEIO, False),
        ((LOOPBACK,), "https://127.0.0.1:1/cb", FRAMEIO, False),
        ((LOOPBACK,), "http://127.0.0.2:1/cb", FRAMEIO, False),
        ((LOOPBACK,), "http://127.0.0.1.evil/cb", FRAMEIO, False),
        ((LOOPBACK,), "http://127.0.0.1:1/c b", FRAMEIO, False),
        ((LOOPBACK,), "http://[::1/cb", FRAMEIO, False),
        ((LOOPBACK,), "http://[::1]:9/cb", FRAMEIO, False),
        (("http://[::1]:5050/cb",), "http://[::1]:9/cb", FRAMEIO, True),
        (("http://localhost:5050/cb",), "http://localhost:1/cb", FRAMEIO, False),
    ],
)
def test_registered(registered, asked, provider, good):
    found = registered_redirect_uri(asked, app(*registered), provider)
    assert (found is not None) == good


def test_missing_means_the_only_one():
    assert registered_redirect_uri("", app(HTTPS), FRAMEIO) == HTTPS
    assert registered_redirect_uri("", app(HTTPS, LOOPBACK), FRAMEIO) is None
    assert registered_redirect_uri("", app(), FRAMEIO) is None


@pytest.mark.parametrize(
    ("uri", "insecure"),
    [
        (HTTPS, False),
        ("http://app.example/cb", True),
        (LOOPBACK, False),
        ("http://[::1]:1/cb", False),
        ("http://localhost:1/cb", False),
        ("http://app.localhost/cb", False),
        ("http://notlocalhost/cb", True),
        ("http://localhost@evil.example/cb", True),
        ("myapp://cb", False),
    ],
)
@pytest.mark.parametrize("provider", [FRAMEIO, STRICT])
def test_insecure(uri, insecure, provider):
    assert is_insecure(uri, provider) is insecure


ANSWER = (("state", "a b+c/d=e&f"), ("code", "x"))


@pytest.mark.parametrize(
    ("uri", "written"),
    [
        (HTTPS, HTTPS + "?code=x&state=a+b%2Bc%2Fd%3De%26f"),
        (HTTPS + "?", HTTPS + "?code=x&state=a+b%2Bc%2Fd%3De%26f"),
        (HTTPS + "?x=1&d=2", HTTPS + "?code=x&d=2&state=a+b%2Bc%2Fd%3De%26f&x=1"),
        # The app's own query never stands for an answer.
        (HTTPS + "?code=mine&x=1", HTTPS + "?code=x&state=a+b%2Bc%2Fd%3De%26f&x=1"),
        ("myapp://cb", "myapp://cb?code=x&state=a+b%2Bc%2Fd%3De%26f"),
        ("com.example.app:/cb", "com.example.app:/cb?code=x&state=a+b%2Bc%2Fd%3De%26f"),
        # An empty authority stays: the operating system routes the URI by what is registered there.
        ("myapp:///cb", "myapp:///cb?code=x&state=a+b%2Bc%2Fd%3De%26f"),
    ],
)
def test_answer_in_the_query(uri, written):
    assert with_query(uri, ANSWER, space="+") == written


def test_answer_in_the_older_encoding():
    assert with_query(HTTPS, ANSWER, space="%20") == HTTPS + "?code=x&state=a%20b%2Bc%2Fd%3De%26f"


def test_answer_in_the_fragment():
    encoded = with_fragment("myapp:///cb?x=1", ANSWER)
    assert encoded == "myapp:///cb?x=1#code=x&state=a+b%2Bc%2Fd%3De%26f"
    assert parse(encoded.partition("#")[2]).pairs == tuple(sorted(ANSWER))
    assert with_fragment(HTTPS, ANSWER, raw=True) == HTTPS + "#code=x&state=a%20b+c/d=e&f"
