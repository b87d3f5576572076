"""What a record may not hold in clear: cookies, and credentials that this run did not issue.

Whatever the harness made up means nothing outside its run, and is kept as it is, or nothing could be judged again. The
rest becomes a keyed digest with length and alphabet, so that equal values stay equal and an empty one stays empty. The
key is thrown away with the process.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterable

from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.protocol.records import App
from mock_server.redaction import SECRET_PARAMETERS
from mock_server.transcript import Answer, Entry, Exchange, Headers, ReceivedRequest
from scenarios.reports.shown import location_query, members_of

# Drawn by the client for one login and worthless after it.
_OF_ONE_LOGIN = frozenset({"code", "state", "code_verifier", "form_token", "ticket"})
_SECRET_NAME = re.compile(r"secret|passw|api[_-]?key|credential|token$", re.IGNORECASE)
_SECRET_HEADER = re.compile(r"authorization|cookie|secret|passw|api-?key|token|csrf|session", re.IGNORECASE)
_ALPHABETS = (
    ("digits", re.compile(r"[0-9]+")),
    ("hex", re.compile(r"[0-9A-Fa-f]+")),
    ("base64url", re.compile(r"[\w.~-]+", re.ASCII)),
    ("base64", re.compile(r"[A-Za-z0-9+/=]+")),
    ("printable", re.compile(r"[ -~]+")),
)
# Shorter pieces of an issued value are anybody's.
_PIECE = 8


class Digests:
    """Remembers what was issued, and replaces what was not."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(16)
        self._issued: set[str] = set()

    def learn(self, apps: Iterable[App | None], entries: Iterable[Entry]) -> None:
        """Note what the harness issued: the apps' own values, and all that its answers hold."""
        for app in apps:
            if app is not None:
                self._issued.update(value for value in (app.client_id, app.client_secret) if value)
        for entry in entries:
            if isinstance(entry, Exchange):
                for answer in (entry.right, entry.sent, entry.strict):
                    self._issued.update(_values(answer) if answer is not None else ())

    def digest(self, value: str) -> str:
        """A stand-in that needs no quoting anywhere."""
        if not value:
            return ""
        alphabet = next((name for name, pattern in _ALPHABETS if pattern.fullmatch(value)), "other")
        octets = value.encode("utf-8", "surrogateescape")
        hashed = hashlib.blake2s(octets, key=self._key, digest_size=8).hexdigest()
        return f"digest-{len(value)}-{alphabet}-{hashed}"

    def entry(self, entry: Entry) -> Entry:
        """An entry that may be stored."""
        if not isinstance(entry, Exchange):
            return entry
        return Exchange(
            number=entry.number,
            at=entry.at,
            flow=entry.flow,
            attributed_by=entry.attributed_by,
            endpoint=entry.endpoint,
            request=self.request(entry.request),
            right=self._answer(entry.right),
            sent=self._answer(entry.sent),
            changes=entry.changes,
            error=entry.error,
            explanation=entry.explanation,
            strict=None if entry.strict is None else self._answer(entry.strict),
        )

    def request(self, request: ReceivedRequest) -> ReceivedRequest:
        """A request that may be stored."""
        path, question, query = request.target.partition("?")
        return ReceivedRequest(
            method=request.method,
            target=f"{path}{question}{self._pairs(query)}" if query else request.target,
            headers=self._headers(request.headers),
            body=self._body(request.body),
            origin=request.origin,
        )

    def _answer(self, answer: Answer) -> Answer:
        if not any("cookie" in name.lower() for name, _ in answer.headers):
            return answer
        headers = ((n, self._set_cookie(v) if n.lower() == "set-cookie" else v) for n, v in answer.headers)
        return Answer(answer.status, tuple(headers), answer.body)

    def _headers(self, headers: Headers) -> Headers:
        return tuple(
            (name, self._header(name.lower(), value) if _SECRET_HEADER.search(name) else value)
            for name, value in headers
        )

    def _header(self, name: str, value: str) -> str:
        if name == "cookie":
            return "; ".join(self._set_cookie(cookie.strip()) for cookie in value.split(";"))
        if name not in ("authorization", "proxy-authorization"):
            return self._foreign(value)
        scheme, space, rest = value.partition(" ")
        credentials = basic_credentials(value)
        if credentials is None:
            return f"{scheme}{space}{self._foreign(rest)}" if space else self._foreign(value)
        user, password = credentials
        kept = self._foreign(password)
        if kept == password:
            return value
        joined = f"{user}:{kept}".encode("utf-8", "surrogateescape")
        return f"{scheme} {base64.b64encode(joined).decode()}"

    def _set_cookie(self, cookie: str) -> str:
        pair, semicolon, attributes = cookie.partition(";")
        name, equals, value = pair.partition("=")
        return f"{name}={self.digest(value)}{semicolon}{attributes}" if equals else self.digest(cookie)

    def _body(self, body: bytes) -> bytes:
        members = members_of(body)
        if members:
            kept = {name: self._member(name, value) for name, value in members.items()}
            return body if kept == members else json.dumps(kept).encode()
        text = body.decode("latin-1")
        return self._pairs(text).encode("latin-1") if "=" in text else body

    def _member(self, name: str, value: object) -> object:
        return self._foreign(value) if isinstance(value, str) and _is_secret(name) else value

    def _pairs(self, text: str) -> str:
        """A form, with nothing changed but the values that may not be stored."""
        return "&".join(self._pair(pair) for pair in text.split("&"))

    def _pair(self, pair: str) -> str:
        name, equals, raw = pair.partition("=")
        if not equals or not _is_secret(form.unquote(name) or name):
            return pair
        value = form.unquote(raw)
        value = raw if value is None else value
        return pair if self._foreign(value) == value else f"{name}={self.digest(value)}"

    def _foreign(self, value: str) -> str:
        """The value itself where it comes from what was issued, however mangled; else its digest."""
        spellings = {value}
        for _ in range(2):
            spellings |= {each for text in tuple(spellings) if (each := form.unquote(text)) is not None}
        return value if not value or any(map(self._is_issued, spellings)) else self.digest(value)

    def _is_issued(self, value: str) -> bool:
        if value in self._issued:
            return True
        return len(value) >= _PIECE and any(
            value in issued or (len(issued) >= _PIECE and issued in value) for issued in self._issued
        )


def _is_secret(name: str) -> bool:
    return name not in _OF_ONE_LOGIN and (name in SECRET_PARAMETERS or _SECRET_NAME.search(name) is not None)


def _values(answer: Answer) -> set[str]:
    pairs = (*members_of(answer.body).items(), *form.parse(location_query(answer)).pairs)
    return {value for name, value in pairs if name in SECRET_PARAMETERS and isinstance(value, str) and value}
