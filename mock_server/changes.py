"""The four things that may be changed for a flow, and how they are written down.

A *variation* is another legal behaviour, a *leniency* forgives, a *deviation* spoils an answer, a *delivery* says how
the bytes travel. A fifth thing, what the resource owner decides, is not a change of the server.
"""

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_type_hints

import msgspec

from mock_server import delivery as deliveries
from mock_server.delivery import Delivery
from mock_server.deviations import authorization_response, error_response, metadata, resource, token_response
from mock_server.deviations.deviation import Deviation, check_text
from mock_server.protocol.leniency import lenient
from mock_server.protocol.provider import Provider
from mock_server.protocol.resource_owner import Allow, Ask, Deny, DenyByServer, ResourceOwner
from mock_server.protocol.vocabulary import Endpoint

DEVIATIONS: Mapping[str, Any] = {
    f"{module.__name__.rpartition('.')[2]}.{make.__name__}": make
    for module in (authorization_response, token_response, error_response, resource, metadata)
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


def parsed(document: Any) -> Changes:
    """Changes from their written form; `ValueError` says what is wrong with it, and what is known."""
    _check(document, dict[str, Any], "changes")
    unknown = set(document) - {"variation", "leniencies", "deviation", "delivery", "resource_owner"}
    if unknown:
        raise ValueError(f"unknown change: {', '.join(sorted(unknown))}")
    given = {name: value for name, value in document.items() if value is not None}
    variation = _checked(given.get("variation", {}), dict[str, Any], "variation")
    changes = Changes(
        variation={name: _tuple(value) for name, value in variation.items()},
        leniencies=tuple(_checked(given.get("leniencies", ()), list[str], "leniencies")),
        deviation=_deviation(given["deviation"]) if "deviation" in given else None,
        delivery=_delivery(given["delivery"]) if "delivery" in given else None,
        resource_owner=_resource_owner(given["resource_owner"]) if "resource_owner" in given else None,
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


def _check(value: Any, kind: Any, what: str) -> None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{what}: {error}") from None


def _checked(value: Any, kind: Any, what: str) -> Any:
    _check(value, kind, what)
    return value


def _members(document: Any, kinds: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The members that are given, each of its kind."""
    _check(document, dict[str, Any], what)
    for name, value in document.items():
        if name not in kinds:
            raise ValueError(f"{what} has no member {name!r}; known: {', '.join(kinds)}")
        _check(value, kinds[name], f"{what}, {name}")
    return dict(document)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _deviation(document: Any) -> Deviation:
    given = _members(document, {"name": str, "arguments": list[Any], "occasions": list[int]}, "deviation")
    name = given.get("name", "")
    make = DEVIATIONS.get(name)
    if make is None:
        raise ValueError(f"unknown deviation: {name!r}; known: {', '.join(sorted(DEVIATIONS))}")
    kinds, signature = get_type_hints(make), inspect.signature(make)
    arguments, keywords = list(given.get("arguments", ())), {}
    by_position = [each.name for each in signature.parameters.values() if each.kind is not each.KEYWORD_ONLY]
    # The last argument of `repeats` is a word when written down and a keyword in Python.
    if "first" in signature.parameters and arguments[len(by_position) :] == ["first"]:
        keywords["first"] = bool(arguments.pop())
    try:
        signature.bind(*arguments, **keywords)
    except TypeError as error:
        raise ValueError(f"deviation {name}: {error}") from None
    for parameter, argument in zip(by_position, arguments, strict=False):
        _check(argument, kinds[parameter], f"deviation {name}, {parameter}")
    deviation: Deviation = make(*arguments, **keywords)
    return deviation.on(*given.get("occasions", ()))


def _delivery(document: Any) -> Delivery:
    kinds = {"name": str, "arguments": dict[str, Any], "endpoint": Endpoint, "times": int}
    given = _members(document, kinds, "delivery")
    how = deliveries.named(given.get("name", ""), given.get("arguments", {}))
    return Delivery(how, given.get("endpoint", "token"), given.get("times", 0))


def _resource_owner(document: Any) -> ResourceOwner:
    kinds = {"decision": str, "scopes": list[str] | None, "error": str, "error_description": str}
    given = _members(document, kinds, "resource_owner")
    decision = given.pop("decision", "")
    if decision not in _WORDS_OF:
        raise ValueError(f"unknown decision: {decision!r}; known: {', '.join(_WORDS_OF)}")
    if foreign := set(given) - set(_WORDS_OF[decision]):
        raise ValueError(f"resource_owner, {decision} has no {', '.join(sorted(foreign))}")
    for text in (*(given.get("scopes") or ()), *(value for value in given.values() if isinstance(value, str))):
        check_text(text, "resource_owner")
    if decision == "allow":
        scopes = given.get("scopes")
        return Allow(None if scopes is None else tuple(scopes))
    if decision == "deny":
        return Deny(**given)
    return DenyByServer() if decision == "deny_by_server" else Ask()


_WORDS_OF: Mapping[str, tuple[str, ...]] = {
    "allow": ("scopes",),
    "deny": ("error", "error_description"),
    "deny_by_server": (),
    "ask": (),
}


def _written_owner(owner: ResourceOwner) -> dict[str, Any]:
    if isinstance(owner, Allow):
        return {"decision": "allow"} | ({} if owner.scopes is None else {"scopes": list(owner.scopes)})
    if isinstance(owner, Deny):
        return {"decision": "deny", "error": owner.error, "error_description": owner.error_description}
    return {"decision": "deny_by_server" if isinstance(owner, DenyByServer) else "ask"}
