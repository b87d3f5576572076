"""A cookie jar that behaves like a browser's (RFC 6265 as browsers read it today: RFC 6265bis).

Two things in it are why httpx's own jar does not do: browsers return `Secure` and `__Host-` cookies over plain http to
this machine, and they withhold `SameSite=Strict` cookies when another site sent the user agent here.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import SplitResult, urlsplit

SameSite = Literal["none", "lax", "strict"]

# RFC 6265bis 5.6 and 5.7; browsers keep at least 50 cookies of a domain.
MOST_COOKIES = 50
LONGEST_COOKIE = 4096
LONGEST_ATTRIBUTE = 1024
_LONGEST_NAME = 80

_FOREVER = float("inf")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie as it is kept; `expires` is in seconds since 1970."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    same_site: SameSite
    expires: float
    # A number that grows: browsers send the elder cookie first.
    order: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells one cookie from another (RFC 6265 5.3, step 11)."""
        return self.domain, self.path, self.name


class CookieJar:
    """The cookies of one user agent; `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str, str], Cookie] = {}
        self._made = 0
        # Names of those that a browser would not keep, for who wonders where they are.
        self.refused: list[str] = []

    def take(self, url: str, set_cookie: Iterable[str]) -> None:
        """Keep what an answer from `url` sets; what a browser would refuse is left out."""
        place = urlsplit(url)
        for line in set_cookie:
            cookie = parse(line, place, self._clock())
            if cookie is not None and not self._guarded(cookie, place):
                self._keep(cookie)
            elif len(self.refused) < MOST_COOKIES:
                self.refused.append(line.partition("=")[0].strip()[:_LONGEST_NAME])

    def header(self, url: str, *, method: str = "GET", same_site: bool = True) -> str:
        """The `Cookie` header of a top-level navigation; `same_site` is False where another site sent it here."""
        allowed = [cookie for cookie in self._fitting(url) if _may_cross(cookie, method, same_site)]
        allowed.sort(key=lambda cookie: (-len(cookie.path), cookie.order))
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in allowed)

    def shared(self, url: str, *, method: str, same_site: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the cookies that a navigation brings, and of those that SameSite alone withholds from it."""
        fitting = self._fitting(url)
        brought = tuple(cookie.name for cookie in fitting if _may_cross(cookie, method, same_site))
        return brought, tuple(cookie.name for cookie in fitting if cookie.name not in brought)

    def _fitting(self, url: str) -> list[Cookie]:
        place, now = urlsplit(url), self._clock()
        return [cookie for cookie in self._kept.values() if cookie.expires > now and _reaches(cookie, place)]

    def values(self) -> dict[tuple[str, str, str], str]:
        """Every cookie that has not expired, by domain, path and name."""
        now = self._clock()
        return {key: cookie.value for key, cookie in self._kept.items() if cookie.expires > now}

    def clear(self) -> None:
        """Forget every cookie."""
        self._kept.clear()

    def forget(self, *words: str) -> int:
        """Forget the cookies with one of the words in their names, in whatever case, or all; how many there were."""
        gone = [key for key in self._kept if not words or any(word.lower() in key[2].lower() for word in words)]
        for key in gone:
            del self._kept[key]
        return len(gone)

    def _keep(self, cookie: Cookie) -> None:
        elder = self._kept.pop(cookie.key, None)
        if cookie.expires <= self._clock():
            return
        self._made += 1
        self._kept[cookie.key] = replace(cookie, order=elder.order if elder else self._made)
        # A jar is of one application: one bound for all its hosts. The least recently set make room.
        while len(self._kept) > MOST_COOKIES:
            del self._kept[next(iter(self._kept))]

    def _guarded(self, cookie: Cookie, place: SplitResult) -> bool:
        """True where a plain http page would overwrite a secure cookie (RFC 6265bis 5.7, step 16)."""
        if cookie.secure or _is_trustworthy(place):
            return False
        return any(
            kept.secure and kept.name == cookie.name and _domain_matches(kept.domain, cookie.domain)
            for kept in self._kept.values()
        )


def site(url: str) -> tuple[str, str]:
    """The site of a URL: its scheme and its registrable domain, taken as the last two labels of a name."""
    place = urlsplit(url)
    host = place.hostname or ""
    return place.scheme, host if _is_address(host) else ".".join(host.split(".")[-2:])


def parse(line: str, place: SplitResult, now: float) -> Cookie | None:
    """The cookie of a `Set-Cookie` line that came from `place`; nothing where a browser refuses it."""
    pair, _, rest = line.partition(";")
    name, equals, value = pair.partition("=")
    name, value = (name.strip(" \t"), value.strip(" \t")) if equals else ("", pair.strip(" \t"))
    if _CONTROLS.search(line) or not (name or value) or len(name) + len(value) > LONGEST_COOKIE:
        return None
    attributes = _attributes(rest)
    host = (place.hostname or "").lower()
    domain = attributes.get("domain", "").removeprefix(".").lower()
    # A name of one label is as a public suffix: `Domain=localhost` from localhost makes a cookie of that host alone.
    if domain and (not _domain_matches(host, domain) or ("." not in domain and domain != host)):
        return None
    path = attributes.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        domain=domain or host,
        host_only=not domain or "." not in domain,
        path=path if path.startswith("/") else _default_path(place.path),
        secure="secure" in attributes,
        same_site=_same_site(attributes.get("samesite", "")),
        expires=_expiry(attributes, now),
    )
    return cookie if _may_be_set(cookie, place, path) else None


def _attributes(text: str) -> dict[str, str]:
    """The attributes by name in lower case; the last of a name counts, and overlong ones do not."""
    pairs = (part.partition("=") for part in text.split(";"))
    found = ((name.strip(" \t").lower(), value.strip(" \t")) for name, _, value in pairs)
    return {name: value for name, value in found if len(value) <= LONGEST_ATTRIBUTE}


def _may_be_set(cookie: Cookie, place: SplitResult, path: str) -> bool:
    """What the prefixes promise (RFC 6265bis 4.1.3), and that `Secure` and `SameSite=None` are meant."""
    if cookie.secure and not _is_trustworthy(place):
        return False
    if cookie.same_site == "none" and not cookie.secure:
        return False
    # A nameless cookie could pass for a prefixed one: `=__Host-a=b` is sent as `__Host-a=b`.
    prefixed = (cookie.name or cookie.value).lower()
    if prefixed.startswith(("__secure-", "__host-")) and not (cookie.name and cookie.secure):
        return False
    return not prefixed.startswith("__host-") or (cookie.host_only and path == "/")


_SAME_SITES: dict[str, SameSite] = {"none": "none", "strict": "strict"}


def _same_site(text: str) -> SameSite:
    # No attribute is as Lax since 2020 (RFC 6265bis 5.6.7.1); an unknown word is as none given.
    return _SAME_SITES.get(text.lower(), "lax")


def _expiry(attributes: dict[str, str], now: float) -> float:
    """When it expires; `Max-Age` wins over `Expires` (RFC 6265 4.1.2.2)."""
    if re.fullmatch(r"-?[0-9]{1,18}", attributes.get("max-age", "")):
        return now + int(attributes["max-age"])
    expires = parse_date(attributes.get("expires", ""))
    return _FOREVER if expires is None else expires


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")


def parse_date(text: str) -> float | None:
    """A date as servers really write it (RFC 6265 5.1.1), in seconds since 1970; nothing where it is none."""
    time: list[int] = []
    day = month = year = None
    for token in _DELIMITERS.split(text):
        clock = re.match(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", token)
        number = re.match(r"\d+", token)
        digits = len(number[0]) if number else 0
        if clock and not time:
            time = [int(part) for part in clock.groups()]
        elif day is None and number and digits <= 2:
            day = int(number[0])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and number and 2 <= digits <= 4:
            year = int(number[0])
    if not time or day is None or month is None or year is None:
        return None
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    hour, minute, second = time
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _default_path(path: str) -> str:
    """The folder of the page that set it (RFC 6265 5.1.4)."""
    return path.rpartition("/")[0] or "/" if path.startswith("/") else "/"


def _reaches(cookie: Cookie, place: SplitResult) -> bool:
    """True where domain, path and security of a cookie fit a URL; its port does not matter."""
    host, path = (place.hostname or "").lower(), place.path or "/"
    fits = cookie.domain == host if cookie.host_only else _domain_matches(host, cookie.domain)
    folder = cookie.path if cookie.path.endswith("/") else f"{cookie.path}/"
    return fits and (path == cookie.path or path.startswith(folder)) and (not cookie.secure or _is_trustworthy(place))


def _may_cross(cookie: Cookie, method: str, same_site: bool) -> bool:
    """What SameSite allows of a top-level navigation (RFC 6265bis 5.8.3)."""
    return same_site or cookie.same_site == "none" or (cookie.same_site == "lax" and method in _SAFE_METHODS)


def _domain_matches(host: str, domain: str) -> bool:
    return host == domain or (host.endswith(f".{domain}") and not _is_address(host))


def _is_trustworthy(place: SplitResult) -> bool:
    """True for https, and for this machine: browsers return secure cookies there over plain http as well."""
    host = (place.hostname or "").lower()
    if place.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
