"""Flaws of the token request: client authentication, and how often and where it is sent."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from urllib.parse import urlsplit

from client_ref import outgoing
from client_ref.errors import ConfigurationError, ExchangeFailed
from client_ref.flaws.flaw import Flaw
from client_ref.messages import Flow, Form, Get, Post, Response, serialize_form
from client_ref.policy import STRICT, send
from client_ref.registration import Registration, check_registration
from client_ref.session import Login

logger = logging.getLogger("client_ref")


def _basic(user: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _basic_raw(registration: Registration, request: Post) -> Post:
    if registration.client_secret is None:
        return outgoing.authenticated(registration, request)
    return replace(request, headers=(_basic(registration.client_id, registration.client_secret),))


def _secret_in_body_too(registration: Registration, request: Post) -> Post:
    request = outgoing.authenticated(registration, request)
    secret = (("client_secret", s) for s in registration.secrets())
    return replace(request, form=(*request.form, *secret))


def _secret_in_body_only(registration: Registration, request: Post) -> Post:
    secret = (("client_secret", s) for s in registration.secrets())
    return replace(request, form=(*request.form, ("client_id", registration.client_id), *secret))


def _basic_always(registration: Registration, request: Post) -> Post:
    return replace(request, headers=(_basic(registration.client_id, registration.client_secret or ""),))


def _client_id_missing(registration: Registration, request: Post) -> Post:
    return outgoing.authenticated(registration, request) if registration.client_secret else request


def _empty_secret(registration: Registration, request: Post) -> Post:
    request = outgoing.authenticated(registration, request)
    return request if registration.client_secret else replace(request, form=(*request.form, ("client_secret", "")))


def _query_dropped(registration: Registration, request: Post) -> Post:
    request = outgoing.authenticated(registration, request)
    return replace(request, url=request.url.partition("?")[0])


def _in_url_too(registration: Registration, request: Post) -> Post:
    request = outgoing.authenticated(registration, request)
    return replace(request, url=outgoing.with_query(request.url, request.form))


def _without_redirect_uri(registration: Registration, login: Login, code: str) -> Form:
    return tuple(p for p in outgoing.code_parameters(registration, login, code) if p[0] != "redirect_uri")


def _client_id_twice(registration: Registration, request: Post) -> Post:
    request = outgoing.authenticated(registration, request)
    return replace(request, form=(*request.form, *2 * (("client_id", registration.client_id),)))


def _code_without_its_end(registration: Registration, login: Login, code: str) -> Form:
    return outgoing.code_parameters(registration, login, code[:-1])


def _grant_type_code(registration: Registration, login: Login, code: str) -> Form:
    form = outgoing.code_parameters(registration, login, code)
    return tuple((n, "code" if n == "grant_type" else v) for n, v in form)


def _send_by_get(request: Post | Get) -> Flow[Response]:
    if isinstance(request, Post):
        request = Get(outgoing.with_query(request.url, request.form), request.headers)
    return (yield from send(request))


def _send_following_for_ever(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    # Not for ever, or no test of it would end.
    for _ in range(60):
        location = response.headers.get("location", "")
        if not isinstance(request, Post) or response.status != 307 or location != request.url:
            break
        response = yield from send(request)
    return response


def _is_token_request(request: Post | Get) -> bool:
    return isinstance(request, Post) and any(name == "grant_type" for name, _ in request.form)


def _send_twice(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    if _is_token_request(request):
        yield from send(request)
    return response


def _send_until_it_works(request: Post | Get) -> Flow[Response]:
    for _ in range(2):
        try:
            response = yield from send(request)
        except ExchangeFailed:
            continue
        if response.status < 500:
            return response
    return (yield from send(request))


def _send_impatiently(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    for _ in range(4):
        if response.status not in (429, 503):
            break
        response = yield from send(request)
    return response


def _send_probing(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    if response.status == 401 and isinstance(request, Post) and request.headers:
        user, _, password = base64.b64decode(request.headers[0][1].removeprefix("Basic ")).decode().partition(":")
        body = (("client_id", user), ("client_secret", password))
        response = yield from send(Post(request.url, (*request.form, *body)))
    return response


def _send_again_without_verifier(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    if response.status == 400 and isinstance(request, Post):
        form = tuple(p for p in request.form if p[0] != "code_verifier")
        if form != request.form:
            response = yield from send(replace(request, form=form))
    return response


def _send_following(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    for _ in range(5):
        location = response.headers.get("location", "")
        if response.status not in (301, 302, 303, 307, 308) or not location.startswith("http"):
            break
        response = yield from send(replace(request, url=location))
    return response


def _send_following_api_only(request: Post | Get) -> Flow[Response]:
    return (yield from (_send_following(request) if isinstance(request, Get) else send(request)))


def _send_following_with_the_old_host(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    location = response.headers.get("location", "")
    if isinstance(request, Get) and 301 <= response.status <= 308 and location.startswith("http"):
        return (yield from send(Get(location, (("Host", urlsplit(request.url).netloc),))))
    return response


def _send_following_posts_only(request: Post | Get) -> Flow[Response]:
    return (yield from (_send_following(request) if isinstance(request, Post) else send(request)))


def _send_following_by_get(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    location = response.headers.get("location", "")
    if isinstance(request, Post) and 301 <= response.status <= 308 and location.startswith("http"):
        return (yield from send(Get(location)))
    return response


def _send_logging(request: Post | Get) -> Flow[Response]:
    if isinstance(request, Post):
        logger.warning("POST %s %s %s", request.url, serialize_form(request.form), request.headers)
    return (yield from send(request))


def _cleartext_accepted(registration: Registration) -> None:
    try:
        check_registration(registration)
    except ConfigurationError as error:
        if error.code != "cleartext":
            raise


FLAWS = (
    Flaw(
        "basic-not-form-encoded",
        "Identifier and secret go into Basic as they are.",
        ("S-TOK-02",),
        ("requests-oauthlib PR #568",),
        replace(STRICT, authenticated=_basic_raw),
    ),
    Flaw(
        "secret-in-body-too",
        "Basic, and the secret in the body to be safe.",
        ("S-TOK-01",),
        (),
        replace(STRICT, authenticated=_secret_in_body_too),
    ),
    Flaw(
        "secret-in-body-only",
        "The secret is in the body, and there is no Basic.",
        ("S-TOK-01", "S-REF-01"),
        (),
        replace(STRICT, authenticated=_secret_in_body_only),
    ),
    Flaw(
        "basic-for-public-client",
        "A PKCE app sends Basic with an empty secret, and no client_id in the body.",
        ("S-TOK-03", "S-REF-01"),
        ("requests-oauthlib #330", "client-oauth2 #196", "oauth2-client #128"),
        replace(STRICT, authenticated=_basic_always),
    ),
    Flaw(
        "client-id-missing",
        "A PKCE app does not say who it is.",
        ("S-TOK-03", "S-REF-01"),
        ("requests-oauthlib #330",),
        replace(STRICT, authenticated=_client_id_missing),
    ),
    Flaw(
        "empty-secret-in-body",
        "A PKCE app sends an empty client_secret.",
        ("S-TOK-03",),
        (),
        replace(STRICT, authenticated=_empty_secret),
    ),
    Flaw(
        "client-id-twice-in-body",
        "client_id is in the token request twice.",
        ("S-TOK-09",),
        (),
        replace(STRICT, authenticated=_client_id_twice),
    ),
    Flaw(
        "token-query-dropped",
        "A query that the token endpoint has is lost.",
        ("S-AUTH-03",),
        (),
        replace(STRICT, authenticated=_query_dropped),
    ),
    Flaw(
        "token-request-in-url-too",
        "The form is sent in the body and in the URL.",
        ("S-URI-01",),
        (),
        replace(STRICT, authenticated=_in_url_too),
    ),
    Flaw(
        "redirect-uri-not-repeated",
        "The token request has no redirect_uri.",
        ("S-TOK-01",),
        (),
        replace(STRICT, code_parameters=_without_redirect_uri),
    ),
    Flaw(
        "code-end-lost",
        "The last character of the code is lost.",
        ("S-TOK-01",),
        (),
        replace(STRICT, code_parameters=_code_without_its_end),
    ),
    Flaw(
        "grant-type-code",
        "The grant type is called code, as the response type is.",
        ("S-TOK-01",),
        (),
        replace(STRICT, code_parameters=_grant_type_code),
    ),
    Flaw(
        "token-request-by-get",
        "Token requests are sent by GET, with everything in the URL.",
        ("S-TOK-01",),
        (),
        replace(STRICT, send=_send_by_get),
    ),
    Flaw(
        "token-redirect-followed-in-circles",
        "A token endpoint that redirects to itself is followed again and again.",
        ("S-TOK-06",),
        (),
        replace(STRICT, send=_send_following_for_ever),
    ),
    Flaw(
        "code-sent-twice",
        "Every token request is sent twice.",
        ("S-CB-09", "S-TOK-01"),
        ("react-oauth2-pkce #39", "react-use-oauth2 #90"),
        replace(STRICT, send=_send_twice),
    ),
    Flaw(
        "code-sent-again-after-failure",
        "After a 5xx or a broken connection the code is sent again.",
        ("S-TOK-04", "S-REF-06"),
        (),
        replace(STRICT, send=_send_until_it_works),
    ),
    Flaw(
        "retry-after-ignored",
        "A server that asks for patience is asked again at once.",
        ("S-TOK-07",),
        (),
        replace(STRICT, send=_send_impatiently),
    ),
    Flaw(
        "authentication-probed",
        "After a 401 the code is sent again with the secret in the body.",
        ("S-TOK-05",),
        ("golang/oauth2 #373",),
        replace(STRICT, send=_send_probing),
    ),
    Flaw(
        "verifier-dropped-after-refusal",
        "After a 400 the code is sent again without its verifier.",
        ("S-PKCE-04", "S-RSP-10"),
        (),
        replace(STRICT, send=_send_again_without_verifier),
    ),
    Flaw(
        "token-redirect-followed",
        "A token request follows redirects, credentials and all.",
        ("S-TOK-06",),
        ("CVE-2018-18074",),
        replace(STRICT, send=_send_following_posts_only),
    ),
    Flaw(
        "token-redirect-followed-by-get",
        "A redirect turns the token request into a GET, and what the GET brings is believed.",
        ("S-TOK-06",),
        (),
        replace(STRICT, send=_send_following_by_get),
    ),
    Flaw(
        "api-redirect-followed",
        "The access token follows a redirect to another place.",
        ("S-RES-02",),
        ("superagent #1844",),
        replace(STRICT, send=_send_following_api_only),
    ),
    Flaw(
        "host-kept-after-redirect",
        "A redirected call of the API names the host of the first one.",
        ("S-RES-02",),
        (),
        replace(STRICT, send=_send_following_with_the_old_host),
    ),
    Flaw(
        "secrets-logged",
        "Token requests are written to the log.",
        ("S-LOG-01",),
        (),
        replace(STRICT, send=_send_logging),
    ),
    Flaw(
        "cleartext-accepted",
        "http is good enough for the token endpoint and the API of another machine.",
        ("S-TLS-02", "S-RES-04"),
        (),
        replace(STRICT, check_registration=_cleartext_accepted),
    ),
)
