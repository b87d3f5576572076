"""What an application does not bear, found out with a few logins before anything is judged.

Wrong verdicts come from taking an application for more than it is: a probe that says yes to everybody, one login at a
time for all browsers, one request at a time for all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from mock_server.delivery import Delay, Delivery
from mock_server.protocol.resource_owner import Deny
from mock_server.transcript import Entry, Exchange
from scenarios.diagnosis import Diagnosis
from scenarios.drivers.driver import DriverError, WatchedApplication
from scenarios.evidence import is_alive
from scenarios.model.capability import Capability
from scenarios.model.scenario import changed
from scenarios.performing import Ground, LiveSession, LiveStage

HELD = 2.0
"""Seconds that a token answer is held back, to see whether others are served meanwhile; seldom are they waited for."""

BLINDING = frozenset({"PROBE_ALWAYS_HOLDS", "NO_SIGNAL"})
"""What leaves some scenarios inconclusive; everything else here costs time alone."""

_ALONE = "It is judged in one lane, one login after the other."


async def compare(ground: Ground, *, held_before: bool) -> Diagnosis | None:
    """Show the application one good and one denied login side by side; what is wrong with how they are told apart."""
    stage = LiveStage(ground)
    good, denied = stage.session("learning, good"), stage.session("learning, denied")
    try:
        await good.log_in()
        outcome = await denied.log_in(changed(Deny()))
        ground.application.learn(good.client, denied.client)
    except DriverError:
        # What cannot be told apart stays unknown; the scenarios that need it say so.
        return None
    finally:
        await stage.close()
    if not isinstance(ground.application, WatchedApplication):
        return None
    if (outcome.evidence, outcome.kind) == ("probe", "signed_in"):
        return _bad_probe(ground, held_before=held_before)
    return None if ground.application.signal else _NO_SIGNAL


def _bad_probe(ground: Ground, *, held_before: bool) -> Diagnosis:
    advice = "Give --signed-in what only a signed-in browser gets."
    if held_before:
        cause = "The probe says of a browser that has never logged in that somebody is signed in: it tells nothing."
        return Diagnosis("PROBE_ALWAYS_HOLDS", cause, f"{advice} Without it, landings are compared.")
    return _one_for_all(ground)


def _one_for_all(ground: Ground) -> Diagnosis:
    ground.lacking[Capability.CONCURRENT] = _ALONE
    cause = "Once one browser has logged in, every other is signed in too: the application keeps one login for all."
    return Diagnosis("ONE_SESSION_FOR_ALL", cause, f"{_ALONE} Keep the tokens of each browser in its own session.")


async def keeps_apart(ground: Ground) -> Diagnosis | None:
    """See whether a browser that has never logged in acts with the tokens of one that has, where no probe says so."""
    able = ground.capabilities & {Capability.REFRESH, Capability.CALL_API}
    if not (able and _may_be_seen(ground)):
        return None
    stage, since = LiveStage(ground), ground.server.transcript.next_number()
    stranger = stage.session("learning, stranger")
    try:
        await (stranger.refresh() if Capability.REFRESH in able else stranger.call_api())
    except DriverError:
        return None
    finally:
        await stage.close()
    # Whosever tokens they are: a stranger has none.
    came = [e for e in ground.server.transcript.exchanges if e.number > since and e.endpoint in ("token", "resource")]
    return _one_for_all(ground) if any(e.sent.status == 200 for e in came) else None


async def logins_apart(ground: Ground) -> Diagnosis | None:
    """See whether two logins of two browsers can be under way at once."""
    if not _may_be_seen(ground):
        return None
    stage = LiveStage(ground)
    first, second = stage.session("learning, first"), stage.session("learning, second")
    try:
        redirects = [await first.authorize(), await second.authorize()]
        for session, redirect in zip((first, second), redirects, strict=True):
            await session.land(redirect)
    except DriverError:
        return None
    finally:
        await stage.close()
    if all(is_alive(ground.server.transcript.of_flow(session.flows[-1])) for session in (first, second)):
        return None
    ground.lacking[Capability.CONCURRENT] = _ALONE
    cause = "When two browsers log in at the same time, one of them is refused: what was sent is kept once for all."
    return Diagnosis("ONE_LOGIN_AT_A_TIME", cause, f"{_ALONE} Keep state and verifier in the browser's own session.")


async def serves_together(ground: Ground) -> Diagnosis | None:
    """See whether it answers one browser while the login of another waits for the token endpoint."""
    if not _may_be_seen(ground):
        return None
    stage = LiveStage(ground)
    held, other = stage.session("learning, held"), stage.session("learning, other")
    landing: asyncio.Task[object] | None = None
    try:
        redirect = await held.authorize(changed(Delivery(Delay(HELD))))
        landing = asyncio.create_task(held.land(redirect))
        if not await _asked_for_tokens(ground, held, landing):
            return None
        # Before the answer is let go; the held step itself may end later, for a probe waits in the same queue.
        async with asyncio.timeout(HELD * 0.75):
            await other.begin()
        served = not landing.done()
    except TimeoutError:
        served = False
    except DriverError:
        return None
    finally:
        if landing is not None:
            landing.cancel()
            await asyncio.gather(landing, return_exceptions=True)
        await stage.close()
    if served:
        return None
    ground.lacking[Capability.CONCURRENT] = _ALONE
    cause = "While one login waits for its tokens, nobody else is answered: it serves one request at a time."
    return Diagnosis("ONE_REQUEST_AT_A_TIME", cause, f"{_ALONE} With more workers or threads a run takes less time.")


async def bears_another(ground: Ground, start: Callable[[], Awaitable[None]]) -> bool:
    """See whether a login and its tokens outlive the start of another application of the same client.

    Two that keep what they know in one file may not; and one may refuse to start beside another.
    """
    stage = LiveStage(ground)
    held, under_way = stage.session("learning, held"), stage.session("learning, under way")
    refreshes = Capability.REFRESH in ground.capabilities
    try:
        await held.log_in()
        redirect = await under_way.authorize()
        await start()
        if refreshes:
            await held.refresh()
        await under_way.land(redirect)
    except DriverError:
        return False
    finally:
        await stage.close()
    entries = [tuple(ground.server.transcript.of_flow(each.flows[-1])) for each in (held, under_way)]
    return is_alive(entries[1]) and (not refreshes or _was_refreshed(entries[0]))


def _was_refreshed(entries: Iterable[Entry]) -> bool:
    answered = [e for e in entries if isinstance(e, Exchange) and e.endpoint == "token" and e.sent.status == 200]
    return len(answered) > 1


def _may_be_seen(ground: Ground) -> bool:
    """Others say themselves what they bear, and one that was found out already is not asked again."""
    return isinstance(ground.application, WatchedApplication) and Capability.CONCURRENT in ground.capabilities


async def _asked_for_tokens(ground: Ground, session: LiveSession, landing: "asyncio.Task[object]") -> bool:
    """Wait until the session's token request has come; False where the landing ends without one."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()

    def hear(entry: Entry) -> None:
        if isinstance(entry, Exchange) and entry.endpoint == "token" and entry.flow in session.flows:
            loop.call_soon_threadsafe(came.set)

    stop = ground.server.transcript.listen(hear)
    waiting = asyncio.create_task(came.wait())
    try:
        await asyncio.wait({landing, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=HELD)
    finally:
        stop()
        waiting.cancel()
    return came.is_set() and not landing.done()


_NO_SIGNAL = Diagnosis(
    "NO_SIGNAL",
    "A good login and a denied one look the same, and there is no probe: nobody can tell who is signed in.",
    "Say how to see it: --signed-in 'GET /me is 200', or 'GET / contains Log out'.",
)
