"""Runs examples by the thousand: batches, several distinct findings, each made as small as it gets, and a count of all.

Hypothesis makes and shrinks examples; what is kept here is the smallest example of each broken invariant. An invariant
that is known to be broken no longer stops a batch, so that the next one is found.
"""

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.database import ExampleDatabase
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test
from hypothesis.strategies import SearchStrategy

from scenarios.fuzzing import invariants, strategies, token_invariants
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.examples import Example, Target
from scenarios.fuzzing.performance import GENUINE, Performance, Seen, perform
from scenarios.fuzzing.sequences import machine
from scenarios.fuzzing.violation import Violation

BATCH = 2_000
"""Hypothesis's memory grows by about 1.1 KB with each example of one test."""

EVERY = 25
"""After so many examples somebody logs in as ever."""

_BLAMED = 60
_LONGEST_SHRINK = 400
_COSTLY_SHRINK = 12
"""Examples tried to make a finding smaller; fewer where each stops the application or waits for its time limit."""
_LEFT_OUT = 60


@dataclass
class Found:
    """A broken invariant, with the smallest example that breaks it."""

    violation: Violation
    example: Example
    story: tuple[str, ...]
    # How many examples had been generated when it was first seen.
    after: int
    # Performed once more at the end, it broke the same: where not, the client is not deterministic.
    reproducible: bool = True


@dataclass
class Campaign:
    """What came of a run, and what is counted while it goes on."""

    target: Target
    seed: int
    examples: int = 0
    callbacks: int = 0
    seconds: float = 0.0
    in_client: float = 0.0
    logins: int = 0
    seen: Seen = field(default_factory=Seen)
    found: dict[str, Found] = field(default_factory=dict)
    # The client behaved otherwise when the same example came again.
    not_deterministic: bool = False

    @property
    def rate(self) -> float:
        """Landings and refreshes per second."""
        return self.callbacks / self.seconds if self.seconds else 0.0


class _Enough(KeyboardInterrupt):
    """Time is up, or a finding is small enough: Hypothesis lets this one through at once."""


class Fuzzer:
    """Fuzzes one target in an arena; `told` hears of the campaign after each genuine login."""

    def __init__(
        self,
        arena: Arena,
        target: Target,
        *,
        seed: int = 0,
        database: ExampleDatabase | None = None,
        told: Callable[[Campaign], None] = lambda _campaign: None,
        known: frozenset[str] = frozenset(),
    ) -> None:
        self.campaign = Campaign(target, seed)
        self._arena = arena
        self._database = _Named(database, f"{target} {arena.app_kind}".encode()) if database is not None else None
        self._told = told
        self._known = set(known)
        self._recent: list[Example] = []
        self._deadline = float("inf")
        self._shrunk = 0
        self._began = 0.0

    def run(self, examples: int, seconds: float = float("inf"), *, most: int = 1_000) -> Campaign:
        """Fuzz with so many examples, for so many seconds, or until so much is found, whichever ends first."""
        campaign = self.campaign
        self._began = time.monotonic()
        self._deadline = self._began + seconds
        with _seldom_collected():
            self._run_batches(examples, most)
        self.check_in()
        self._confirm()
        campaign.seconds = time.monotonic() - self._began
        return campaign

    def _run_batches(self, examples: int, most: int) -> None:
        campaign = self.campaign
        batch = 0
        while campaign.examples < examples and time.monotonic() < self._deadline and len(campaign.found) < most:
            batch += 1
            before = campaign.examples
            self._run_batch(min(BATCH, examples - campaign.examples), batch)
            if campaign.examples == before:
                break

    def _run_batch(self, examples: int, batch: int) -> None:
        self._shrunk = 0
        try:
            self._hypothesis(examples, _derived(self.campaign.seed, self.campaign.target, batch))
        except _Enough:
            pass
        except (Violation, HypothesisException) as error:
            self._flaky(error)
        except BaseExceptionGroup as group:
            rest = group.split((Violation, HypothesisException))[1]
            if rest is not None:
                raise rest from None
            self._flaky(*group.exceptions)
        for identifier in [each for each in self.campaign.found if each not in self._known]:
            self._leave_out(identifier)
        self._known |= set(self.campaign.found)
        if self._shrunk:
            self.check_in()

    def _flaky(self, *errors: BaseException) -> None:
        self.campaign.not_deterministic |= any("Flaky" in type(error).__name__ for error in errors)

    def _hypothesis(self, examples: int, seed: int) -> None:
        chosen = settings(
            max_examples=examples,
            database=self._database,
            deadline=None,
            # Where a variable says that this is CI, Hypothesis would have a whole fleet try the same.
            derandomize=False,
            stateful_step_count=12,
            phases=(Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            # One at a time: what is found is then made small at once, and the next batch looks for others.
            report_multiple_bugs=False,
        )
        if self.campaign.target == "sequence":
            kind = machine(self._arena, self.campaign.seen, self.settle)
            run_state_machine_as_test(kind if self._database else seeded(seed)(kind), settings=chosen)
            return

        def fuzzed(example: Example) -> None:
            self._perform(example)

        test = chosen(given(self._strategy())(fuzzed))
        (test if self._database else seeded(seed)(test))()

    def _strategy(self) -> SearchStrategy[Example]:
        if self.campaign.target == "token-response":
            return strategies.token_examples()
        if self.campaign.target == "refresh-response":
            return strategies.refresh_examples()
        return strategies.callback_examples()

    def _perform(self, example: Example) -> None:
        if time.monotonic() > self._deadline:
            raise _Enough
        self.settle(self._arena.loop.run_until_complete(perform(self._arena, example, self.campaign.seen)))

    def settle(self, performance: Performance) -> None:
        """Count a performance and keep what it broke; raises the first violation that is new."""
        campaign = self.campaign
        if time.monotonic() > self._deadline:
            raise _Enough
        campaign.callbacks += sum(1 for step in performance.steps if type(step).__name__ in ("Lands", "Refreshes"))
        self._recent.append(Example(tuple(performance.steps)))
        if not self._shrunk:
            campaign.examples += 1
        new = [each for each in performance.violations if each.identifier not in self._known]
        if new and not self._lets_in():
            # Locked out by something before it, perhaps: then what was seen here says nothing.
            self._blame(self._recent[-_BLAMED:])
            self._recent.clear()
            return
        for violation in performance.violations if new else ():
            self._keep(violation, performance)
        if new or self._shrunk:
            self._shrunk += 1
            costly = any(isinstance(each, invariants.Died | invariants.Hung) for each in new)
            if self._shrunk > (_COSTLY_SHRINK if costly else _LONGEST_SHRINK):
                raise _Enough
        elif len(self._recent) >= EVERY:
            self.check_in()
        if new:
            raise new[0]

    def _keep(self, violation: Violation, performance: Performance) -> None:
        example = Example(tuple(performance.steps))
        known = self.campaign.found.get(violation.identifier)
        if known is None:
            found = Found(violation, example, tuple(performance.story), self.campaign.examples)
            self.campaign.found[violation.identifier] = found
        elif example.size < known.example.size:
            known.violation, known.example, known.story = violation, example, tuple(performance.story)

    # Genuine logins.

    def check_in(self) -> None:
        """Log in as ever; where that does not work any more, find the example that is to blame."""
        self.campaign.seconds = time.monotonic() - self._began
        self._told(self.campaign)
        recent, self._recent = self._recent, []
        if not self._lets_in():
            self._blame(recent)

    def _lets_in(self) -> bool:
        self.campaign.logins += 1
        performance = self._arena.loop.run_until_complete(perform(self._arena, GENUINE, Seen()))
        words = {type(each) for each in performance.violations}
        refused = (invariants.GenuineRefused, token_invariants.ValidRefused, invariants.Hung, invariants.Died)
        return not any(issubclass(word, refused) for word in words) and len(performance.story) == len(GENUINE.steps)

    def _blame(self, recent: list[Example]) -> None:
        """Begin anew and go through the last examples one by one, each with a login after it."""
        run = self._arena.loop.run_until_complete
        run(self._arena.restart())
        for example in recent:
            performance = run(perform(self._arena, example, Seen()))
            if not self._lets_in():
                wedged = invariants.Wedged("after this a genuine login of another browser does not work")
                if wedged.identifier in self.campaign.found:
                    run(self._arena.restart())
                    return
                self._keep(wedged, performance)
                self._known.add(wedged.identifier)
                self._made_smaller(example)
                return
        self.campaign.not_deterministic = True

    def _made_smaller(self, example: Example) -> None:
        """Leave out steps and mutations of an example that locks others out, as long as it still does."""
        run = self._arena.loop.run_until_complete
        run(self._arena.restart())
        smaller = True
        while smaller:
            smaller = False
            for candidate in without_one(example):
                performance = run(perform(self._arena, candidate, Seen()))
                if not self._lets_in():
                    run(self._arena.restart())
                    self._keep(invariants.Wedged("after this a genuine login of another browser fails"), performance)
                    example, smaller = candidate, True
                    break

    def _leave_out(self, identifier: str) -> None:
        """Leave out what a finding does not need: Hypothesis makes values smaller, and is stopped before its end."""
        found = self.campaign.found[identifier]
        tries = _COSTLY_SHRINK if isinstance(found.violation, invariants.Died | invariants.Hung) else _LEFT_OUT
        candidates = without_one(found.example)
        while candidates and tries and time.monotonic() < self._deadline:
            tries -= 1
            performance = self._arena.loop.run_until_complete(perform(self._arena, candidates.pop(0), Seen()))
            broken = next((each for each in performance.violations if each.identifier == identifier), None)
            if broken is not None:
                self._keep(broken, performance)
                candidates = without_one(found.example)

    def _confirm(self) -> None:
        """Perform each smallest example once more, and see that it breaks the same."""
        run = self._arena.loop.run_until_complete
        for identifier, found in self.campaign.found.items():
            performance = run(perform(self._arena, found.example, Seen()))
            broken = {each.identifier for each in performance.violations}
            if identifier == invariants.Wedged.identifier and not self._lets_in():
                run(self._arena.restart())
                broken.add(identifier)
            found.reproducible = identifier in broken
            self.campaign.not_deterministic |= not found.reproducible


def without_one(example: Example) -> list[Example]:
    """The example without one of its steps, or one of its mutations."""
    smaller: list[Example] = []
    for place, step in enumerate(example.steps):
        before, after = example.steps[:place], example.steps[place + 1 :]
        smaller.append(Example((*before, *after)))
        for name in ("mutations", "answers"):
            changes: tuple[Any, ...] = getattr(step, name, ())
            for index in range(len(changes)):
                fewer = msgspec.structs.replace(step, **{name: (*changes[:index], *changes[index + 1 :])})
                smaller.append(Example((*before, fewer, *after)))
    return [each for each in smaller if each.steps]


def _derived(seed: int, target: str, batch: int) -> int:
    digest = hashlib.blake2s(f"{seed} {target} {batch}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: Python's own 700 objects are a few examples, and a tenth of all processor time."""
    before = gc.get_threshold()
    gc.set_threshold(10_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Named(ExampleDatabase):
    """A database whose keys also say what is fuzzed, so that targets do not meet in it."""

    def __init__(self, database: ExampleDatabase, name: bytes) -> None:
        super().__init__()
        self._database = database
        self._name = name

    def _key(self, key: bytes) -> bytes:
        # Of Hypothesis's own only what it is for: the rest says which function it was, of which version of this file.
        # What is put aside is deleted by and by, and must not be what is kept.
        role = next((each for each in (b".secondary", b".pareto") if key.endswith(each)), b"")
        return b"oauthspec 1 " + self._name + role

    def fetch(self, key: bytes) -> Any:
        return self._database.fetch(self._key(key))

    def save(self, key: bytes, value: bytes) -> None:
        self._database.save(self._key(key), value)

    def delete(self, key: bytes, value: bytes) -> None:
        self._database.delete(self._key(key), value)
