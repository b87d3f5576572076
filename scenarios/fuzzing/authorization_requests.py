"""The target `authorization-request`: many logins are begun, and their states and challenges compared.

Hypothesis seeds Python's `random` before each example, so a client that draws from it would begin every example with
the same state. Here nobody seeds anything: what repeats does so by itself.
"""

import time
from collections.abc import Callable, Iterable

from mock_server.changes import NONE
from mock_server.transcript import Exchange
from scenarios.checks.login import Login, logins, query
from scenarios.drivers.driver import DriverError
from scenarios.fuzzing import invariants
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.campaign import Campaign, Found
from scenarios.fuzzing.examples import Begins, Example
from scenarios.rules.always import RULES

_ASKED = tuple(
    rule
    for rule in RULES
    if rule.identifier
    in (
        "rule/state-never-repeats",
        "rule/state-is-long-enough",
        "rule/challenge-never-repeats",
        "rule/challenge-is-well-formed",
    )
)
_AT_ONCE = 50
MOST_LOGINS = 20_000
"""All are kept until they are compared, so there is a bound; more would not show more."""


def many_logins(
    arena: Arena, number: int, seconds: float = float("inf"), told: Callable[[Campaign], None] = lambda _c: None
) -> Campaign:
    """Begin so many logins, each in a session of its own, and ask what they have in common."""
    campaign = Campaign("authorization-request", 0)
    began, kept = time.monotonic(), dict[str, Exchange]()
    while campaign.examples < number and time.monotonic() - began < seconds:
        arena.forget()
        flows = arena.loop.run_until_complete(_begin(arena, min(_AT_ONCE, number - campaign.examples)))
        kept |= {exchange.flow: exchange for exchange in arena.since(0, flows) if exchange.endpoint == "authorization"}
        campaign.examples += len(flows)
        campaign.seconds = time.monotonic() - began
        told(campaign)
    found = logins(kept.values(), (arena.ground.app,))
    campaign.seen.steps["Begins"] = len(found)
    for rule in _ASKED:
        findings = rule.findings(found)
        if findings:
            kind = invariants.RULE_BROKEN[rule.identifier]
            seen = f"expected {findings[0].expected}, came {findings[0].actual}; {len(findings)} of {len(found)} logins"
            violation, example = kind(seen, (findings[0].exchange,)), Example((Begins("a"), Begins("b")))
            campaign.found[rule.identifier] = Found(violation, example, (), len(found))
    constant = _constant_characters(found)
    if constant:
        campaign.seen.labels[f"{constant} characters of the state are the same in every login"] += 1
    campaign.seconds = time.monotonic() - began
    return campaign


async def _begin(arena: Arena, number: int) -> frozenset[str]:
    flows = set()
    for _ in range(number):
        flow, session = arena.open_flow(NONE), arena.ground.application.session()
        try:
            arena.visit(await session.begin(), flow)
        except DriverError:
            continue
        finally:
            await session.close()
        flows.add(flow)
    return frozenset(flows)


def _constant_characters(found: Iterable[Login]) -> int:
    requests = (login.authorization_request for login in found)
    states = [query(request).get("state") for request in requests if request is not None]
    if len(states) < 2 or not all(states):
        return 0
    return sum(1 for characters in zip(*states, strict=False) if len(set(characters)) == 1)
