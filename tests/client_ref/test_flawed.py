"""Every flaw is the flaw it says: the strict client passes the probe of each row, the flawed one fails it."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import fields, replace
from types import SimpleNamespace

import pytest

from client_ref import flawed
from client_ref.client import AsyncClient, Client
from client_ref.errors import ConfigurationError
from client_ref.flaws.flaw import Flaw
from tests.client_ref.authorization_server import BASIC, PKCE
from tests.client_ref.probes import authorization_request, landing, pages, token_answer, token_request, tokens
from tests.client_ref.seat import STRICT_CLIENT, Seat

TOPICS = (authorization_request, landing, pages, token_answer, token_request, tokens)
PROBES = {row: probe for topic in TOPICS for probe in vars(topic).values() for row in getattr(probe, "rows", ())}
KINDS = {"basic": BASIC, "pkce": PKCE}
NOT_CLIENTS = {flaw.name for flaw in flawed.NOT_CLIENTS}
FLAWS = [flaw for name, flaw in flawed.FLAWS.items() if name not in NOT_CLIENTS]


def passes(row: str, flaw: Flaw, kind: str) -> bool:
    def make(new_code=None, **changed):
        server = {"new_code": new_code} if new_code else {}
        return Seat(replace(KINDS[kind], **changed), flaw, **server)

    return PROBES[row](make)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", sorted(PROBES))
def test_the_strict_client_passes(row, kind):
    assert passes(row, STRICT_CLIENT, kind)


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_each_row_of_a_flaw_catches_it(flaw):
    missed = [row for row in flaw.rows if all(passes(row, flaw, kind) for kind in KINDS)]
    assert flaw.rows
    assert not missed


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_a_flaw_is_one_small_change(flaw):
    changed = [
        (part, field.name)
        for part in ("policy", "flows", "wire", "pages")
        for field in fields(getattr(flaw, part))
        if getattr(getattr(flaw, part), field.name) is not getattr(getattr(STRICT_CLIENT, part), field.name)
    ]
    changed += [("flaw", name) for name in ("client",) if flaw.client is not STRICT_CLIENT.client]
    assert 1 <= len(changed) <= 2, changed
    assert (flaw.client is Client) is (flaw.async_client is AsyncClient)


def test_names_and_summaries():
    assert len(FLAWS) >= 40
    assert len(flawed.FLAWS) == len(FLAWS) + len(NOT_CLIENTS)
    for name, flaw in flawed.FLAWS.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert flaw.summary.endswith(".")
        assert "\n" not in flaw.summary
        assert all(re.fullmatch(r"S-[A-Z]+-\d\d", row) for row in flaw.rows)


@pytest.mark.parametrize("name", ["refuses-everything", "crashes"])
def test_what_is_no_client_does_not_log_in(name):
    seat = Seat(BASIC, flawed.FLAWS[name])
    assert seat.log_in() in {"state_mismatch", "crash: RuntimeError('this client crashes on purpose')"}
    assert not seat.server.posts


async def test_never_answers_blocking():
    client = flawed.client("never-answers", BASIC)
    session: dict[str, object] = {}
    thread = threading.Thread(target=client.land, args=(session, client.begin(session)), daemon=True)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    client.close()


async def test_never_answers_async():
    client = flawed.async_client("never-answers", BASIC)
    session: dict[str, object] = {}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.land(session, await client.begin(session))
    await client.close()


@pytest.mark.parametrize("build", [flawed.factory, flawed.async_factory])
def test_factories_build_from_an_assignment(build):
    assignment = SimpleNamespace(
        **{name: getattr(BASIC, name) for name in BASIC.__slots__ if name != "scope"}, scope="account.read offline"
    )
    assert build("state-ignored")(assignment).__class__.__name__ in {"Client", "AsyncClient"}
    with pytest.raises(ConfigurationError):
        build("nonsense")


def test_an_unknown_flaw_is_told():
    with pytest.raises(ConfigurationError, match="state-ignored") as told:
        flawed.flaw("nonsense")
    assert told.value.code == "flaw_unknown"
