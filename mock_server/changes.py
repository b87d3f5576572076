"""The four things that may be changed for a flow, and how they are written down.

A *variation* is another legal behaviour, a *leniency* forgives, a *deviation* spoils an answer, a *delivery* says how
the bytes travel. A fifth thing, what the resource owner decides, is not a change of the server.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mock_server import delivery as deliveries
from mock_server.delivery import Delivery
from mock_server.deviations import authorization_response, error_response, resource, token_response
from mock_server.deviations.deviation import Deviation
from mock_server.protocol.leniency import lenient
from mock_server.protocol.provider import Provider
from mock_server.protocol.resource_owner import Allow, Ask, Deny, DenyByServer, ResourceOwner

DEVIATIONS: Mapping[str, Any] = {
    f"{module.__name__.rpartition('.')[2]}.{make.__name__}": make
    for module in (authorization_response, token_response, error_response, resource)
    for make in module.DEVIATIONS
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What is changed for one flow."""

    variation: Mapping[str, Any] = field(default_factory=dict)
    leniencies: tuple[str, ...] = ()
    deviation: Deviation | None = None
    delivery: Delivery | None = None
    resource_owner: ResourceOwner | None = None

    def strict(self, provider: Provider) -> Provider:
        """The provider with the variation; `ValueError` names an unknown point."""
        return provider.changed(self.variation) if self.variation else provider

    def lenient(self, provider: Provider) -> Provider:
        """The provider with variation and leniencies; `ValueError` names what is unknown."""
        return lenient(self.strict(provider), self.leniencies)


NONE = Changes()


def parsed(document: Mapping[str, Any]) -> Changes:
    """Changes from their written form; `ValueError` says what is unknown and what is known."""
    unknown = set(document) - {"variation", "leniencies", "deviation", "delivery", "resource_owner"}
    if unknown:
        raise ValueError(f"unknown change: {', '.join(sorted(unknown))}")
    changes = Changes(
        variation={name: _tuple(value) for name, value in document.get("variation", {}).items()},
        leniencies=tuple(document.get("leniencies", ())),
        deviation=_deviation(document["deviation"]) if document.get("deviation") else None,
        delivery=_delivery(document["delivery"]) if document.get("delivery") else None,
        resource_owner=_resource_owner(document["resource_owner"]) if document.get("resource_owner") else None,
    )
    changes.lenient(Provider())
    return changes


def written(changes: Changes) -> dict[str, Any]:
    """The written form of changes; `parsed` reads it back."""
    document: dict[str, Any] = {}
    if changes.variation:
        document["variation"] = dict(changes.variation)
    if changes.leniencies:
        document["leniencies"] = list(changes.leniencies)
    if changes.deviation is not None:
        deviation = changes.deviation
        document["deviation"] = {
            "name": deviation.name,
            "arguments": list(deviation.arguments),
            "occasions": list(deviation.occasions),
        }
    if changes.delivery is not None:
        how = changes.delivery.how
        document["delivery"] = {
            "name": deliveries.name_of(how),
            "arguments": asdict(how),
            "endpoint": changes.delivery.endpoint,
            "times": changes.delivery.times,
        }
    if changes.resource_owner is not None:
        document["resource_owner"] = _written_owner(changes.resource_owner)
    return document


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _deviation(document: Mapping[str, Any]) -> Deviation:
    name = document.get("name", "")
    make = DEVIATIONS.get(name)
    if make is None:
        raise ValueError(f"unknown deviation: {name!r}; known: {', '.join(sorted(DEVIATIONS))}")
    arguments = list(document.get("arguments", ()))
    try:
        # The last argument of `repeats` is a word when written down and a keyword in Python.
        first = name == "authorization_response.repeats" and len(arguments) == 3 and arguments[-1] == "first"
        deviation: Deviation = make(*arguments[:-1], first=True) if first else make(*arguments)
    except TypeError as error:
        raise ValueError(f"deviation {name}: {error}") from None
    return deviation.on(*document.get("occasions", ()))


def _delivery(document: Mapping[str, Any]) -> Delivery:
    how = deliveries.named(document.get("name", ""), dict(document.get("arguments", {})))
    return Delivery(how, document.get("endpoint", "token"), document.get("times", 0))


def _resource_owner(document: Mapping[str, Any]) -> ResourceOwner:
    decision = document.get("decision", "")
    if decision == "allow":
        scopes = document.get("scopes")
        return Allow(None if scopes is None else tuple(scopes))
    if decision == "deny":
        return Deny(**{key: value for key, value in document.items() if key != "decision"})
    if decision in ("deny_by_server", "ask"):
        return DenyByServer() if decision == "deny_by_server" else Ask()
    raise ValueError(f"unknown decision: {decision!r}; known: allow, deny, deny_by_server, ask")


def _written_owner(owner: ResourceOwner) -> dict[str, Any]:
    if isinstance(owner, Allow):
        return {"decision": "allow"} | ({} if owner.scopes is None else {"scopes": list(owner.scopes)})
    if isinstance(owner, Deny):
        return {"decision": "deny", "error": owner.error, "error_description": owner.error_description}
    return {"decision": "deny_by_server" if isinstance(owner, DenyByServer) else "ask"}
