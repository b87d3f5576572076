"""The app of examples/apps/authlib in two other seats: a client object, and an adapter, when run as a module.

Nothing of it is written again: its pages are asked in memory, by a browser that is a jar of cookies, and what they
answer is the client's word.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
import threading
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlsplit

import httpx

from tests.examples.expected import APPS

APP = APPS / "authlib" / "app.py"
CAPABILITIES = ("sessions", "concurrent", "refresh", "call_api", "parallel_calls")


class Refused(Exception):
    """The application did not let anybody in."""


class Client:
    """The application, made anew for one assignment; `session` is what the harness keeps of a user agent."""

    capabilities = CAPABILITIES

    def __init__(self, assignment) -> None:
        named = {
            "AUTHORIZE_URL": assignment.authorization_endpoint,
            "TOKEN_URL": assignment.token_endpoint,
            "API_URL": assignment.api_url,
            "CLIENT_ID": assignment.client_id,
            "CLIENT_SECRET": assignment.client_secret or "",
            "REDIRECT_URI": assignment.redirect_uri,
            "SCOPE": assignment.scope,
        }
        spec = importlib.util.spec_from_file_location("authlib_app", APP)
        module = importlib.util.module_from_spec(spec)
        with mock.patch.dict(os.environ, {name: value for name, value in named.items() if value}):
            spec.loader.exec_module(module)
        self.app = module.app

    async def asked(self, session: dict, url: str) -> httpx.Response:
        """A page, as the browser of this session sees it; redirects are not followed."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        jar, address = session.get("jar"), "http://localhost:5050"
        async with httpx.AsyncClient(transport=transport, base_url=address, cookies=jar) as browser:
            answer = await browser.get(url)
            session["jar"] = browser.cookies
            return answer

    async def begin(self, session: dict) -> str:
        return (await self.asked(session, "/login")).headers["location"]

    async def land(self, session: dict, url: str) -> dict:
        parts = urlsplit(url)
        answer = await self.asked(session, f"{parts.path}?{parts.query}")
        if answer.status_code != 303:
            raise Refused(answer.status_code)
        return await self.call_api(session)

    async def refresh(self, session: dict) -> dict:
        return self.expected(await self.asked(session, "/refresh"), 303)

    async def call_api(self, session: dict) -> dict:
        return self.expected(await self.asked(session, "/me"), 200)

    @staticmethod
    def expected(answer: httpx.Response, status: int) -> dict:
        if answer.status_code != status:
            raise Refused(answer.status_code)
        return {}


def factory(assignment) -> Client:
    return Client(assignment)


async def answered(client: Client, session: dict, request: dict) -> dict:
    try:
        match request["message"]:
            case "begin":
                return {"message": "begun", "url": await client.begin(session)}
            case "land":
                await client.land(session, request["url"])
            case step:
                await getattr(client, step)(session)
    except (Refused, httpx.HTTPError, KeyError) as error:
        return {"message": "outcome", "kind": "refused", "detail": type(error).__name__}
    return {"message": "outcome", "kind": "signed_in"}


def main() -> None:
    loop, sessions, client = asyncio.new_event_loop(), {}, None
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def answer(request: dict) -> None:
        told = await answered(client, sessions.setdefault(request["session"], {}), request)
        print(json.dumps(told | {"seq": request["seq"]}), flush=True)

    for line in sys.stdin:
        request = json.loads(line)
        if request["message"] == "stop":
            break
        if request["message"] == "start":
            client = factory(SimpleNamespace(**request["assignment"]))
            named = {"name": "examples/apps/authlib", "version": "1.9.10", "language": "Python"}
            started = {"message": "started", "seq": request["seq"], "version": 1, "client": named}
            print(json.dumps(started | {"capabilities": CAPABILITIES}), flush=True)
        else:
            asyncio.run_coroutine_threadsafe(answer(request), loop)


if __name__ == "__main__":
    main()
