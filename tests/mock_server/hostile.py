"""A generator of raw requests that no polite client sends: seeded, so that a number names a request for ever.

Each request is whole, so that the next can follow it on the same connection, unless `closes` says that the server has
to give the connection up behind it.
"""

import random
from dataclasses import dataclass

TARGETS = (
    b"/oauth2/auth", b"/oauth2/token", b"/oauth2/revoke", b"/v2/me", b"/.well-known/oauth-authorization-server",
    b"/oauth2/fallbacks/error", b"/", b"/v2/other", b"/elsewhere/x", b"/OAuth2/Token/", b"/oauth2//token", b"/login",
    b"/%", b"/%00", b"/%ff", b"/%2e%2e/%2e%2e/etc/passwd", b"/\xff", b"*", b"http://127.0.0.1/oauth2/auth",
    b"http://user:pass@[::1/x", b"//evil.example/%2f..", b"/oauth2/token%20", b"/oauth2/token;x=1", b"/oauth2/auth#x",
)  # fmt: skip
METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"PROPFIND", b"get", b"FOO", b"",
)  # fmt: skip
TYPES = (
    b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=utf-16", b"application/json",
    b"multipart/form-data; boundary=x", b"multipart/form-data", b"multipart/form-data; boundary=\"", b"text/plain",
    b"multipart/form-data; boundary=" + b"y" * 300, b"\xff\xfe", b"", b";", b"application/x-www-form-urlencoded,x/y",
)  # fmt: skip
NAMES = (
    b"grant_type", b"code", b"redirect_uri", b"client_id", b"client_secret", b"code_verifier", b"refresh_token",
    b"scope",
    b"state", b"response_type", b"response_mode", b"code_challenge", b"code_challenge_method", b"token",
    b"client_assertion", b"client_assertion_type", b"registration", b"access_token", b"error", b"error_description",
    b"error_hint", b"ticket", b"", b"\xff", b"%zz", b"a" * 2000,
)  # fmt: skip
VALUES = (
    b"authorization_code", b"refresh_token", b"client_credentials", b"code", b"token", b"%", b"%%%", b"%zz", b"%00",
    b"%ff%fe", b"\xff\xfe", b"\x00", b"a" * 5000, b"+", b" ", b"%0d%0aset-cookie:x=1", b"<script>alert(1)</script>",
    b"http://[::1", b"http://127.0.0.1:99999/cb", b"https%3A//a@b%40c/", b"S256", b"plain", b"form_post", b"fragment",
    b"query", b"%ed%a0%80", b"\xed\xa0\x80", b"%F0%9F%92%A9", b"{}", b"[]", b"'\"", b";", b"offline%20asset.read", b"",
)  # fmt: skip
HEADERS = (
    b"authorization: Basic !!!", b"authorization: Basic " + b"QUJD" * 400, b"authorization: Basic /////w==",
    b"authorization: Bearer \xff", b"authorization: Bearer", b"authorization:", b"cookie: a=b; \xff=c",
    b"origin: https://evil.example", b"origin: null", b"oauthspec-flow: flow-1", b"expect: 100-continue", b"expect: x",
    b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__",
    b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x", b"accept: " + b"*/*," * 300, b"te: trailers",
    b"x-forwarded-for: \xff\xff", b"range: bytes=0-", b"accept-encoding: gzip;q=x", b"host: \xff", b"host:",
    b"transfer-encoding: identity", b"content-encoding: gzip", b"referer: http://[", b": x", b"no colon", b"a b: c",
    b"cookie: \x01",
    b"content-length: 0", b"content-length: -1", b"content-length: 99999999999999999999", b"host: a\r\n folded",
)  # fmt: skip
KILLERS = (
    b"\x00" * 50, b"\xff" * 20 + b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 20,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n",
)  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """Raw bytes; `polite` requests leave the connection fit for the next."""

    raw: bytes
    polite: bool


def hostile(number: int, genuine: tuple[bytes, ...]) -> Hostile:
    """The request of that number; `genuine` ones are there to be mutated."""
    rng = random.Random(number)
    kind = rng.random()
    if kind < 0.02:
        return Hostile(rng.choice(KILLERS), polite=False)
    if kind < 0.15:
        return Hostile(mutated(rng, rng.choice(genuine)), polite=False)
    if kind < 0.16:
        return Hostile(_large(rng), polite=False)
    if kind < 0.25:
        return Hostile(_odd(rng), polite=False)
    return Hostile(_whole(rng), polite=True)


def _parameters(rng: random.Random, most: int = 8) -> bytes:
    pairs = [rng.choice(NAMES) + b"=" + rng.choice(VALUES) for _ in range(rng.randrange(most))]
    if rng.random() < 0.01:
        pairs *= 700
    return rng.choice((b"&", b"&", b"&", b";", b"&&", b"=")).join(pairs)[:200_000]


def _target(rng: random.Random) -> bytes:
    target = rng.choice(TARGETS[:5] * 4 + TARGETS)
    query = _parameters(rng).replace(b" ", b"+").replace(b"\x00", b"%00") if rng.random() < 0.5 else b""
    return target + (b"?" + query[:20_000] if query else b"")


def _body(rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.7:
        return _parameters(rng)
    if kind < 0.8:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.9:
        name, value = rng.choice(NAMES), rng.choice(VALUES)
        end = rng.choice((b"--x--\r\n", b"--x--", b"--x", b""))
        return b'--x\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n" + end
    return rng.choice((b'{"grant_type": "refresh_token"}', b"[" * 3000, b'{"code": "\\ud800"}', b"1" * 5000, b"null"))


def _whole(rng: random.Random) -> bytes:
    """A request that HTTP allows, with a body of a stated length or in chunks."""
    method, body = rng.choice((b"GET", b"POST", b"POST", b"POST", *METHODS[2:9])), b""
    headers = [b"host: 127.0.0.1", b"content-type: " + rng.choice(TYPES)]
    headers += [rng.choice(HEADERS[:12]) for _ in range(rng.randrange(3))]
    if method != b"GET" or rng.random() < 0.1:
        body = _body(rng)
        if rng.random() < 0.2:
            headers.append(b"transfer-encoding: chunked")
            body = _in_chunks(rng, body)
        else:
            headers.append(b"content-length: %d" % len(body))
    target = _target(rng).replace(b"\xff", b"%ff").replace(b"#", b"%23")
    if not target.startswith(b"/") or target.startswith(b"//"):
        target = b"/oauth2/auth"
    head = b"\r\n".join([method + b" " + _printable(target) + b" HTTP/1.1", *headers])
    return head + b"\r\n\r\n" + body


def _printable(target: bytes) -> bytes:
    return b"".join(bytes([byte]) if 0x20 < byte < 0x7F else b"%%%02x" % byte for byte in target)


def _in_chunks(rng: random.Random, body: bytes) -> bytes:
    size = rng.choice((1, 7, 4096))
    chunks = [body[start : start + size] for start in range(0, len(body), size)][:300]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _odd(rng: random.Random) -> bytes:
    """Anything goes: wrong lengths, broken headers, methods that are none."""
    headers = [rng.choice(HEADERS) for _ in range(rng.randrange(5))] + [b"content-type: " + rng.choice(TYPES)]
    body = _body(rng)
    length = rng.choice((b"%d" % len(body), b"%d" % (len(body) // 2), b"x", b"-1", b"0", b"1, 1", b"0x10", b""))
    headers.append(b"content-length: " + length)
    version = rng.choice((b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/0.9", b"http/1.1", b""))
    line = rng.choice(METHODS) + b" " + rng.choice((_target(rng), rng.choice(TARGETS))) + b" " + version
    return b"\r\n".join([line, *headers]) + rng.choice((b"\r\n\r\n", b"\n\n", b"\r\n")) + body


def _large(rng: random.Random) -> bytes:
    """Beyond the bounds: 431, or 413 by length and in chunks."""
    kind = rng.random()
    if kind < 0.4:
        return b"GET /v2/me HTTP/1.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n"
    if kind < 0.7:
        return b"GET /oauth2/auth?state=" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"
    head = b"POST /oauth2/token HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    if kind < 0.9:
        return head + b"content-length: 1100000\r\n\r\n" + b"a=b&" * 275_000
    return head + b"transfer-encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 17 + b"0\r\n\r\n"


def mutated(rng: random.Random, genuine: bytes) -> bytes:
    """A genuine request with something changed, left out or put in."""
    raw = bytearray(genuine)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(raw))
        change = rng.randrange(4)
        if change == 0:
            raw[at] = rng.randrange(256)
        elif change == 1:
            del raw[at : at + rng.randrange(1, 20)]
        elif change == 2:
            raw[at:at] = rng.randbytes(rng.randrange(1, 10))
        else:
            raw[at:at] = raw[max(0, at - 30) : at]
        if not raw:
            return b"\r\n\r\n"
    return bytes(raw)
