"""Somebody at a browser without scripts: follows redirects by hand and fills in the forms that a page holds."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx

from mock_server.protocol.records import App
from mock_server.serving import RunningServer

EMAIL = "ada.lovelace@example.org"
SCOPE = "offline account.read asset.read"
Fields = dict[str, str | list[str]]


@dataclass
class Form:
    """One form of a page: where it goes, and what it sends if nothing is touched."""

    action: str
    method: str = "get"
    fields: Fields = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        old = self.fields.get(name)
        self.fields[name] = value if old is None else [*([old] if isinstance(old, str) else old), value]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._textarea = ""
        self._select = ""
        self._option: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", given.get("method") or "get"))
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self.forms[-1].fields):
            # Without a value of its own an option sends its text.
            self._option = self._select
            self.forms[-1].fields[self._select] = value
            if "value" in given:
                self._option = None
        elif tag == "textarea":
            self._textarea = name
            self.forms[-1].fields[name] = ""
        elif tag == "input" and name:
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.forms[-1].add(name, value)

    def handle_data(self, data: str) -> None:
        if self._textarea or self._option:
            self.forms[-1].fields[self._textarea or self._option or ""] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag in ("select", "option"):
            self._select, self._option = self._select if tag == "option" else "", None


def forms(page: str) -> list[Form]:
    parser = _Forms()
    parser.feed(page)
    return parser.forms


def form_to(page: str, action: str) -> Form:
    return next(form for form in forms(page) if form.action == action)


def text_of(page: str) -> str:
    """What a reader sees, in one line."""
    without_tags = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(without_tags)).strip()


def _query(location: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(location).query, keep_blank_values=True)


class Visitor:
    """One browser's cookies, at one server."""

    def __init__(self, server: RunningServer, transport: httpx.BaseTransport) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, transport=transport)

    def get(self, url: str, **more: object) -> httpx.Response:
        return self.http.get(url, **more)  # type: ignore[arg-type]

    def send(self, form: Form, **changed: str | Sequence[str] | None) -> httpx.Response:
        """Send a form with some fields changed; None leaves a field out."""
        fields = {name: value for name, value in {**form.fields, **changed}.items() if value is not None}
        headers = {"origin": self.server.url, "content-type": "application/x-www-form-urlencoded"}
        return self.http.request(form.method, form.action, data=fields, headers=headers)

    def authorize(self, app: App | None = None, **parameters: str) -> httpx.Response:
        app = app or self.server.basic_app
        query = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uris[0],
            "scope": SCOPE,
            "state": "state-of-the-session",
        }
        return self.get("/oauth2/auth", params=query | parameters)

    def login_page(self, **parameters: str) -> httpx.Response:
        return self.get(self.authorize(**parameters).headers["location"])

    def consent_page(self, email: str = EMAIL, **parameters: str) -> httpx.Response:
        page = self.login_page(**parameters)
        if page.status_code == 200:
            page = self.send(form_to(page.text, "/login"), email=email)
        return self.get(page.headers["location"])

    def decide(self, decision: str = "allow", **changed: str | Sequence[str] | None) -> Mapping[str, str]:
        """Log in and decide; return the parameters of the redirect to the app."""
        page = self.consent_page()
        answer = self.send(form_to(page.text, "/login/consent"), decision=decision, **changed)
        assert answer.status_code in (302, 303), text_of(answer.text)
        return {name: values[0] for name, values in _query(answer.headers["location"]).items()}

    def redeem(self, code: str, app: App | None = None) -> httpx.Response:
        app = app or self.server.basic_app
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uris[0]}
        if app.is_public:
            return self.http.post("/oauth2/token", data=form | {"client_id": app.client_id})
        return self.http.post("/oauth2/token", data=form, auth=(app.client_id, app.client_secret or ""))
