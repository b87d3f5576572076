"""A scenario: data, a published text and a short story. `@scenario` returns a value and registers nothing."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from mock_server.changes import Changes
from mock_server.delivery import Delivery
from mock_server.deviations.deviation import Deviation
from mock_server.protocol.resource_owner import ResourceOwner
from scenarios.model.assignment import PLAIN, AppKind, AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Expectation
from scenarios.model.requirement import Requirement

Story = Callable[..., Awaitable[Expectation]]
_BOTH: tuple[AppKind, ...] = ("basic", "pkce")


@dataclass(frozen=True)
class Scenario:
    """One way for a client to get it wrong, or its well-behaved neighbour.

    `identifier` is given by `collection`: the module's topic and the story's name.
    """

    requirement: Requirement
    story: Story
    text: str
    # What happens in the world when clients get this wrong, and what a developer changes.
    risk: str
    fix: str
    needs: frozenset[Capability] = frozenset()
    assignment: AssignmentKind = PLAIN
    app_kinds: tuple[AppKind, ...] = _BOTH
    rows: Mapping[str, Any] = field(default_factory=dict)
    incidents: tuple[str, ...] = ()
    # A control is the near miss that a right client must accept.
    control: bool = False
    # Needs the application for itself: a restart, process-wide state, held requests.
    exclusive: bool = False
    # It waits for the clock on the wall: it begins before the others of its group, so that nobody waits for it.
    waits: bool = False
    # Seconds that a run has to give each scenario (`--timeout`), or this one is not performed: patience is no flaw.
    patience: float = 0.0
    # A duty that a library may document as its caller's (`state`); it does not apply to one that declares so.
    left_to_caller: str = ""
    # Looks at what the client asks for alone: it is performed even where no login works, and may say why none does.
    login_may_fail: bool = False
    # It is about https, and does not apply to a run without.
    tls: bool = False
    # Its settings are wrong on purpose: an application that starts with others and not with them is right.
    settings_may_be_refused: bool = False
    # Leniencies under which the server no longer tells a right client from a wrong one.
    moot_under: tuple[str, ...] = ()
    # Rows of the requirements' section 8 that it comes from.
    seeds: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    identifier: str = ""

    def named(self, topic: str) -> "Scenario":
        """The scenario under its public identifier."""
        name = self.story.__name__
        return replace(self, identifier=f"{topic}/{name.replace('_', '-')}")

    def assignment_of(self, row: str) -> AssignmentKind:
        """What is special about what the application is told: the row's own, where rows are of that."""
        value = self.rows.get(row)
        return value if isinstance(value, AssignmentKind) else self.assignment

    @property
    def must_refuse(self) -> bool:
        """True where passing means that something was refused."""
        return not self.control


def scenario(
    *,
    requirement: Requirement,
    risk: str,
    fix: str,
    needs: Collection[Capability] = (),
    assignment: AssignmentKind = PLAIN,
    app_kinds: tuple[AppKind, ...] = _BOTH,
    rows: Mapping[str, Any] | None = None,
    incidents: tuple[str, ...] = (),
    control: bool = False,
    exclusive: bool = False,
    waits: bool = False,
    patience: float = 0.0,
    left_to_caller: str = "",
    login_may_fail: bool = False,
    settings_may_be_refused: bool = False,
    tls: bool = False,
    moot_under: tuple[str, ...] = (),
    seeds: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Callable[[Story], Scenario]:
    """Make a scenario of a story; its docstring is the published text.

    Rows are handed to the story one by one; those that are assignments, to the application.
    """

    def made(story: Story) -> Scenario:
        return Scenario(
            requirement=requirement,
            story=story,
            text=inspect.getdoc(story) or "",
            risk=risk,
            fix=fix,
            needs=frozenset(needs),
            assignment=assignment,
            app_kinds=app_kinds,
            rows=MappingProxyType(dict(rows or {})),
            incidents=incidents,
            control=control,
            exclusive=exclusive,
            waits=waits,
            patience=patience,
            left_to_caller=left_to_caller,
            login_may_fail=login_may_fail,
            settings_may_be_refused=settings_may_be_refused,
            tls=tls,
            moot_under=moot_under,
            seeds=seeds,
            aliases=aliases,
        )

    return made


def changed(change: Deviation | Delivery | ResourceOwner | Mapping[str, Any]) -> Changes:
    """The changes of a flow from the one thing that is changed; a mapping is a variation of the provider."""
    if isinstance(change, Deviation):
        return Changes(deviation=change)
    if isinstance(change, Delivery):
        return Changes(delivery=change)
    if isinstance(change, Mapping):
        return Changes(variation=change)
    return Changes(resource_owner=change)
