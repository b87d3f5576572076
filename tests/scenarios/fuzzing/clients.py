"""Clients that a fuzzer has to survive: they hang, die, lock everybody out, or change their mind."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count

from client_ref.client import Client, registration
from client_ref.client import factory as reference
from client_ref.policy import STRICT, send
from scenarios.drivers.driver import ApplicationDied
from scenarios.drivers.in_process import InProcessDriver


class Hanging(Client):
    """It waits for ever where a callback names an error."""

    def land(self, session, url):
        if "error=" in url:
            threading.Event().wait()
        return super().land(session, url)


class Locking(Client):
    """It lets nobody in any more once a callback has carried a server_error."""

    locked = False

    def land(self, session, url):
        if self.locked:
            raise RuntimeError("locked")
        self.locked = "error=server_error" in url
        return super().land(session, url)


class Moody(Client):
    """It takes a callback without a state, once."""

    def __init__(self, registration):
        super().__init__(registration)
        self.turns = count()

    def land(self, session, url):
        if "state=" not in url and not next(self.turns):
            return {"scope": ""}
        return super().land(session, url)


class Following(Client):
    """It follows a redirect of the token request to where it came from, as often as browsers do."""

    def __init__(self, registration):
        super().__init__(registration, policy=replace(STRICT, send=self._send))

    def _send(self, request):
        for _ in range(20):
            response = yield from send(request)
            if response.status != 307 or response.headers["location"] != request.url:
                return response
        return (yield from send(request))


class Dying(InProcessDriver):
    """The seat of a client that ends where a callback has no state, and has to be started again."""

    def __init__(self):
        super().__init__(reference)

    async def start(self, assignment):
        application = await super().start(assignment)
        whole = application.session

        def session():
            made = whole()
            land = made.land

            async def landed(url):
                if "state=" not in url:
                    raise ApplicationDied("PROCESS_ENDED", "It ended with exit code 1.", "See its output.")
                return await land(url)

            made.land = landed
            return made

        application.session = session
        return application


def hanging(assignment):
    return Hanging(registration(assignment))


def following(assignment):
    return Following(registration(assignment))


def locking(assignment):
    return Locking(registration(assignment))


def moody(assignment):
    return Moody(registration(assignment))
