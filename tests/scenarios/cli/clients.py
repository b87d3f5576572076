"""Clients that are no clients, or hardly: factories for `oauthspec run --client`."""

from __future__ import annotations

import asyncio
import sys
import threading

from client_ref.client import factory as reference


def lacks_begin(_assignment):
    return object()


def raises(_assignment):
    raise RuntimeError("no way with \x1b[31mclient_secret=of-somebody-else")


def hangs(_assignment):
    threading.Event().wait()


class Wrapped:
    """The reference client; what a subclass changes is what is wrong with it."""

    def __init__(self, assignment):
        self.client = reference(assignment)

    def begin(self, session):
        return self.client.begin(session)

    def land(self, session, url):
        return self.client.land(session, url)


class Nonsense(Wrapped):
    def begin(self, _session):
        return 42


class StopsItsLoop(Wrapped):
    async def land(self, _session, _url):
        asyncio.get_running_loop().stop()


class Prints(Wrapped):
    def land(self, session, url):
        sys.stdout.write(f"landed at {url}\n")
        return super().land(session, url)


class Exits(Wrapped):
    def land(self, _session, _url):
        sys.exit(0)


class Raises(Wrapped):
    def land(self, _session, url):
        raise ValueError(f"cannot take {url}")


sys.stdout.write("this module prints when it is imported\n")
