"""Changes as forms and the control API write them down, checked to the last argument before a flow is put under them.

`changes.parsed` trusts its author. What comes from outside is held against the types first, so that a wrong argument is
refused here, in words, and not found out by the client under test as a broken answer.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Literal, get_type_hints

import msgspec

from mock_server import changes
from mock_server import delivery as deliveries
from mock_server.changes import Changes
from mock_server.protocol.vocabulary import Endpoint

DELIVERIES: Mapping[str, type] = {
    name: type(deliveries.named(name, {"seconds": 1.0} if name == "delay" else {}))
    for name in (
        *("delay", "drip", "reset", "half_body", "wrong_length", "pad", "interim", "turn_away", "redirect"),
    )
}
_LONGEST_DELAY = 3600
_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class DeviationDocument(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One way to spoil an answer: its name, its arguments in order, and the occasions on which it is done."""

    name: str
    arguments: list[Any] = []
    # The how-manieth answer of its kind in the flow, counted from 1; empty for every one.
    occasions: list[int] = []


class DeliveryDocument(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How the answers of one endpoint travel; `times` limits it to the first so many, 0 means all."""

    name: str
    arguments: dict[str, Any] = {}
    endpoint: Endpoint = "token"
    times: int = 0


class ResourceOwnerDocument(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What the resource owner decides; `error` and `error_description` are the words of a denial."""

    decision: Literal["allow", "deny", "deny_by_server", "ask"]
    scopes: list[str] | None = None
    error: str | None = None
    error_description: str | None = None


class ChangesDocument(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is changed for one flow; each member may be left out."""

    variation: dict[str, Any] = {}
    leniencies: list[str] = []
    deviation: DeviationDocument | None = None
    delivery: DeliveryDocument | None = None
    resource_owner: ResourceOwnerDocument | None = None


def changes_from(document: object) -> Changes:
    """Changes from their written form; `ValueError` says what is wrong with it, and where."""
    try:
        checked = msgspec.convert(document, ChangesDocument)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    if checked.deviation is not None:
        _check_deviation(checked.deviation)
    if checked.delivery is not None:
        _check_delivery(checked.delivery)
    plain: dict[str, Any] = msgspec.to_builtins(checked)
    if owner := plain.get("resource_owner"):
        _check_owner(owner)
        plain["resource_owner"] = {key: value for key, value in owner.items() if value is not None}
    return changes.parsed(plain)


def document_of(made: Changes) -> ChangesDocument:
    """The written form of changes."""
    return msgspec.convert(msgspec.to_builtins(changes.written(made)), ChangesDocument)


@cache
def parameters_of(make: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """The arguments of a deviation, with their types."""
    hints = get_type_hints(make)
    signature = inspect.signature(make)
    return {name: each.replace(annotation=hints[name]) for name, each in signature.parameters.items()}


def _check_deviation(document: DeviationDocument) -> None:
    make = changes.DEVIATIONS.get(document.name)
    if make is None:
        raise ValueError(f"unknown deviation: {document.name!r}; known: {', '.join(sorted(changes.DEVIATIONS))}")
    known = parameters_of(make)
    arguments = list(document.arguments)
    if "first" in known and arguments[-1:] == ["first"] and len(arguments) == len(known):
        arguments[-1] = True
    signature = ", ".join(known)
    required = sum(each.default is inspect.Parameter.empty for each in known.values())
    if not required <= len(arguments) <= len(known):
        raise ValueError(f"{document.name}({signature}) is given {len(arguments)} arguments")
    for (name, each), argument in zip(known.items(), arguments, strict=False):
        _check_argument(f"{document.name}({signature}): {name}", name, each.annotation, argument)
    if any(occasion < 1 for occasion in document.occasions):
        raise ValueError("occasions are counted from 1")


def _check_argument(where: str, name: str, kind: Any, value: object) -> None:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
    if name == "status" and not (isinstance(value, int) and 200 <= value <= 599):
        raise ValueError(f"{where}: an HTTP status is from 200 to 599")
    if name in ("length", "size") and isinstance(value, int) and value < 0:
        raise ValueError(f"{where}: a length is not negative")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{where}: half a surrogate pair is no character")
    if name in ("content_type", "retry_after") or "sets_header" in where:
        _check_header(where, name, value)


def _check_header(where: str, name: str, value: object) -> None:
    """RFC 9110 section 5: a header with a line break would be two."""
    text = value if isinstance(value, str) else ""
    if name == "name" and (not text or any(character not in _TOKEN for character in text)):
        raise ValueError(f"{where}: {text!r} is no name of a header")
    if any(not 0x20 <= ord(character) <= 0xFF or character == "\x7f" for character in text):
        raise ValueError(f"{where}: a header holds no line breaks, no control characters and nothing beyond Latin-1")


def _check_delivery(document: DeliveryDocument) -> None:
    made = deliveries.named(document.name, {"seconds": 1.0} | document.arguments if document.name == "delay" else
                            document.arguments)
    kinds = get_type_hints(type(made))
    for each in fields(made):
        value = getattr(made, each.name)
        where = f"delivery {document.name}: {each.name}"
        _check_argument(where, each.name, kinds[each.name], value)
        if each.name == "seconds" and not 0 <= value <= _LONGEST_DELAY:
            raise ValueError(f"{where}: from 0 to {_LONGEST_DELAY}")
    if document.name == "delay" and "seconds" not in document.arguments:
        raise ValueError("delivery delay: seconds is missing")
    if document.times < 0:
        raise ValueError("times is not negative; 0 means every time")


def _check_owner(owner: dict[str, Any]) -> None:
    allowed = {"allow": {"scopes"}, "deny": {"error", "error_description"}}.get(owner["decision"], set())
    given = {key for key, value in owner.items() if value is not None} - {"decision"}
    if given - allowed:
        raise ValueError(f"the decision {owner['decision']} has no {', '.join(sorted(given - allowed))}")
    for scope in owner.get("scopes") or ():
        if not scope or any(not 0x21 <= ord(c) <= 0x7E or c in '"\\' for c in scope):
            raise ValueError(f"{scope!r} is not a scope (RFC 6749 section 3.3)")
