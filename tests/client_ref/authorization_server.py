"""An authorization server and an API in memory, right unless told otherwise, that remember what they were asked.

Nothing here is taken from `mock_server`: these tests judge the client, and a bug that both towers share must show.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from client_ref.messages import Alone, Flow, Get, Post, Request, Response
from client_ref.registration import Registration

BASIC = Registration(
    authorization_endpoint="https://server.example/oauth2/auth",
    token_endpoint="https://server.example/oauth2/token",
    revocation_endpoint="https://server.example/oauth2/revoke",
    api_url="https://api.example/v2",
    client_id="the-client",
    client_secret="the-secret",
    redirect_uri="https://client.example/callback",
    scope=("account.read", "offline"),
)
PKCE = Registration(
    **{name: getattr(BASIC, name) for name in BASIC.__slots__ if name not in ("client_id", "client_secret")},
    client_id="the-app",
)

Answer = Callable[[Post | Get], Response]


def json_response(members: Any, status: int = 200, **headers: str) -> Response:
    named = {"content-type": "application/json;charset=UTF-8", **headers}
    return Response(status, named, json.dumps(members).encode())


def redirects(location: str, status: int = 307) -> Response:
    return Response(status, {"location": location})


TOKENS = {
    "access_token": "AT",
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "RT",
    "scope": "account.read offline",
}

METADATA = {
    "issuer": "https://server.example/a",
    "authorization_endpoint": "https://server.example/found/auth",
    "token_endpoint": "https://server.example/found/token",
    "code_challenge_methods_supported": ["S256"],
}


@dataclass
class AuthorizationServer:
    registration: Registration
    new_code: Callable[[int], str] = "code-{}".format
    posts: list[Post] = field(default_factory=list)
    gets: list[Get] = field(default_factory=list)
    token_script: list[Response | Callable[[Response], Response]] = field(default_factory=list)
    api_script: list[Response] = field(default_factory=list)
    challenges: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)
    used: Counter[str] = field(default_factory=Counter)
    number: int = 0

    # The front channel.

    def authorize(self, url: str, extra: Iterable[tuple[str, str]] = (), **changed: str | None) -> str:
        """Allow: the URL of the redirect. A change of None leaves the parameter out."""
        asked = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        self.number += 1
        code = self.new_code(self.number)
        self.challenges[code] = asked
        parameters = {"code": code, "scope": asked.get("scope", ""), "state": asked.get("state", ""), **changed}
        return self.redirect(asked, [*((n, v) for n, v in parameters.items() if v is not None), *extra])

    def deny(self, url: str, error: str = "access_denied", **changed: str | None) -> str:
        asked = dict(parse_qsl(urlsplit(url).query))
        parameters = {"error": error, "error_description": "No.", "state": asked.get("state", ""), **changed}
        return self.redirect(asked, [(n, v) for n, v in parameters.items() if v is not None])

    def redirect(self, asked: dict[str, str], parameters: list[tuple[str, str]]) -> str:
        target = asked.get("redirect_uri", self.registration.redirect_uri)
        return f"{target}{'&' if '?' in target else '?'}{urlencode(parameters)}"

    # The back channel.

    def answer(self, request: Request) -> Response:
        if isinstance(request, Post):
            self.posts.append(request)
            return self._scripted(request)
        assert isinstance(request, Get)
        self.gets.append(request)
        if self.api_script:
            return self.api_script.pop(0)
        bearer = dict(request.headers).get("Authorization", "").partition(" ")[2]
        return json_response({"id": 1}) if bearer in self.access_tokens else json_response({}, 401)

    def _scripted(self, request: Post) -> Response:
        """A scripted answer stands for a server that did nothing; a scripted change is made to the right answer."""
        said = self.token_script.pop(0) if self.token_script else None
        if isinstance(said, Response):
            return said
        right = self._token_answer(request) if "token" in request.url else Response(200)
        return right if said is None else said(right)

    def _token_answer(self, request: Post) -> Response:
        form = dict(request.form)
        if not self._authenticated(request, form):
            return json_response({"error": "invalid_client"}, 401)
        self.used[form.get("code", "")] += 1
        if form.get("grant_type") == "refresh_token":
            scope = self.refresh_tokens.pop(form.get("refresh_token", ""), None)
            return json_response({"error": "invalid_grant"}, 400) if scope is None else self._tokens(scope)
        asked = self.challenges.get(form.get("code", ""))
        if asked is None or self.used[form["code"]] > 1 or not self._same_login(asked, form):
            return json_response({"error": "invalid_grant", "error_description": "No such code."}, 400)
        return self._tokens(asked.get("scope", ""))

    def _authenticated(self, request: Post, form: dict[str, str]) -> bool:
        header = dict(request.headers).get("Authorization")
        if self.registration.client_secret is None:
            return header is None and form.get("client_id") == self.registration.client_id
        if header is None or "client_secret" in form:
            return False
        user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        pair = unquote_plus(user), unquote_plus(password)
        return pair == (self.registration.client_id, self.registration.client_secret)

    def _same_login(self, asked: dict[str, str], form: dict[str, str]) -> bool:
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        return asked.get("code_challenge", challenge) == challenge and asked.get(
            "redirect_uri", self.registration.redirect_uri
        ) == form.get("redirect_uri")

    def _tokens(self, scope: str) -> Response:
        self.number += 1
        access_token, refresh_token = f"AT-{self.number}", f"RT-{self.number}"
        self.access_tokens.add(access_token)
        self.refresh_tokens[refresh_token] = scope
        return json_response({**TOKENS, "access_token": access_token, "refresh_token": refresh_token, "scope": scope})


def drive(flow: Flow[Any], answer: Callable[[Request], Any]) -> Any:
    """Drive a flow in memory; what is to run alone runs at once, for nobody else is here."""
    try:
        request = next(flow)
        while True:
            try:
                came = drive(request.flow, answer) if isinstance(request, Alone) else answer(request)
            except Exception as error:  # noqa: BLE001 - the flow sees whatever happens
                request = flow.throw(error)
            else:
                request = flow.send(came)
    except StopIteration as end:
        return end.value
