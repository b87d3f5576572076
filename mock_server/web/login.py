"""Login and consent: what the person at the browser sees between the app's request and the way back to it."""

import re
from urllib.parse import quote, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.answering import Outcome, Pending
from mock_server.authorization_server import AuthorizationServer
from mock_server.changes import NONE, Changes, written
from mock_server.protocol.form import Parameters
from mock_server.protocol.resource_owner import Allow, Ask, Consent, Deny
from mock_server.web import misbehaving
from mock_server.web.access import Access
from mock_server.web.endpoints import received
from mock_server.web.forms import Form, read_form
from mock_server.web.rendering import headers, html
from mock_server.web.scope_words import in_words
from mock_server.web.sending import Receive, Scope, Send, send_outcome
from mock_server.web.written import changes_from

COOKIE = "oauthspec-resource-owner"
# Cookies know no ports: below this path the app on the next port is not sent it.
PATH = "/login"
CONSENT = "/login/consent"
_EMAIL = re.compile(r"[^\s@\x00-\x20\x7f]{1,64}@[^\s@\x00-\x20\x7f]{1,190}")
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class SendOutcome:
    """Sends what the authorization server decided, by its delivery; a response as Starlette takes them."""

    def __init__(self, core: AuthorizationServer, outcome: Outcome) -> None:
        self._core, self._outcome = core, outcome

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and note where it did not arrive."""
        if reason := await send_outcome(self._outcome, scope, receive, send):
            self._core.undelivered(self._outcome, reason)


class Login:
    """The pages of one authorization server."""

    def __init__(self, core: AuthorizationServer, access: Access) -> None:
        self._core, self._access = core, access

    def routes(self) -> list[Route]:
        """Where the pages are."""
        return [
            Route(PATH, self._login_page, methods=["GET"]),
            Route(PATH, self._log_in, methods=["POST"]),
            Route(CONSENT, self._consent_page, methods=["GET"]),
            Route(CONSENT, self._decide, methods=["POST"]),
        ]

    async def _login_page(self, request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        waiting = self._core.pending(ticket)
        if waiting is None:
            return _gone()
        if remembered(request) and "switch" not in request.query_params:
            return _to(CONSENT, ticket)
        return self._ask_for_email(waiting, ticket, remembered(request))

    def _ask_for_email(self, waiting: Pending, ticket: str, email: str, error: str = "") -> Response:
        token = self._access.form_token(f"login {ticket}")
        return html(
            "login.html",
            status=400 if error else 200,
            app=waiting.checked.app,
            ticket=ticket,
            email=email or self._core.user.email,
            error=error,
            form_token=token,
        )

    async def _log_in(self, request: Request) -> Response:
        form = await read_form(request)
        ticket, email = form.parameters.get("ticket"), form.parameters.get("email").strip()
        waiting = self._core.pending(ticket)
        if waiting is None:
            return _gone()
        if not self._access.is_form_token(form.parameters.get("form_token"), f"login {ticket}"):
            return stale_form(f"{PATH}?{urlencode({'ticket': ticket})}")
        if not _EMAIL.fullmatch(email):
            return self._ask_for_email(waiting, ticket, email, "That is not an e-mail address. Any will do: a@b.c")
        response = _to(CONSENT, ticket)
        response.set_cookie(COOKIE, quote(email, safe="@"), path=PATH, httponly=True, samesite="lax")
        return response

    async def _consent_page(self, request: Request) -> Response:
        ticket, email = request.query_params.get("ticket", ""), remembered(request)
        waiting = self._core.pending(ticket)
        if waiting is None:
            return _gone()
        return self._ask(waiting, ticket, email) if email else _to(PATH, ticket)

    def _ask(
        self, waiting: Pending, ticket: str, email: str, *, error: str = "", sent: Parameters | None = None
    ) -> Response:
        checked, flow = waiting.checked, self._core.flows.get(waiting.flow.identifier, waiting.flow)
        chosen = set(checked.scopes if sent is None else sent.all("scope"))
        return html(
            "consent.html",
            status=400 if error else 200,
            form_action=_form_action(checked.redirect_uri),
            app=checked.app,
            ticket=ticket,
            email=email,
            error=error,
            sent=sent or Parameters(),
            scopes=[(scope, in_words(scope), scope in chosen) for scope in dict.fromkeys(checked.scopes)],
            redirect_uri=checked.redirect_uri,
            already=written(flow.changes),
            provider=self._core.provider,
            choices=misbehaving,
            form_token=self._access.form_token(f"consent {ticket}"),
        )

    async def _decide(self, request: Request) -> Response | SendOutcome:
        form = await read_form(request)
        sent = form.parameters
        ticket, email = sent.get("ticket"), sent.get("email")
        waiting = self._core.pending(ticket)
        if waiting is None:
            return _gone()
        if not self._access.is_form_token(sent.get("form_token"), f"consent {ticket}"):
            return stale_form(f"{CONSENT}?{urlencode({'ticket': ticket})}")
        if not _EMAIL.fullmatch(email):
            return _to(PATH, ticket)
        try:
            document = misbehaving.document(sent)
            changes = changes_from(document) if document else NONE
            decision = _decision(sent, waiting, changes)
        except ValueError as error:
            return self._ask(waiting, ticket, email, error=str(error), sent=sent)
        return self._completed(request, form, ticket, decision, changes, email)

    def _completed(
        self, request: Request, form: Form, ticket: str, decision: Consent, changes: Changes, email: str
    ) -> Response | SendOutcome:
        try:
            outcome = self._core.consent(ticket, decision, received(request.scope, form.body), changes, email)
        except KeyError:
            return _gone()
        return SendOutcome(self._core, outcome)


def _decision(sent: Parameters, waiting: Pending, changes: Changes) -> Consent:
    """What the buttons say, unless the written form says it in other words."""
    said = changes.resource_owner
    if said is not None and not isinstance(said, Ask):
        return said
    if sent.get("decision") == "deny":
        words = Deny()
        error, description = sent.get("deny_error").strip(), sent.get("deny_description").strip()
        return Deny(error or words.error, description or words.error_description)
    if sent.get("decision") != "allow":
        raise ValueError("The form says neither Allow nor Deny.")
    asked = waiting.checked.scopes
    chosen = set(sent.all("scope"))
    granted = tuple(scope for scope in asked if scope in chosen)
    return Allow() if granted == asked else Allow(granted)


def remembered(request: Request) -> str:
    """Who signed in at this browser before, or nobody."""
    email = unquote(request.cookies.get(COOKIE, ""))
    return email if _EMAIL.fullmatch(email) else ""


def _form_action(redirect_uri: str) -> str:
    """Browsers hold the redirects that follow a form against this, and an app's callback may go on anywhere."""
    scheme = urlsplit(redirect_uri).scheme
    own = f" {scheme}:" if scheme not in ("http", "https") and _OWN_SCHEME.fullmatch(scheme) else ""
    return f"'self' http: https:{own}"


def _to(path: str, ticket: str) -> Response:
    return Response(b"", 303, headers() | {"location": f"{path}?{urlencode({'ticket': ticket})}"})


def _gone() -> Response:
    return html(
        "message.html",
        status=410,
        title="This login is over",
        paragraphs=(
            "It was decided already, or the mock was restarted, or more than a thousand logins have begun since.",
            "Go back to your app and start again from there.",
        ),
        link=None,
    )


def stale_form(again: str) -> Response:
    """The answer to a form that does not come from a page of ours, or from one of before a restart."""
    return html(
        "message.html",
        status=403,
        title="This form is not from here",
        paragraphs=("It lacks the mark that our own pages put into it, or the mock was restarted since it was shown.",),
        link=(again, "Open the page again"),
    )

