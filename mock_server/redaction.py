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
# Names are compared by their letters alone: clientSecret, CODE and code[0] are what they are.
_LETTERS = re.compile(r"[^a-z]+")
_SECRET_NAMES = frozenset(name.replace("_", "") for name in SECRET_PARAMETERS)
_SECRET_WORDS = ("secret", "password", "assertion", "apikey")
_NAMES = "|".join(sorted(SECRET_PARAMETERS))
# Secrets in a page or in another value: in a link's query, encoded or not, and in the fields of a form_post answer.
_BEFORE = r"(?:\A|[^A-Za-z_]|%(?:25)*[0-9A-F]{2})"
_IN_TEXT = re.compile(
    rf"""({_BEFORE}(?:{_NAMES})(?:=|%(?:25)*3D))((?:(?!%(?:25)*26)[^&"'<>\s])+)""", re.IGNORECASE
)
_IN_FIELD = re.compile(rf"""(name="(?:{_NAMES})" value=")([^"]*)""", re.IGNORECASE)
_KEY = secrets.token_bytes(16)
_TARGET = re.compile(r"\A([^?#]*)(\?[^#]*)?(#.*)?\Z", re.DOTALL)
# A second hop serves tokens to whoever knows its address; a password may stand before a host.
_IN_PATH = re.compile(r"(/elsewhere/|//[^/@]*:(?=[^/@]*@))([^/@]+)")
_SEPARATOR = re.compile(r"([&;?\r\n])")
# A word without a name may be a token, where it is longer than words are.
_LONGEST_WORD = 15
# Decoded text is easier to read, but for what would then look like another parameter or value, or like nothing at all.
_STAYS_ENCODED = str.maketrans({each: form.quote(each) for each in (*"%&+#;", *map(chr, range(32)), "\x7f")})


def is_secret(name: str) -> bool:
    """Whether a parameter of this name holds a secret, however it is spelled: `Code`, `state[]`, `id%5Ftoken`."""
    for _ in range(3):
        name = form.unquote(name) or name
    letters = _LETTERS.sub("", name.lower())
    return letters in _SECRET_NAMES or letters.endswith("token") or any(word in letters for word in _SECRET_WORDS)


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
    shown = _IN_PATH.sub(lambda path: f"{path[1]}{mark(path[2])}", base)
    for part in (query, fragment):
        if part:
            shown += part[0] + _pairs(part[1:])
    return shown


def _pairs(text: str) -> str:
    """Text that is, or may be, form-encoded: in clear but for the secrets in it."""
    return "".join(
        part if _SEPARATOR.fullmatch(part) else _pair(*part.partition("=")) for part in _SEPARATOR.split(text)
    )


def _pair(raw_name: str, equals: str, raw_value: str) -> str:
    name, shown = _decoded(raw_name)
    if not equals:
        return mark(name) if len(name) > _LONGEST_WORD else shown
    value, told = _decoded(raw_value)
    return f"{shown.replace('=', '%3D')}={mark(value) if is_secret(name) else told}"


def _decoded(raw: str) -> tuple[str, str]:
    """What is written there, and how that is shown; both are the raw text where it is no form encoding."""
    text = form.unquote(raw)
    return (raw, _text(raw)) if text is None else (text, _text(text).translate(_STAYS_ENCODED))


def redacted_headers(headers: Headers) -> Headers:
    """Headers without credentials and cookies; the user name of a Basic header stays."""
    return tuple((name, _header(name.lower(), value)) for name, value in headers)


def _header(name: str, value: str) -> str:
    if name in ("location", "referer"):
        return redacted_url(value)
    if name not in _SECRET_HEADERS:
        return mark(value) if is_secret(name) else value
    scheme, _, rest = value.partition(" ")
    basic = basic_credentials(value) if name == "authorization" else None
    if basic is not None:
        return f"{scheme} {basic[0]}:{mark(basic[1])}"
    if name == "authorization" and rest:
        return f"{scheme} {mark(rest)}"
    cookie, equals, secret = value.partition("=")
    return f"{cookie}={mark(secret)}" if equals and "cookie" in name else mark(value)


def redacted_body(body: bytes, content_type: str) -> str:
    """The body of a request as text, without secrets, whatever it is labelled as; marked as a whole where it is odd."""
    text = body.decode("utf-8", "replace")
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "[", '"'):
        return _json_text(text)
    # XML, parts of a form, and what is no UTF-8 text.
    is_odd = start in ("<", "-") or "\0" in text or content_type.lower().startswith("multipart/")
    return mark(text) if is_odd else _pairs(text)


def _text(text: str) -> str:
    text = _IN_TEXT.sub(lambda match: f"{match[1]}{mark(match[2])}", text)
    return _IN_FIELD.sub(lambda match: f"{match[1]}{mark(html.unescape(match[2]))}", text)


class _Object(tuple[tuple[str, Any], ...]):
    """A JSON object by its pairs: a name that comes twice is shown twice, as it was sent."""

    __slots__ = ()


def _json_text(text: str) -> str:
    """What calls itself JSON, or looks like it; marked as a whole where it is none."""
    try:
        return _json(json.loads(text.lstrip("\ufeff"), object_pairs_hook=_Object))
    except (ValueError, RecursionError):
        return mark(text)


def _json(value: Any) -> str:
    if isinstance(value, _Object):
        pairs = ((name, _marked(inner) if is_secret(name) else _json(inner)) for name, inner in value)
        return "{" + ", ".join(f"{_written(name)}: {shown}" for name, shown in pairs) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _written(redacted_body(value.encode("utf-8", "replace"), ""))
    return _written(_text(value) if isinstance(value, str) else value)


def _marked(value: Any) -> str:
    if isinstance(value, _Object | list):
        return _written(mark(json.dumps(value)))
    return _written(mark(value) if isinstance(value, str) else value)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


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
    """An answer that may be shown; its pages and plain texts are ours, and stay legible."""
    content_type = answer.header("content-type")
    # A token answer may call itself a page, or a text.
    if content_type.startswith("text/") and not answer.body.lstrip().startswith((b"{", b"[")):
        body = _text(answer.body.decode("utf-8", "replace"))
    else:
        body = redacted_body(answer.body, content_type)
    return Answer(answer.status, redacted_headers(answer.headers), body.encode("utf-8", "replace"))
