"""What a browser is shown at the redirection endpoint: RFC 6749 3.1.2.5, 10.14 and 10.15, RFC 9700 4.2.4 and 4.11.1.

A check gets the pages of one step, from the redirection endpoint to where the browser ended, and yields what it
expected and what it saw, on which page. It never judges a status, and no wording.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scenarios.model.outcome import Page

MARK = "oauthspec-mark"
"""The element and the attribute that hostile text would make, if a page repeated it unescaped."""

EVIL = "evil.example"
"""The host of whoever attacks."""


class Seen(NamedTuple):
    """The pages of a step in order, the app's redirection URIs, and what is secret of its logins, by value."""

    pages: tuple[Page, ...]
    redirect_uris: tuple[str, ...]
    secrets: Mapping[str, str]


PageCheck = Callable[[Seen], Iterator[tuple[str, str]]]

_TAG = re.compile(r"<([a-z][^\s/>]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_RAW = re.compile(r"(<(script|style|textarea|title|noscript)\b[^>]*>)(.*?)(</\2\s*>|$)", re.IGNORECASE | re.DOTALL)
# What a browser fetches by itself when it shows a page.
_LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("link", "href"), ("embed", "src"), ("object", "data")}
_ACTIVE = {"href", "src", "action", "formaction", "data", "xlink:href"}
_TELLS_THE_QUERY = {"no-referrer-when-downgrade", "unsafe-url"}
# Scripts that take the parameters out of the address: how single pages do it.
_CLEARS = re.compile(r"replaceState|location\s*\.\s*replace|location\s*(?:\.\s*href\s*)?=")


def text_is_not_taken_for_markup(seen: Seen) -> Iterator[tuple[str, str]]:
    """Text from the callback's URL is shown as text, if at all (RFC 6749 10.14)."""
    for page in seen.pages:
        for element, attributes in _elements(page):
            if element == MARK or MARK in attributes:
                where = page.text.find(MARK)
                actual = f"markup made of it {_on(page)}: {page.text[max(0, where - 40) : where + 40]!r}"
                yield "text of the callback shown as text", actual


def text_makes_no_header(seen: Seen) -> Iterator[tuple[str, str]]:
    """A line break in the callback's URL begins no header of the answer (RFC 6749 10.14)."""
    for page in seen.pages:
        if any(name.startswith(MARK) for name, _ in page.headers):
            actual = f"the header {MARK}, which stood in the URL, {_on(page)}"
            yield "no header that the callback's URL has named", actual


def links_run_no_script(seen: Seen) -> Iterator[tuple[str, str]]:
    """No address that came with the callback is offered as a script (RFC 6749 4.1.2.1, 10.14)."""
    for page in seen.pages:
        for element, attributes in _elements(page):
            for name, value in attributes.items():
                if name in _ACTIVE and _scheme(value) == "javascript" and MARK in value:
                    yield "no script behind a link", f"<{element} {name}={value[:80]!r}> {_on(page)}"


def browser_is_not_sent_away(seen: Seen) -> Iterator[tuple[str, str]]:
    """Nobody who writes a URL decides where the browser goes after the login (RFC 9700 4.11.1)."""
    for page in seen.pages:
        for target in (page.location, *_refreshes(page)):
            if _scheme(target) in ("javascript", "data") or _host(target) == EVIL:
                actual = f"{_path(page.url)} (status {page.status}) sends the browser to {target[:80]!r}"
                yield "a place of the application's own", actual


def code_leaves_the_address(seen: Seen) -> Iterator[tuple[str, str]]:
    """The browser does not stay at an address that holds the code (RFC 6749 3.1.2.5)."""
    last = seen.pages[-1]
    if last.location and _host(last.location) not in _hosts(seen):
        return
    if _held(seen, last.url, "code") and not last.location and not _CLEARS.search(last.text):
        yield "a redirect to an address without the code", f"a page under the address with the code, {_on(last)}"
    if last.location and _held(seen, last.location, "code"):
        yield "a redirect to an address without the code", f"a redirect to one that holds it, {_on(last)}"


def page_loads_nothing_foreign(seen: Seen) -> Iterator[tuple[str, str]]:
    """A page under an address with the code loads nothing of others (RFC 6749 3.1.2.5; RFC 9700 4.2.4)."""
    for page in _pages_with_code(seen):
        for element, attributes in _elements(page):
            for name, value in attributes.items():
                if (element, name) in _LOADED and _host(value) and _host(value) not in _hosts(seen):
                    yield "nothing of other hosts on the page", f"<{element}> of {_host(value)} {_on(page)}"


def links_do_not_tell_the_code(seen: Seen) -> Iterator[tuple[str, str]]:
    """A page under an address with the code does not hand it to other places as Referer (RFC 9700 4.2.4)."""
    for page in _pages_with_code(seen):
        # Where nothing is said, browsers of today send the origin alone; only a policy of the page's own tells more.
        policy = page.header("referrer-policy").lower()
        if policy in _TELLS_THE_QUERY:
            for element, attributes in _elements(page):
                target = attributes.get("href", "") if element == "a" else ""
                if _host(target) and _host(target) not in _hosts(seen):
                    actual = f"Referrer-Policy: {policy}, and a link to {_host(target)} {_on(page)}"
                    yield "a Referrer-Policy that keeps the query to itself", actual


def page_address_holds_no_token(seen: Seen) -> Iterator[tuple[str, str]]:
    """No token stands in the address of a page (RFC 6750 5.3; OAuth 2.1 7.1.3)."""
    for page in seen.pages:
        for address in (page.url, page.location):
            for name in ("access_token", "refresh_token"):
                if _held(seen, address, name):
                    yield "no token in the address of a page", f"the {name} in that of {_path(address)}"
                    return


def cookies_hold_no_bare_token(seen: Seen) -> Iterator[tuple[str, str]]:
    """No cookie without any protection holds a token (RFC 6750 5.3; OAuth 2.1 7.1.3).

    Over plain http a right application has no `Secure` either. One that cares for its cookie has `HttpOnly` even so.
    """
    for page in seen.pages:
        for cookie in (value for name, value in page.headers if name == "set-cookie"):
            pair, *attributes = cookie.split(";")
            name, _, held = pair.partition("=")
            if not {"secure", "httponly"} & {each.partition("=")[0].strip().lower() for each in attributes}:
                actual = f"the {held} in the cookie {name.strip()}, which has neither Secure nor HttpOnly, {_on(page)}"
                yield "no token in a cookie that goes in clear and that scripts can read", actual


def page_holds_no_verifier(seen: Seen) -> Iterator[tuple[str, str]]:
    """The code_verifier is on no page and in no address (RFC 7636 7.1)."""
    for page in seen.pages:
        places = {"in the address": page.url, "in a redirect": page.location, "in the text": page.text}
        for place, text in places.items():
            if _held(seen, text, "code_verifier"):
                yield "no code_verifier in what a browser is shown", f"it is {place}, {_on(page)}"


def _on(page: Page) -> str:
    """Which page; the query of its address may hold secrets."""
    return f"at {_path(page.url)} (status {page.status})"


def _path(address: str) -> str:
    return urlsplit(address).path or "/"


def _held(seen: Seen, text: str, name: str) -> bool:
    decoded = unquote(text)
    return any(kind == name and (value in text or value in decoded) for value, kind in seen.secrets.items())


def _pages_with_code(seen: Seen) -> Iterator[Page]:
    return (page for page in seen.pages if not page.location and _held(seen, page.url, "code"))


def _elements(page: Page) -> Iterator[tuple[str, dict[str, str]]]:
    """The elements of a page with their attributes, as a browser would make them; nothing of what is no HTML."""
    kind = page.header("content-type").partition(";")[0].strip().lower()
    if kind not in ("", "text/html", "application/xhtml+xml", "image/svg+xml"):
        return
    # What stands inside a script or a title is text; but hostile text may well end it.
    text = _RAW.sub(r"\1\4", _COMMENT.sub("", page.text))
    for found in _TAG.finditer(text):
        pairs = _ATTRIBUTE.findall(found[2])
        yield found[1].lower(), {name.lower(): html.unescape(value.strip("\"'")) for name, value in pairs}


def _refreshes(page: Page) -> Iterator[str]:
    values = [page.header("refresh")]
    for element, attributes in _elements(page):
        if element == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            values.append(attributes.get("content", ""))
    for value in values:
        _, found, target = value.partition("=")
        if found:
            yield target.strip().strip("\"'")


def _scheme(target: str) -> str:
    # Browsers leave out blanks in front, and tabs and line breaks anywhere.
    return re.sub(r"[\t\r\n]", "", target).strip("\x00 ").partition(":")[0].lower()


def _host(target: str) -> str:
    plain = re.sub(r"[\t\r\n]", "", target).strip("\x00 ").replace("\\", "/")
    try:
        return urlsplit(plain).hostname or ""
    except ValueError:
        return ""


def _hosts(seen: Seen) -> set[str]:
    """The application's own hosts."""
    return {_host(url) for url in (*seen.redirect_uris, seen.pages[0].url)} | {"localhost", "127.0.0.1"}


_ALL: tuple[PageCheck, ...] = (
    text_is_not_taken_for_markup,
    text_makes_no_header,
    links_run_no_script,
    browser_is_not_sent_away,
    code_leaves_the_address,
    page_loads_nothing_foreign,
    links_do_not_tell_the_code,
    page_address_holds_no_token,
    cookies_hold_no_bare_token,
    page_holds_no_verifier,
)

PAGE_CHECKS: Mapping[str, PageCheck] = MappingProxyType({check.__name__: check for check in _ALL})
