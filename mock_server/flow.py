"""One login and what follows from it, as the server sees it: what is changed for it, and how often it was answered."""

from typing import Any

from mock_server.changes import NONE, Changes
from mock_server.delivery import Delivery
from mock_server.deviations.deviation import Deviation, Target
from mock_server.protocol.provider import Provider
from mock_server.protocol.vocabulary import Endpoint

# Never added to.
_NOTHING: dict[Any, int] = {}


class Flow:
    """A flow; `strict` is the provider with the flow's variation, `lenient` the one with its leniencies as well."""

    __slots__ = ("_answered", "_spoiled", "changes", "email", "identifier", "is_lenient", "lenient", "strict")

    def __init__(self, identifier: str, provider: Provider, changes: Changes = NONE) -> None:
        self.identifier = identifier
        self.changes = changes
        # Whoever signed in at the login page; nobody where the resource owner is a script.
        self.email = ""
        self.strict = changes.strict(provider) if changes.variation else provider
        self.lenient = changes.lenient(provider) if changes.leniencies else self.strict
        # True where a leniency forgives something.
        self.is_lenient = self.lenient is not self.strict
        # Counted only where there is something to count for: most flows are under no change, and there are thousands.
        self._answered: dict[Endpoint, int] = {} if changes.delivery else _NOTHING
        self._spoiled: dict[Target, int] = {} if changes.deviation else _NOTHING

    def next_delivery(self, endpoint: Endpoint) -> Delivery | None:
        """How the next answer of an endpoint travels; counts it."""
        delivery = self.changes.delivery
        if delivery is None:
            return None
        self._answered[endpoint] = occasion = self._answered.get(endpoint, 0) + 1
        return delivery if delivery.applies(endpoint, occasion) else None

    def next_deviation(self, target: Target | None) -> Deviation | None:
        """What is done to the next answer of its kind; counts it."""
        deviation = self.changes.deviation
        if deviation is None or target is None:
            return None
        self._spoiled[target] = occasion = self._spoiled.get(target, 0) + 1
        return deviation if deviation.applies(target, occasion) else None
