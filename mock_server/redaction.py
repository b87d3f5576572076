"""What may be shown: a transcript without its secrets.

A secret becomes a mark with its length and a short digest under a key that lives as long as the process, so that a
reader sees whether two values are equal and nothing else.
"""

import hashlib
import html
import json
import re
import secrets
from typing import Any

from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.transcript import Answer, Headers, ReceivedRequest

SECRET_PARAMETERS = frozenset(
    {
        "access_token",
        "assertion",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "form_token",
        "id_token",
        "password",
        "refresh_token",
        "state",
        "ticket",
        "token",
    }
)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
_NAMES = "|".join(sorted(SECRET_PARAMETERS))
# Secrets in a page: in the query of a link, and in the fields of a form_post answer.
_IN_TEXT = re.compile(rf"""\b({_NAMES})=([^&"'<>\s]+)""")
_IN_FIELD = re.compile(rf"""(name="(?:{_NAMES})" value=")([^"]*)""")
_KEY = secrets.token_bytes(16)
_TARGET = re.compile(r"\A([^?#]*)(\?[^#]*)?(#.*)?\Z", re.DOTALL)


def mark(secret: str) -> str:
    """A stand-in for a secret: equal secrets have equal marks."""
    if not secret:
        return ""
    digest = hashlib.blake2s(secret.encode("utf-8", "surrogateescape"), key=_KEY, digest_size=3).hexdigest()
    return f"[{len(secret)} characters, {digest}]"


def redacted_url(url: str) -> str:
    """A target or a Location without the secrets of its query and fragment."""
    match = _TARGET.match(url)
    base, query, fragment = match.groups() if match else (url, None, None)
    shown = base
    for part in (query, fragment):
        if part:
            shown += part[0] + _pairs(part[1:])
    return shown


def _pairs(text: str) -> str:
    if "=" not in text:
        return text
    pairs = form.parse(text).pairs
    return "&".join(f"{name}={mark(value) if name in SECRET_PARAMETERS else value}" for name, value in pairs)


def redacted_headers(headers: Headers) -> Headers:
    """Headers without credentials and cookies; the user name of a Basic header stays."""
    return tuple((name, _header(name.lower(), value)) for name, value in headers)


def _header(name: str, value: str) -> str:
    if name in ("location", "referer"):
        return redacted_url(value)
    if name not in _SECRET_HEADERS:
        return value
    scheme, _, rest = value.partition(" ")
    basic = basic_credentials(value) if name == "authorization" else None
    if basic is not None:
        return f"{scheme} {basic[0]}:{mark(basic[1])}"
    if name == "authorization" and rest:
        return f"{scheme} {mark(rest)}"
    cookie, equals, secret = value.partition("=")
    return f"{cookie}={mark(secret)}" if equals and "cookie" in name else mark(value)


def redacted_body(body: bytes, content_type: str) -> str:
    """A body as text, without secrets, whatever it is labelled as."""
    text = body.decode("utf-8", "replace")
    if text[:1] in "{[" and text:
        try:
            return json.dumps(_json(json.loads(text)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return mark(text)
    return _text(text) if content_type.startswith("text/") else _pairs(text)


def _text(text: str) -> str:
    text = _IN_TEXT.sub(lambda match: f"{match[1]}={mark(match[2])}", text)
    return _IN_FIELD.sub(lambda match: f"{match[1]}{mark(html.unescape(match[2]))}", text)


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: mark(inner) if key in SECRET_PARAMETERS and isinstance(inner, str) else _json(inner)
            for key, inner in value.items()
        }
    return [_json(inner) for inner in value] if isinstance(value, list) else value


def redacted_request(request: ReceivedRequest) -> ReceivedRequest:
    """A request that may be shown."""
    return ReceivedRequest(
        method=request.method,
        target=redacted_url(request.target),
        headers=redacted_headers(request.headers),
        body=redacted_body(request.body, request.header("content-type")).encode("utf-8", "replace"),
        origin=request.origin,
    )


def redacted_answer(answer: Answer) -> Answer:
    """An answer that may be shown."""
    body = redacted_body(answer.body, answer.header("content-type")).encode("utf-8", "replace")
    return Answer(answer.status, redacted_headers(answer.headers), body)
