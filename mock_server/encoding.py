"""From messages to bytes, as the recorded engine writes them."""

import html
import json
import re
from typing import Any

import msgspec

from mock_server.protocol import form
from mock_server.protocol.messages import (
    AuthorizationResponse,
    ErrorPage,
    Members,
    MetadataResponse,
    ResourceResponse,
    RevocationResponse,
    TokenErrorResponse,
    TokenResponse,
)
from mock_server.protocol.provider import Provider
from mock_server.protocol.redirect_uri import with_fragment, with_query
from mock_server.transcript import Answer, Headers

Message = (
    AuthorizationResponse
    | ErrorPage
    | TokenResponse
    | TokenErrorResponse
    | RevocationResponse
    | MetadataResponse
    | ResourceResponse
)

NO_STORE: Headers = (("cache-control", "no-store"), ("pragma", "no-cache"))
_OAUTH_JSON: Headers = (("content-type", "application/json;charset=UTF-8"),)
_TOKEN_HEADERS = NO_STORE + _OAUTH_JSON
_CHALLENGE: Headers = (("www-authenticate", 'Basic realm="oauth2"'),)

# Go's encoder escapes these in JSON, so that an answer can stand inside a page.
# Compiled when it is first needed: so many characters take a tenth of the server's start.
_ESCAPED = "[<>&\u2028\u2029\ud800-\udfff]"
_PRINTABLE = bytes(range(0x20, 0x7F))
_SEPARATORS = ("\u2028".encode(), "\u2029".encode())
# What msgspec writes as the standard library does; of floats that is not so.
_SIMPLE = {str, int}
_encode_json = msgspec.json.Encoder().encode


def json_body(members: Members) -> bytes:
    """Members as compact JSON in the order given."""
    document = dict(members)
    return _simple_json(document) or _any_json(document)


def _simple_json(document: dict[str, Any]) -> bytes:
    """Text and whole numbers with nothing to escape, in a tenth of the time; nothing for any other document."""
    if not _SIMPLE.issuperset(map(type, document.values())):
        return b""
    try:
        encoded = _encode_json(document)
    except UnicodeEncodeError:
        return b""
    # One search for each is many times faster than a pattern of all; `in` tries bytes as a number first.
    if encoded.find(b"<") >= 0 or encoded.find(b">") >= 0 or encoded.find(b"&") >= 0:
        return b""
    return encoded if encoded.isascii() or not any(each in encoded for each in _SEPARATORS) else b""


def _any_json(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return re.sub(_ESCAPED, _escape, text).encode("utf-8")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return "\\ufffd" if "\ud800" <= character <= "\udfff" else f"\\u{ord(character):04x}"


def html_text(text: str) -> str:
    """Text for HTML, in element or attribute, escaped as Go's templates do."""
    escaped = html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;").replace("+", "&#43;")
    return escaped.replace("\0", "\ufffd")


def encode(message: Message, provider: Provider, *, error_page: str = "", method: str = "GET") -> Answer:
    """A message as an answer; `error_page` is where errors go that must not be redirected to a client."""
    if isinstance(message, TokenResponse):
        return Answer(message.status, _TOKEN_HEADERS, json_body(message.members))
    if isinstance(message, TokenErrorResponse):
        return _token_error(message, provider)
    if isinstance(message, AuthorizationResponse):
        return _authorization_response(message, provider)
    if isinstance(message, ErrorPage):
        return redirect(f"{error_page}?{form.serialize(sorted(message.parameters))}", 302, method)
    if isinstance(message, RevocationResponse):
        return Answer(message.status, _cache_headers(provider))
    if isinstance(message, MetadataResponse):
        return json_answer(message.status, dict(message.members))
    headers = (("content-type", "application/json; charset=utf-8"), *message.headers)
    return Answer(message.status, headers, json_body(message.members))


def _cache_headers(provider: Provider) -> Headers:
    return NO_STORE if provider.no_store_on_errors else ()


def _token_error(message: TokenErrorResponse, provider: Provider) -> Answer:
    headers = _cache_headers(provider) + _OAUTH_JSON
    if message.status == 401 and provider.invalid_client_challenge:
        headers += _CHALLENGE
    return Answer(message.status, headers, json_body(message.members))


def _authorization_response(message: AuthorizationResponse, provider: Provider) -> Answer:
    headers = _cache_headers(provider)
    if message.response_mode == "form_post":
        page = _form_post_page(message).encode("utf-8", "replace")
        return Answer(200, (("content-type", "text/html;charset=UTF-8"), *headers), page)
    if message.response_mode == "fragment":
        raw = provider.fragment_is_raw and message.parameters[:1] and message.parameters[0][0] != "error"
        location = with_fragment(message.redirect_uri, message.parameters, raw=bool(raw))
    else:
        in_order = message.sorted_by_name
        location = with_query(message.redirect_uri, message.parameters, space=message.space, in_order=in_order)
    return Answer(provider.redirect_status, (("location", header_text(location)), *headers))


def header_text(location: str) -> str:
    """A Location that a header can carry: whatever is not printable ASCII is percent-encoded."""
    encoded = location.encode("utf-8", "surrogateescape")
    # A quarter of the time that `isprintable` takes.
    if not encoded.translate(None, _PRINTABLE):
        return location
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in encoded)


def redirect(location: str, status: int, method: str) -> Answer:
    """A redirect as Go's `http.Redirect` writes it: with a line of HTML for GET, with nothing for other methods."""
    location = header_text(location)
    if method != "GET":
        return Answer(status, (("location", location),))
    text = {301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect"}[status]
    body = f'<a href="{html_text(location).replace("&#43;", "+")}">{text}</a>.\n\n'
    headers = (("content-type", "text/html; charset=utf-8"), ("location", location))
    return Answer(status, headers, body.encode())


# The engine's own white space, line by line.
_FORM_POST_FIELD = (
    "         \n"
    "            \n"
    '\t\t      <input type="hidden" name="{name}" value="{value}"/>\n'
    "            \n"
)
_FORM_POST_PAGE = (
    "<html>\n"
    "   <head>\n"
    "      <title>Submit This Form</title>\n"
    "   </head>\n"
    '   <body onload="javascript:document.forms[0].submit()">\n'
    '      <form method="post" action="{action}">\n'
    "{fields}         \n"
    "      </form>\n"
    "   </body>\n"
    "</html>"
)


def _form_post_page(message: AuthorizationResponse) -> str:
    fields = "".join(
        _FORM_POST_FIELD.format(name=html_text(name), value=html_text(value))
        for name, value in sorted(message.parameters)
    )
    return _FORM_POST_PAGE.format(action=html_text(message.redirect_uri).replace("&#43;", "+"), fields=fields)


def plain(status: int, text: str, headers: Headers = ()) -> Answer:
    """A short answer in plain text, as the engine's router gives it."""
    own: Headers = (("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff"))
    return Answer(status, own + headers, text.encode())


def json_answer(status: int, members: dict[str, Any], content_type: str = "application/json") -> Answer:
    """An answer of our own endpoints."""
    return Answer(status, (("content-type", content_type), *NO_STORE), json_body(tuple(members.items())))
