"""Performs a stored counterexample again: FIXED, or STILL FAILING."""

import msgspec

from mock_server.serving import LOOPBACK
from scenarios.drivers.driver import Driver
from scenarios.fuzzing import invariants
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.authorization_requests import many_logins
from scenarios.fuzzing.examples import Begins, CallsApi, Counterexample, Example, Lands, Refreshes, UnreadableExample
from scenarios.fuzzing.invariants import INVARIANTS
from scenarios.fuzzing.performance import GENUINE, Performance, Seen, perform
from scenarios.fuzzing.violation import Violation
from scenarios.model.capability import Capability

_LOGINS = 200


class Replayed(msgspec.Struct, frozen=True):
    """How a replay ended; `seen` is what the client did where it still fails."""

    fixed: bool
    seen: str = ""
    severity: str = "none"


def replay(
    counterexample: Counterexample, driver: Driver, *, tls: bool = False, host: str = LOOPBACK, port: int = 0
) -> Replayed:
    """Perform a counterexample in an application of its own.

    `UnreadableExample` says why it cannot be performed any more, `DriverError` and `CannotGoOn` that the client cannot.
    """
    if counterexample.invariant not in INVARIANTS:
        raise UnreadableExample("UNKNOWN_INVARIANT", f"there is no invariant {counterexample.invariant!r} any more.")
    if counterexample.app_kind not in driver.app_kinds:
        kinds = " or ".join(driver.app_kinds)
        cause = f"it is of a {counterexample.app_kind} app, and the client is given as {kinds}."
        raise UnreadableExample("OTHER_APP_KIND", cause)
    with Arena(driver, counterexample.app_kind, tls=tls, host=host, port=port) as arena:
        if counterexample.target == "authorization-request":
            found = many_logins(arena, _LOGINS).found.get(counterexample.invariant)
            return _replayed([found.violation] if found is not None else [])
        return _performed(counterexample, arena)


def _performed(counterexample: Counterexample, arena: Arena) -> Replayed:
    example = counterexample.example
    _check_capabilities(example, arena)
    run = arena.loop.run_until_complete
    performance: Performance = run(perform(arena, example, Seen()))
    found = [each for each in performance.violations if each.identifier == counterexample.invariant]
    if len(performance.steps) < len(example.steps) and not found:
        raise UnreadableExample("NOT_PERFORMED", "the client could not be driven through all of its steps.")
    broken = run(perform(arena, GENUINE, Seen())).violations
    if broken and counterexample.invariant == invariants.Wedged.identifier:
        return _replayed([invariants.Wedged("after this a genuine login of another browser does not work")])
    if broken and not found:
        raise UnreadableExample("NOT_ALIVE_AFTER", f"a genuine login afterwards does not work: {broken[0]}")
    return _replayed(found)


def _replayed(found: list[Violation]) -> Replayed:
    return Replayed(False, found[0].seen, found[0].severity) if found else Replayed(True)


def _check_capabilities(example: Example, arena: Arena) -> None:
    """A step that cannot be taken would make anything look fixed."""
    needed = {Refreshes: Capability.REFRESH, CallsApi: Capability.CALL_API}
    for step in example.steps:
        capability = needed.get(type(step))
        if capability is not None and capability not in arena.ground.capabilities:
            raise UnreadableExample("CAPABILITY_ABSENT", f"it needs {capability.value}, which this client lacks.")
    began = {step.session for step in example.steps if isinstance(step, Begins)}
    strangers = {step.of for step in example.steps if isinstance(step, Lands)} - began
    if strangers:
        raise UnreadableExample("NOT_UNDERSTOOD", f"session {min(strangers)!r} lands and has never begun.")

