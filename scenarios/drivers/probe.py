"""How a session is asked whether it is signed in, in a line: `GET /me is 200`, `GET / contains Log out`."""

import re
from dataclasses import dataclass

from scenarios.drivers.driver import CannotStart

_ADDRESS = re.compile(r"(?:(?P<method>GET|POST)\s+)?(?P<url>\S+)")
_PROBE = re.compile(r"(?P<address>.+?)\s+(?P<verb>is|contains)\s+(?P<expected>\S.*)", re.DOTALL)
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
    """What a signed-in session is answered there: one of some statuses, or a page that holds a text."""

    address: Address
    statuses: frozenset[int] = frozenset()
    text: str = ""

    def holds(self, status: int, page: str) -> bool:
        """True where an answer is what a signed-in session gets."""
        return status in self.statuses if self.statuses else status < 400 and self.text in page


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
    if found is None or (found["verb"] == "is" and not _STATUSES.fullmatch(found["expected"])):
        cause = f"{text!r} does not say how to see that somebody is signed in."
        raise CannotStart("BAD_PROBE", cause, "Write it as in 'GET /me is 200' or 'GET / contains Log out'.")
    address = parse_address(found["address"])
    if found["verb"] == "contains":
        return Probe(address, text=found["expected"])
    return Probe(address, statuses=frozenset(map(int, re.findall(r"\d+", found["expected"]))))
