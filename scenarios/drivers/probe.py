"""How a session is asked whether it is signed in, in a line.

`GET /me is 200`, `GET /account is not 302`, `GET / contains Log out`, `GET / lacks Log in`.
"""

import re
from dataclasses import dataclass

from scenarios.drivers.driver import CannotStart

_ADDRESS = re.compile(r"(?:(?P<method>GET|POST)\s+)?(?P<url>\S+)")
_PROBE = re.compile(r"(?P<address>.+?)\s+(?P<verb>is not|is|contains|lacks)\s+(?P<expected>\S.*)", re.DOTALL)
_STATUSES = re.compile(r"[1-5]\d\d(?:\s*(?:,|or)\s*[1-5]\d\d)*")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an application does something: a path of it or a whole URL, and the method."""

    method: str
    url: str

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a signed-in session is answered there: one of some statuses, or a page that holds a text; or else not."""

    address: Address
    statuses: frozenset[int] = frozenset()
    text: str = ""
    negated: bool = False

    def __str__(self) -> str:
        if self.statuses:
            return f"{self.address} is {'not ' if self.negated else ''}{' or '.join(map(str, sorted(self.statuses)))}"
        return f"{self.address} {'lacks' if self.negated else 'contains'} {self.text}"

    def holds(self, status: int, page: str) -> bool:
        """True where an answer is what a signed-in session gets; an error page never lacks a text."""
        if self.statuses:
            return (status in self.statuses) is not self.negated
        return status < 400 and (self.text in page) is not self.negated


def parse_address(text: str) -> Address:
    """A path or URL, with `POST ` before it where it is not opened but posted to."""
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or not found["url"].isprintable():
        cause = f"{text!r} is no address of the application."
        raise CannotStart("BAD_ADDRESS", cause, "Write a path, as in /login, or a method and a path: POST /refresh.")
    return Address(found["method"] or "GET", found["url"])


def parse_probe(text: str) -> Probe:
    """The probe that a line describes."""
    found = _PROBE.fullmatch(text.strip())
    by_status = found is not None and found["verb"].startswith("is")
    if found is None or (by_status and not _STATUSES.fullmatch(found["expected"])):
        cause = f"{text!r} does not say how to see that somebody is signed in."
        examples = "'GET /me is 200', 'GET /me is not 302', 'GET / contains Log out' or 'GET / lacks Log in'"
        raise CannotStart("BAD_PROBE", cause, f"Write it as in {examples}.")
    address, negated = parse_address(found["address"]), found["verb"] in ("is not", "lacks")
    if not by_status:
        return Probe(address, text=found["expected"], negated=negated)
    return Probe(address, frozenset(map(int, re.findall(r"\d+", found["expected"]))), negated=negated)
