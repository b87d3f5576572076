"""Flaws of the web application around the client."""

from __future__ import annotations

import html
import time
from dataclasses import replace
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from client_ref import application, flows
from client_ref.errors import Refusal
from client_ref.flaws.flaw import STRICT_FLOWS, STRICT_PAGES, Flaw
from client_ref.messages import Visit
from client_ref.policy import Policy
from client_ref.registration import Registration
from client_ref.session import LOGINS, Session, held_tokens

VERIFIER = "pkce-verifier"


def _access_token(session: Session) -> str:
    tokens = held_tokens(session)
    return tokens.access_token if tokens else ""


def _echoing(request: Request, refusal: Refusal) -> Response:
    said = request.query_params.get("error_description") or request.query_params.get("error") or refusal.code
    return HTMLResponse(f"<!doctype html><title>Error</title><p>Error: {said}</p>", 400)


def _starting_again(_request: Request, _refusal: Refusal) -> Response:
    return application.redirect("/login")


def _next_followed(request: Request, _session: Session) -> Response:
    return RedirectResponse(request.query_params.get("next", "/"), 303, application.HEADERS)


def _next_remembered(request: Request, session: Session) -> None:
    session["next"] = request.query_params.get("next", "/")


def _next_of_the_login(_request: Request, session: Session) -> Response:
    return RedirectResponse(str(session.pop("next", "/")), 303, application.HEADERS)


def _verifier_in_cookie(session: Session, response: Response) -> Response:
    login = list(session[LOGINS].values())[-1]
    response.set_cookie(VERIFIER, login["code_verifier"], httponly=True, samesite="lax")
    return response


def _cookie_not_missed(request: Request, session: Session) -> None:
    if VERIFIER not in request.cookies:
        session[LOGINS] = {request.query_params.get("state", ""): {"code_verifier": "", "begun": time.time()}}


def _error_uri_linked(request: Request, refusal: Refusal) -> Response:
    more = html.escape(request.query_params.get("error_uri", ""))
    return application.page(refusal.code, f'<a href="{more}">More about it</a>', status=400)


def _begin_keeping_the_verifier(registration: Registration, session: Session, policy: Policy) -> Visit:
    visit = flows.begin(registration, session, policy)
    session["verifier"] = list(session[LOGINS].values())[-1]["code_verifier"]
    return visit


def _host_remembered(request: Request, session: Session) -> None:
    session["host"] = request.headers.get("host", "")


def _begin_at_its_host(registration: Registration, session: Session, policy: Policy) -> Visit:
    place = urlsplit(registration.redirect_uri)
    at_its_host = place._replace(netloc=session.get("host") or place.netloc).geturl()
    return flows.begin(replace(registration, redirect_uri=at_its_host), session, policy)


def _verifier_shown(session: Session) -> Response:
    return application.page("Logged in", f"Debug: {session.get('verifier')}")


def _token_in_url(_request: Request, session: Session) -> Response:
    return application.redirect(f"/?access_token={_access_token(session)}")


def _token_in_cookie(_request: Request, session: Session) -> Response:
    response = application.redirect("/")
    response.set_cookie("access_token", _access_token(session))
    return response


def _page_in_place(_request: Request, _session: Session) -> Response:
    script = '<script src="https://analytics.example/a.js"></script>'
    return HTMLResponse(f"<!doctype html><title>Welcome</title>{script}<p>You are logged in.</p>")


def _page_with_a_link(_request: Request, _session: Session) -> Response:
    link = '<a href="https://help.example/">Help</a>'
    return HTMLResponse(f"<!doctype html><title>Welcome</title>{link}", headers={"Referrer-Policy": "unsafe-url"})


def _token_shown(session: Session) -> Response:
    return application.page("Logged in", f"Your token: {_access_token(session)}")


FLAWS = (
    Flaw(
        "markup-echoed",
        "The error page repeats what the URL says, markup and all.",
        ("S-CB-11",),
        ("CVE-2025-66040",),
        pages=replace(STRICT_PAGES, refused=_echoing),
    ),
    Flaw(
        "login-restarted-after-refusal",
        "Whatever goes wrong, the browser is sent to log in again.",
        ("S-CB-04",),
        (),
        pages=replace(STRICT_PAGES, refused=_starting_again),
    ),
    Flaw(
        "open-redirect",
        "After the login the browser is sent wherever `next` says.",
        ("S-CB-12",),
        ("flask-dance PR #230",),
        pages=replace(STRICT_PAGES, landed=_next_followed),
    ),
    Flaw(
        "open-redirect-at-login",
        "After the login the browser is sent wherever `next` said when it began.",
        ("S-CB-12",),
        (),
        pages=replace(STRICT_PAGES, begun=_next_remembered, landed=_next_of_the_login),
    ),
    Flaw(
        "error-uri-linked",
        "The error page has a link to whatever error_uri says.",
        ("S-CB-18",),
        (),
        pages=replace(STRICT_PAGES, refused=_error_uri_linked),
    ),
    Flaw(
        "verifier-on-page",
        "The home page shows the verifier of the login.",
        ("S-PKCE-05",),
        (),
        flows=replace(STRICT_FLOWS, begin=_begin_keeping_the_verifier),
        pages=replace(STRICT_PAGES, home=_verifier_shown),
    ),
    Flaw(
        "cookie-of-the-login-not-missed",
        "State and verifier are bound to a cookie, and where it is gone, the code is redeemed without them.",
        ("S-PKCE-03",),
        ("CVE-2023-27490",),
        pages=replace(STRICT_PAGES, leaving=_verifier_in_cookie, arrived=_cookie_not_missed),
    ),
    Flaw(
        "token-in-page-url",
        "The access token is in the address of the page after the login.",
        ("S-URI-01", "S-CB-13"),
        (),
        pages=replace(STRICT_PAGES, landed=_token_in_url),
    ),
    Flaw(
        "token-in-cookie",
        "The access token is put into a cookie that scripts can read.",
        ("S-LOG-01",),
        (),
        pages=replace(STRICT_PAGES, landed=_token_in_cookie),
    ),
    Flaw(
        "callback-page-in-place",
        "The callback answers with a page, the code in its address, and a script from elsewhere.",
        ("S-CB-13",),
        (),
        pages=replace(STRICT_PAGES, landed=_page_in_place),
    ),
    Flaw(
        "callback-page-with-a-link",
        "The callback answers with a page that tells its address, code and all, to whoever its link leads to.",
        ("S-CB-13",),
        (),
        pages=replace(STRICT_PAGES, landed=_page_with_a_link),
    ),
    Flaw(
        "token-on-page",
        "The home page shows the access token.",
        ("S-LOG-01",),
        (),
        pages=replace(STRICT_PAGES, home=_token_shown),
    ),
    Flaw(
        "callback-takes-any-method",
        "HEAD and POST finish a login too.",
        ("S-CB-15",),
        (),
        pages=replace(STRICT_PAGES, landing_methods=frozenset({"GET", "HEAD", "POST"})),
    ),
    Flaw(
        "redirect-uri-by-host",
        "The redirect_uri of a login has the host under which the login page was asked for.",
        ("S-CB-15",),
        (),
        flows=replace(STRICT_FLOWS, begin=_begin_at_its_host),
        pages=replace(STRICT_PAGES, begun=_host_remembered),
    ),
)
