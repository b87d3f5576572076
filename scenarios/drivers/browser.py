"""A browser towards the application: it navigates, follows redirects and keeps cookies; it runs no script.

Every navigation ends, whatever the application does: the caller sets the time, and here are the bounds in size. No
request is ever sent twice, for a second one could be taken for the client's or cost it a code.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urljoin, urlsplit

from scenarios.checks.pages import MARK
from scenarios.drivers.cookies import CookieJar, site
from scenarios.drivers.environment import port_of
from scenarios.drivers.fetching import Answer, BadAnswer, Cut, Headers, Lost, Target, Wanted, fetch

MOST_REDIRECTS = 20
"""As many as browsers follow."""

MOST_OF_A_PAGE = 1024 * 1024
MOST_OF_A_REDIRECT = 16 * 1024
# Who sends the browser there: a person who types an address, a page of the application, or another site's answer.
Initiator = Literal["person", "application", "other"]
Trouble = Literal["", "hung", "lost", "bad answer"]

# A request, to the last byte, and how much of its answer is wanted.
Fetch = Callable[[Target, bytes, Wanted], Awaitable[Answer]]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAVIGATION = (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Oauthspec/1.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en"),
    ("Accept-Encoding", "identity"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
    # An application that serves one request at a time would wait for ever behind a connection kept open for the next.
    ("Connection", "close"),
)
# What is sent as it is.
_PLAIN = re.compile(r"[!#-;=?-~]*")
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<target>[^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer; `location` is where it redirects to, made absolute, and `cut` says why its body is not whole."""

    url: str
    status: int
    location: str = ""
    text: str = ""
    cut: Cut = ""
    # Those that say how it is to be read, and its cookies.
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A navigation: its answers in order, and why it ended before the last could be shown."""

    pages: tuple[Page, ...]
    trouble: Trouble = ""
    # The cookies that it set, by name, with `-` before those that it took away.
    cookies: frozenset[str] = frozenset()
    cause: str = ""

    @property
    def last(self) -> Page:
        """The answer that it ended with."""
        return self.pages[-1]

    @property
    def circles(self) -> bool:
        """True where the redirects had no end."""
        return len(self.pages) > MOST_REDIRECTS


class Browser:
    """One user agent. `address` is where the application was found to listen on its `port`, `fetch` how it is asked."""

    def __init__(
        self, *, address: str, port: int, fetch: Fetch = fetch, clock: Callable[[], float] = time.time
    ) -> None:
        self.jar = CookieJar(clock)
        self._fetch_from = fetch
        self._address = address
        self._port = port

    async def navigate(
        self,
        url: str,
        *,
        follow: Callable[[str], bool],
        method: str = "GET",
        initiator: Initiator = "person",
        same_site: bool = True,
        host: str = "",
    ) -> Visit:
        """Open a URL and go where redirects lead, as long as `follow` says yes; `host` is a name that is not its own.

        `same_site` is False where another site sent the browser, which then withholds strict cookies to the end.
        """
        before, pages = self.jar.values(), list[Page]()
        try:
            while url and len(pages) <= MOST_REDIRECTS:
                page = await self._fetch(method, url, initiator, same_site, host)
                pages.append(page)
                host = ""
                url = page.location if page.location and follow(page.location) else ""
                # RFC 9110 15.4: what was posted is posted again only after 307 and 308.
                method = method if page.status in (307, 308) else "GET"
        except Lost as error:
            return Visit(tuple(pages), "lost", cause=str(error))
        except BadAnswer as error:
            return Visit(tuple(pages), "bad answer", cause=str(error))
        return Visit(tuple(pages), cookies=_changed(before, self.jar.values()))

    async def _fetch(self, method: str, url: str, initiator: Initiator, same_site: bool, named: str) -> Page:
        parts, port = urlsplit(url), port_of(url)
        name = parts.hostname or ""
        host = self._address if port == self._port else name
        target = Target(host, port, name if parts.scheme == "https" else "")
        wanted = _head_alone if method == "HEAD" else _wanted
        answer = await self._fetch_from(target, self._request(method, url, initiator, same_site, named), wanted)
        self.jar.take(url, (value for name, value in answer.headers if name == "set-cookie"))
        if _is_redirect(answer.status, answer.headers):
            location = resolved(url, _first(answer.headers, "location"))
            return Page(url, answer.status, location, headers=_telling(answer.headers))
        text = answer.body.decode("utf-8", "replace")
        return Page(url, answer.status, text=text, cut=answer.cut, headers=_telling(answer.headers))

    def _request(self, method: str, url: str, initiator: Initiator, same_site: bool, named: str) -> bytes:
        parts = urlsplit(url)
        authority = parts.netloc.rpartition("@")[2]
        headers = [("Host", named or authority), *_NAVIGATION, ("Sec-Fetch-Site", _fetch_site(initiator, same_site))]
        headers += [("Sec-Fetch-User", "?1")] if initiator != "other" else []
        headers += [("Origin", f"{parts.scheme}://{authority}"), ("Content-Length", "0")] if method == "POST" else []
        cookies = self.jar.header(url, method=method, same_site=same_site)
        headers += [("Cookie", cookies)] if cookies else []
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        # The target goes out as it came, byte for byte.
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (method.encode(), target_of(url), lines.encode("latin-1", "replace"))


def target_of(url: str) -> bytes:
    """What stands in the request line for a URL: quoted where browsers quote, and otherwise as it is."""
    found = _URL.match(re.sub(r"[\t\r\n]", "", url))
    target = found["target"] if found else "/"
    target = target if target.startswith("/") else f"/{target}"
    if _PLAIN.fullmatch(target):
        return target.encode("ascii")
    return b"".join(
        bytes([byte]) if 0x21 <= byte <= 0x7E and byte not in b'"<>' else b"%%%02X" % byte
        for byte in target.encode("utf-8", "surrogateescape")
    )


def resolved(url: str, location: str) -> str:
    """Where a `Location`, read as Latin-1, leads to from `url`; as `invalid:` where it makes no URL."""
    # What is not ASCII is quoted byte by byte, as browsers do.
    location = location.strip(" \t")
    if not location.isascii():
        location = "".join(each if each.isascii() else f"%{ord(each):02X}" for each in location)
    # To browsers a backslash is a slash: `/\evil.example` leaves the site.
    head = re.match(r"[^?#]*", location)
    end = head.end() if head else 0
    location = location[:end].replace("\\", "/") + location[end:]
    try:
        whole = urljoin(url, location)
        port_of(whole)  # that it has one, if any is named
    except ValueError:
        return f"invalid:{quote(location)}"
    return whole


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, in one spelling; nothing where it makes no URL."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}:{port_of(url)}" if parts.hostname else ""
    except ValueError:
        return ""


def is_same_site(url: str, other: str) -> bool:
    """True where two URLs are of one site, as SameSite cookies mean it."""
    return site(url) == site(other)


def _fetch_site(initiator: Initiator, same_site: bool) -> str:
    if initiator == "other":
        return "same-site" if same_site else "cross-site"
    return "none" if initiator == "person" else "same-origin"


def _is_redirect(status: int, headers: Headers) -> bool:
    return status in _REDIRECTS and bool(_first(headers, "location"))


def _wanted(status: int, headers: Headers) -> tuple[int, float | None]:
    """How much of a body is read; a redirect's only to spare its sender a broken connection, and not for long."""
    return (MOST_OF_A_REDIRECT, 0.25) if _is_redirect(status, headers) else (MOST_OF_A_PAGE, None)


def _head_alone(_status: int, _headers: Headers) -> tuple[int, float | None]:
    """No body comes after HEAD, whatever its headers announce (RFC 9110 9.3.2)."""
    return -1, None


_TELLING = frozenset({"content-type", "content-security-policy", "referrer-policy", "refresh", "set-cookie"})


def _telling(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name in _TELLING or name.startswith(MARK))


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _changed(before: dict[tuple[str, str, str], str], after: dict[tuple[str, str, str], str]) -> frozenset[str]:
    given = {key[2] for key, value in after.items() if before.get(key) != value}
    return frozenset(given | {f"-{key[2]}" for key in before.keys() - after.keys()})
