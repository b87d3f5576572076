"""Sessions that can be watched: of a web application also the pages that its browser saw."""

import asyncio
import json
from urllib.parse import urlsplit

from scenarios.drivers.browser import Page, Visit, origin_of, target_of
from scenarios.drivers.driver import Application, ClientSession, DriverError
from scenarios.drivers.environment import port_of
from scenarios.drivers.fetching import BadAnswer, Lost, Target, fetch
from scenarios.drivers.web_app import WebApplication
from scenarios.drivers.web_session import WebSession

_MOST = 256 * 1024


class WatchedSession(WebSession):
    """A browser of a web application that keeps what it saw during the last step."""

    def __init__(self, application: WebApplication) -> None:
        super().__init__(application)
        self.application = application
        self.pages: list[Page] = []

    async def _visit(self, *arguments: object, **settings: object) -> Visit:
        visit = await super()._visit(*arguments, **settings)  # type: ignore[arg-type]
        self.pages += visit.pages
        return visit

    async def shows_as_html(self, url: str, markup: str) -> bool:
        """Open a URL once more, and see whether the answer is HTML that holds a text as it is.

        Asked where a page seemed to: what is sent as JSON or as plain text may hold any text.
        """
        host, port = self.application.address, port_of(url)
        authority = urlsplit(url).netloc
        lines = f"Host: {authority}\r\nAccept: text/html\r\nConnection: close\r\n"
        cookies = self._browser.jar.header(url, method="GET", same_site=True)
        lines += f"Cookie: {cookies}\r\n" if cookies else ""
        request = b"GET %b HTTP/1.1\r\n%b\r\n" % (target_of(url), lines.encode("latin-1", "replace"))
        try:
            async with asyncio.timeout(self.application.step_timeout):
                answer = await fetch(Target(host, port, ""), request, lambda _status, _headers: (_MOST, 5.0))
        except (Lost, BadAnswer, DriverError, TimeoutError):
            return False
        media_type = next((value for name, value in answer.headers if name == "content-type"), "")
        is_html = media_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")
        return is_html and markup in answer.body.decode("utf-8", "replace")


def session_of(application: Application) -> ClientSession:
    """A fresh user agent, watched where it is a browser."""
    return WatchedSession(application) if isinstance(application, WebApplication) else application.session()


def leads_to(pages: list[Page], host: str) -> Page | None:
    """The page that sends its browser to a foreign host."""
    return next((page for page in pages if (urlsplit(origin_of(page.location)).hostname or "") == host), None)


def shown(text: str, longest: int = 160) -> str:
    """Text in one line that may be printed."""
    return json.dumps(text[:longest])[1:-1]
