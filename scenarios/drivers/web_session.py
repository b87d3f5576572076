"""One user agent of a web application: where it is sent to log in, and what a landing made of it."""

import asyncio
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from scenarios.drivers.browser import MOST_REDIRECTS, Browser, Initiator, Visit, is_same_site, origin_of
from scenarios.drivers.driver import CookiesAtLanding, SessionFailed
from scenarios.drivers.fetching import Answer, Target, Wanted
from scenarios.drivers.learning import Landing, Signal, observed, place_of
from scenarios.drivers.probe import Address, Probe
from scenarios.model.assignment import Assignment
from scenarios.model.outcome import Outcome, OutcomeKind
from scenarios.model.outcome import Page as Shown

Place = Literal["own", "authorization endpoint", "elsewhere"]
Step = Literal["land", "refresh", "call_api"]

_SHOWN = 160
HTTPS_ALLOWED = "Turn that off for tests, as behind a proxy that ends TLS."
# Where Frame.io's own logins are.
_FRAMEIO = ("frame.io", "adobelogin.com")
# Characters of a page that are kept as evidence.
_MOST_SHOWN = 64 * 1024
_KIND_OF: Mapping[str, OutcomeKind] = {"good": "signed_in", "unlike": "refused"}


@dataclass(frozen=True, slots=True)
class Steps:
    """Where an application does what a session is asked to do, and how it is asked whether it is signed in."""

    login: Address
    refresh: Address | None = None
    api_call: Address | None = None
    probe: Probe | None = None

    def all(self) -> tuple[Address, ...]:
        """Every address that was named."""
        named = (self.login, self.refresh, self.api_call, self.probe.address if self.probe else None)
        return tuple(address for address in named if address is not None)


class Surroundings(Protocol):
    """What a session needs of its application."""

    assignment: Assignment
    address: str
    steps: Steps
    step_timeout: float
    signals: dict[str, Signal]

    @property
    def port(self) -> int:
        """The port that it listens on."""

    def url_of(self, place: str) -> str:
        """A place of the application as a whole URL."""

    def place_of(self, url: str) -> Place:
        """Whose a URL is."""

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """Ask it for something."""

    def check_alive(self) -> None:
        """Raise `ApplicationDied` if its process has ended."""

    async def check_lost(self) -> None:
        """Raise `ApplicationDied` if a connection broke because the application is gone."""

    def last_lines(self) -> str:
        """What it wrote last."""


class WebSession:
    """One browser of an application. Each step has its own time limit."""

    def __init__(self, application: Surroundings) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.at_landing = CookiesAtLanding()
        self._application = application
        self._visits: dict[Step, Visit] = {}
        self._browser = Browser(address=application.address, port=application.port, fetch=application.fetch)

    @property
    def seen(self) -> dict[str, Landing]:
        """What it saw last in each step; worked out when it is asked for, for where a probe tells it hardly ever is."""
        return {step: self._observed(visit) for step, visit in self._visits.items()}

    async def begin(self, query: str = "", host: str = "") -> str:
        """Open the login address; the authorization URL that redirects, or a link on the page, lead to."""
        url = self._application.url_of(self._application.steps.login.url)
        url += f"{'&' if '?' in url else '?'}{query}" if query else ""
        visit = await self._visit(url, self._application.steps.login.method, host=host)
        if visit.trouble:
            raise self._login_trouble(visit)
        last = visit.last
        if not last.location:
            return self._linked(visit)
        if visit.circles:
            cause = f"{url} redirects more than {MOST_REDIRECTS} times."
            raise SessionFailed("TOO_MANY_REDIRECTS", cause, "Open it in a browser: it will not load there either.")
        if self._application.place_of(last.location) == "authorization endpoint":
            return last.location
        raise self._login_elsewhere(last.location)

    async def land(self, url: str, method: str = "GET", host: str = "") -> Outcome:
        """Open a redirect as a browser does that the authorization server has sent."""
        if self._application.place_of(url) != "own":
            cause = f"The redirect leads to {_shown(url)}, which is not the application."
            raise SessionFailed("REDIRECT_ELSEWHERE", cause, "Compare it with the redirect URI of the assignment.")
        same_site = is_same_site(self._application.assignment.authorization_endpoint, url)
        brought, withheld = self._browser.jar.shared(url, method=method, same_site=same_site)
        self.at_landing = CookiesAtLanding(brought, withheld, tuple(self._browser.jar.refused))
        visit = await self._visit(url, method, initiator="other", same_site=same_site, host=host)
        self.outcomes["land"] = outcome = await self._outcome("land", visit)
        return msgspec.structs.replace(outcome, pages=_shown_pages(visit))

    async def looks_signed_in(self) -> bool | None:
        """What the probe says of this browser as it is; nothing where there is no probe, or no answer to it."""
        outcome = await self._probed()
        return None if outcome is None else outcome.kind == "signed_in"

    async def refresh(self) -> Outcome:
        """Have the access token refreshed, at the address that was named for it."""
        return await self._asked("refresh", self._application.steps.refresh)

    async def call_api(self) -> Outcome:
        """Have the API called, at the address that was named for it."""
        return await self._asked("call_api", self._application.steps.api_call)

    def forget_cookies(self, *words: str) -> int:
        """Forget the cookies with one of the words in their names, or all; how many there were."""
        return self._browser.jar.forget(*words)

    async def close(self) -> None:
        """Forget the cookies; no connection outlives its answer."""
        self._browser.jar.clear()

    # Steps.

    async def _asked(self, step: Step, address: Address | None) -> Outcome:
        if address is None:
            option = step.replace("call_api", "api_call").replace("_", "-")
            cause = f"Nothing was said of how the application does {step}."
            raise SessionFailed("NO_SUCH_STEP", cause, f"Name the address with --{option}.")
        visit = await self._visit(self._application.url_of(address.url), address.method, "application")
        return await self._outcome(step, visit)

    async def _visit(
        self, url: str, method: str = "GET", initiator: Initiator = "person", *, same_site: bool = True, host: str = ""
    ) -> Visit:
        """Navigate within the application and within the time limit; `ApplicationDied` where it is gone."""
        try:
            async with asyncio.timeout(self._application.step_timeout):
                visit = await self._browser.navigate(
                    url, follow=self._is_own, method=method, initiator=initiator, same_site=same_site, host=host
                )
        except TimeoutError:
            visit = Visit((), "hung", cause=f"no whole answer within {self._application.step_timeout:g} s")
        if visit.trouble == "lost" or (visit.pages and visit.last.cut == "broken"):
            await self._application.check_lost()
        self._application.check_alive()
        return visit

    def _is_own(self, url: str) -> bool:
        return self._application.place_of(url) == "own"

    # What a login address answered.

    def _linked(self, visit: Visit) -> str:
        """The authorization URL that a page holds, as a link, in JSON or in a script: somebody would click on it."""
        last, endpoint = visit.last, self._application.assignment.authorization_endpoint.partition("?")[0]
        if last.status < 400:
            links = authorization_urls(last.text, endpoint)
            if len(links) == 1:
                return links.pop()
            how_many = f"holds {len(links)} links" if links else "holds no link"
            cause = f"{_shown(last.url)} answers {last.status} with a page that {how_many} to {endpoint}."
            raise SessionFailed("LOGIN_DOES_NOT_REDIRECT", cause, "Name the address that its log-in button opens.")
        cause = f"{_shown(last.url)} answers {last.status}."
        if last.status in (404, 405, 410, 501):
            raise SessionFailed("LOGIN_NOT_FOUND", cause, "Name the address that begins a login.")
        raise SessionFailed("LOGIN_FAILED", cause + self._application.last_lines(), "See the application's output.")

    def _login_trouble(self, visit: Visit) -> SessionFailed:
        url = self._application.url_of(self._application.steps.login.url)
        codes = {
            "hung": ("LOGIN_HUNG", "Give it more time, or look what it waits for."),
            "lost": ("CONNECTION_LOST", "See the application's output."),
            "bad answer": ("BAD_ANSWER", "It has to speak HTTP there, without TLS unless the redirect URI says https."),
        }
        code, next_step = codes[visit.trouble]
        return SessionFailed(code, f"{url}: {visit.cause}.{self._application.last_lines()}", next_step)

    def _login_elsewhere(self, location: str) -> SessionFailed:
        assignment = self._application.assignment
        own, wanted = assignment.redirect_uri, assignment.authorization_endpoint
        if urlsplit(own).scheme == "http" and location.startswith("https:") and _host(location) == _host(own):
            cause = f"The login redirects to {_shown(location)}: the application insists on https."
            return SessionFailed("HTTPS_INSISTED", cause, HTTPS_ALLOWED)
        whose = _whose(location, wanted)
        cause = f"The login leads to {_shown(location)}, which is not the mock's authorization endpoint{whose}."
        next_step = f"Have it take {wanted} from AUTHORIZE_URL; --env NAME={{authorize_url}} gives it another name."
        return SessionFailed("LOGIN_ELSEWHERE", cause, next_step)

    # What became of a step.

    async def _outcome(self, step: Step, visit: Visit) -> Outcome:
        """The outcome of a step from the strongest evidence there is."""
        if visit.trouble == "hung":
            return Outcome("hung", detail=f"There was {visit.cause}.")
        if visit.trouble == "lost":
            return Outcome("crashed", detail=f"The connection broke, though the process lives on: {visit.cause}.")
        if visit.trouble:
            return await self._probed() or Outcome("unknown", detail=f"The answer was no HTTP: {visit.cause}.")
        detail = self._described(visit)
        self._visits[step] = visit
        if step != "land" and (visit.last.status >= 400 or self._restarted(visit)):
            # It was asked for one thing, at an address that is for nothing else, and said no.
            return Outcome("refused", "probe", detail=detail)
        return await self._probed(detail) or self._by_landing(step, visit, detail)

    async def _probed(self, detail: str = "") -> Outcome | None:
        """What the probe says; nothing where there is none, or it gets no answer."""
        probe = self._application.steps.probe
        if probe is None:
            return None
        url = self._application.url_of(probe.address.url)
        visit = await self._visit_once(url, probe.address.method)
        if visit.trouble:
            return None
        page = visit.last
        kind: OutcomeKind = "signed_in" if probe.holds(page.status, page.text) else "refused"
        return Outcome(kind, "probe", detail=f"{detail} {probe.address} answers {page.status}.".strip())

    async def _visit_once(self, url: str, method: str) -> Visit:
        """Ask without following: a redirect to a login page is an answer."""
        try:
            async with asyncio.timeout(self._application.step_timeout):
                visit = await self._browser.navigate(url, follow=_nowhere, method=method)
        except TimeoutError:
            visit = Visit((), "hung", cause="no answer to the probe")
        if visit.trouble == "lost":
            await self._application.check_lost()
        return visit

    def _by_landing(self, step: Step, visit: Visit, detail: str) -> Outcome:
        signal, landing = self._application.signals.get(step), self._observed(visit)
        likeness = signal.likeness(landing) if signal else "unclear"
        if likeness in _KIND_OF:
            return Outcome(_KIND_OF[likeness], "landing", detail=detail)
        # The page that it sends a browser on to may be served by another program, and be missing here.
        own_answer = visit.pages[0].status
        if landing.status >= 500 or (signal is None and own_answer >= 400):
            # No clause forbids it; that it is no way to say no is said elsewhere.
            return Outcome("refused", "landing", detail=detail)
        return Outcome("unknown", detail=detail)

    def _observed(self, visit: Visit) -> Landing:
        last = visit.last
        if visit.circles:
            return observed(last.status, "a circle of redirects", visit.cookies, "")
        if not last.location:
            place = place_of(last.url, redirected=len(visit.pages) > 1)
            return observed(last.status, place, visit.cookies, last.text)
        where = self._application.place_of(last.location)
        place = where if where == "authorization endpoint" else place_of(last.location, redirected=True)
        return observed(last.status, place if where != "elsewhere" else f"{origin_of(last.location)}{place}",
                        visit.cookies, "")  # fmt: skip

    def _described(self, visit: Visit) -> str:
        last = visit.last
        if visit.circles:
            return f"TOO_MANY_REDIRECTS: more than {MOST_REDIRECTS} redirects, and no page."
        if self._restarted(visit):
            return "The application began another login."
        if last.location:
            return f"The browser was sent to {_shown(last.location.partition('?')[0])}."
        error = " (a page of this kind says that the application failed)" if last.status >= 500 else ""
        cut = f" Its page is not whole: {last.cut}." if last.cut else ""
        return f"The browser ended at {urlsplit(last.url).path or '/'} with status {last.status}{error}.{cut}"

    def _restarted(self, visit: Visit) -> bool:
        return self._application.place_of(visit.last.location) == "authorization endpoint"


def authorization_urls(page: str, endpoint: str) -> set[str]:
    """The authorization URLs that a page holds, however it writes them: in HTML, in JSON, in a script."""
    plain = html.unescape(page)
    for escaped in ("\\u0026", "\\x26"):
        plain = plain.replace(escaped, "&")
    found = re.findall(re.escape(endpoint) + r"\?[^\s\"'<>`\\)]+", plain.replace("\\/", "/"))
    return set(found)


def _shown_pages(visit: Visit) -> tuple[Shown, ...]:
    return tuple(
        Shown(page.url, page.status, page.location, page.headers, page.text[:_MOST_SHOWN]) for page in visit.pages
    )


def _nowhere(_url: str) -> bool:
    return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _whose(location: str, endpoint: str) -> str:
    """What else is known of the place that a login leads to, as the end of a sentence."""
    if origin_of(location) == origin_of(endpoint):
        return ": it is the mock, at another path"
    host = _host(location)
    return ": it is Frame.io itself" if any(f".{host}".endswith(f".{name}") for name in _FRAMEIO) else ""


def _shown(url: str) -> str:
    return json.dumps(url[:_SHOWN])[1:-1]
