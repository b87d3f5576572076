"""Flaws of TLS: certificates that are not looked at, or at the wrong place, or not when it matters."""

from __future__ import annotations

import asyncio
import functools
import ssl
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from client_ref.client import AsyncClient, Client
from client_ref.errors import Unreachable
from client_ref.exchange import AsyncExchange, Exchange, Wire
from client_ref.flaws.flaw import STRICT_WIRE, Flaw
from client_ref.messages import Alone, Get, Post, Request


@functools.cache
def _nothing_verified(_ca_file: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@functools.cache
def _any_name(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = False
    return context


def _careless(wire: Wire | None) -> Wire:
    return replace(wire or STRICT_WIRE, trust=_nothing_verified)


class _Again(Exchange):
    """Tries again without looking, where a connection came to nothing."""

    def __init__(self, wire: Wire | None = None) -> None:
        super().__init__(wire)
        self._unverified = Exchange(_careless(wire))

    def answer(self, request: Request) -> Any:
        try:
            return super().answer(request)
        except Unreachable:
            return self._unverified.answer(request)

    def close(self) -> None:
        self._unverified.close()
        super().close()


class _AsyncAgain(AsyncExchange):
    def __init__(self, wire: Wire | None = None) -> None:
        super().__init__(wire)
        self._unverified = AsyncExchange(_careless(wire))

    async def answer(self, request: Request) -> Any:
        try:
            return await super().answer(request)
        except Unreachable:
            return await self._unverified.answer(request)

    async def close(self) -> None:
        await self._unverified.close()
        await super().close()


class _AtTheApi(_Again):
    """Has two HTTP clients, and forgot the one for the API."""

    def answer(self, request: Request) -> Any:
        return self._unverified.answer(request) if isinstance(request, Get) else Exchange.answer(self, request)


class _AsyncAtTheApi(_AsyncAgain):
    async def answer(self, request: Request) -> Any:
        if isinstance(request, Get):
            return await self._unverified.answer(request)
        return await AsyncExchange.answer(self, request)


class _TriesAgain(Client):
    driver = _Again


class _AsyncTriesAgain(AsyncClient):
    driver = _AsyncAgain


class _CarelessAtTheApi(Client):
    driver = _AtTheApi


class _AsyncCarelessAtTheApi(AsyncClient):
    driver = _AsyncAtTheApi


def _pinned(request: Request, wire: Wire | None) -> Wire:
    """A wire that trusts the certificate that a server has now, and no other ever."""
    parts = urlsplit(request.url if isinstance(request, Post | Get) else "")
    pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443))
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return replace(wire or STRICT_WIRE, trust=lambda _ca_file: context)


class _Pinned(Exchange):
    """Takes the first certificate that it sees for the only one that there will ever be."""

    def __init__(self, wire: Wire | None = None) -> None:
        super().__init__(wire)
        self._given = wire
        self._first: Exchange | None = None

    def answer(self, request: Request) -> Any:
        if isinstance(request, Alone):
            return super().answer(request)
        self._first = self._first or Exchange(_pinned(request, self._given))
        return self._first.answer(request)

    def close(self) -> None:
        if self._first is not None:
            self._first.close()
        super().close()


class _AsyncPinned(AsyncExchange):
    def __init__(self, wire: Wire | None = None) -> None:
        super().__init__(wire)
        self._given = wire
        self._first: AsyncExchange | None = None

    async def answer(self, request: Request) -> Any:
        if isinstance(request, Alone):
            return await super().answer(request)
        self._first = self._first or AsyncExchange(await asyncio.to_thread(_pinned, request, self._given))
        return await self._first.answer(request)

    async def close(self) -> None:
        if self._first is not None:
            await self._first.close()
        await super().close()


class _Pins(Client):
    driver = _Pinned


class _AsyncPins(AsyncClient):
    driver = _AsyncPinned


FLAWS = (
    Flaw(
        "certificate-not-verified",
        "Any certificate is good enough.",
        ("S-TLS-01",),
        wire=replace(STRICT_WIRE, trust=_nothing_verified),
    ),
    Flaw(
        "certificate-not-verified-at-the-second-try",
        "Where a connection comes to nothing, it is tried again without a look at the certificate.",
        ("S-TLS-01",),
        client=_TriesAgain,
        async_client=_AsyncTriesAgain,
    ),
    Flaw(
        "certificate-not-verified-at-the-api",
        "Of two HTTP clients, the one for the API takes any certificate.",
        ("S-TLS-01",),
        client=_CarelessAtTheApi,
        async_client=_AsyncCarelessAtTheApi,
    ),
    Flaw(
        "certificate-of-another-name-accepted",
        "A certificate will do if an authority vouches for it, whatever name it is for.",
        ("S-TLS-01",),
        wire=replace(STRICT_WIRE, trust=_any_name),
    ),
    Flaw(
        "certificate-pinned",
        "The first certificate that is seen is the only one that is ever taken.",
        ("S-TLS-01",),
        client=_Pins,
        async_client=_AsyncPins,
    ),
)
