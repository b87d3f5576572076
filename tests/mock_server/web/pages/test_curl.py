"""A request as a curl command: the shell hands curl what the request held, and runs none of it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.transcript import ReceivedRequest
from mock_server.web import curl

BASH = shutil.which("bash") or "bash"


def arguments(command: str) -> list[bytes]:
    """What curl would be given: bash runs the line with a stand-in."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    run = subprocess.run([BASH, "-c", script], capture_output=True, check=True, stdin=subprocess.DEVNULL)
    assert not run.stderr
    return run.stdout.split(b"\0")[:-1]


@pytest.mark.slow
@settings(max_examples=60)
@given(
    body=st.binary(min_size=1, max_size=60).filter(lambda body: b"\0" not in body),
    value=st.text("a'\"\\$`!\n ~é", max_size=9),
)
def test_whatever_a_request_holds(body, value):
    headers = (("content-type", "text/plain"), ("x-odd", f"x{value}x"), ("host", "h"), ("content-length", "3"))
    request = ReceivedRequest("POST", "/oauth2/token?a=[1]", headers, body, "http://127.0.0.1:1")
    given_to_curl = arguments(curl.command(request))
    assert given_to_curl[given_to_curl.index(b"--data-raw") + 1] == body
    assert given_to_curl[given_to_curl.index(b"--url") + 1] == b"http://127.0.0.1:1/oauth2/token?a=[1]"
    sent = [given_to_curl[i + 1] for i, word in enumerate(given_to_curl) if word == b"--header"]
    assert sent == [b"content-type: text/plain", f"x-odd: x{value}x".encode("latin-1", "replace")]


def test_methods_and_empty_headers():
    request = ReceivedRequest("DELETE", "/x", (("x-empty", ""), ("@file", "x")), b"", "http://h")
    line = curl.command(request)
    assert "--request 'DELETE'" in line
    assert "'x-empty;'" in line
    assert "@file" not in line
    assert "--request" not in curl.command(ReceivedRequest("GET", "/x", origin="http://h"))


def test_a_body_that_begins_with_an_at_is_no_file_name():
    request = ReceivedRequest("POST", "/x", (), b"@/etc/passwd", "http://h")
    assert b"--data-raw" in arguments(curl.command(request))


def test_a_nul_is_replaced():
    request = ReceivedRequest("POST", "/x", (), b"a\0b", "http://h")
    assert arguments(curl.command(request))[-3] == "a\ufffdb".encode()
