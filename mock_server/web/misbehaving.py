"""The form fields under "misbehave": each change that has a name, with its arguments, and the way back from the form.

The fields are made from the signatures of the deviations and from the types of deliveries and provider, so that what is
added there can be chosen here. What no field can say, the written form in JSON can.
"""

import inspect
import json
import types
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mock_server.changes import DEVIATIONS
from mock_server.protocol.form import Parameters
from mock_server.protocol.provider import LENIENCIES, Provider
from mock_server.web.written import DELIVERIES, parameters_of

Kind = Literal["text", "number", "json", "flag", "choice", "list"]

GROUPS = {
    "authorization_response": "The redirect to your app",
    "token_response": "The token answer",
    "error_response": "The error answer of the token endpoint",
    "resource": "The answer of the API",
    "metadata": "The metadata document",
}

# What a field holds at first, so that one click is enough: the commonest mistake of its kind.
_AT_FIRST: dict[tuple[str, str, str], str] = {
    ("authorization_response", "", "parameter"): "state",
    ("authorization_response", "", "value"): "something-else",
    ("authorization_response", "adds", "parameter"): "extra",
    ("authorization_response", "", "error"): "server_error",
    ("authorization_response", "", "status"): "303",
    ("token_response", "", "member"): "refresh_token",
    ("token_response", "mistypes", "member"): "expires_in",
    ("token_response", "mistypes", "value"): '"3600"',
    ("token_response", "adds", "member"): "extra",
    ("token_response", "repeats", "member"): "access_token",
    ("token_response", "", "error"): "invalid_grant",
    ("error_response", "", "member"): "error_description",
    ("resource", "", "member"): "email",
    ("resource", "", "error"): "invalid_token",
    ("metadata", "", "member"): "code_challenge_methods_supported",
    ("metadata", "", "issuer"): "https://attacker.example",
    ("", "", "error"): "invalid_request",
    ("", "", "status"): "500",
    ("", "", "length"): "10",
    ("token_response", "compresses", "size"): "1000000",
    ("", "", "body"): "<html>Bad gateway</html>",
    ("", "", "name"): "cache-control",
    ("", "", "value"): '"something else"',
    ("", "sets_header", "value"): "public, max-age=3600",
    ("", "", "seconds"): "5",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One field: `name` in the form, `label` for people."""

    name: str
    label: str
    kind: Kind
    at_first: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One change that can be chosen, with the fields for its arguments."""

    name: str
    short: str
    text: str
    arguments: tuple[Argument, ...]


@cache
def deviations() -> dict[str, tuple[Choice, ...]]:
    """The deviations by the answer that they spoil."""
    by_group: dict[str, list[Choice]] = {title: [] for title in GROUPS.values()}
    for name, make in DEVIATIONS.items():
        group, _, short = name.partition(".")
        arguments = tuple(
            Argument(
                f"deviation:{name}:{each.name}", each.name.replace("_", " "), _kind(each.annotation),
                _at_first(group, short, each.name, each.default),
            )
            for each in parameters_of(make).values()
        )  # fmt: skip
        by_group[GROUPS[group]].append(Choice(name, short.replace("_", " "), _first_line(make), arguments))
    return {title: tuple(choices) for title, choices in by_group.items()}


@cache
def delivery_choices() -> tuple[Choice, ...]:
    """The ways in which an answer may travel."""
    return tuple(_delivery(name, kind) for name, kind in DELIVERIES.items())


def _delivery(name: str, kind: type) -> Choice:
    hints = get_type_hints(kind)
    arguments = (
        Argument(
            f"delivery:{name}:{each.name}", each.name.replace("_", " "), _kind(hints[each.name]),
            _at_first("", name, each.name, inspect.Parameter.empty if each.default is MISSING else each.default),
            tuple(str(choice) for choice in get_args(hints[each.name])),
        )
        for each in fields(kind)
    )  # fmt: skip
    return Choice(name, name.replace("_", " "), _first_line(kind), tuple(arguments))


@cache
def variations() -> tuple[Argument, ...]:
    """The points of a provider that may differ for one login; leniencies have fields of their own."""
    hints = get_type_hints(Provider)
    return tuple(
        Argument(
            f"variation:{each.name}", each.name.replace("_", " "), _kind(hints[each.name]), _text(each.default),
            tuple(str(choice) for choice in get_args(hints[each.name])) if _kind(hints[each.name]) == "choice" else (),
        )
        for each in fields(Provider)
        if each.name != "name" and each.name not in LENIENCIES
    )  # fmt: skip


def _kind(hint: Any) -> Kind:
    if hint is bool:
        return "flag"
    if hint in (int, float):
        return "number"
    if get_origin(hint) is Literal:
        return "choice"
    if get_origin(hint) is tuple:
        return "list"
    is_text = hint is str or (get_origin(hint) is types.UnionType and str in get_args(hint))
    return "text" if is_text else "json"


def _at_first(group: str, short: str, argument: str, default: object) -> str:
    if default is not inspect.Parameter.empty:
        return "" if default is False else _text(default)
    keys = ((group, short, argument), (group, "", argument), ("", short, argument), ("", "", argument))
    return next((_AT_FIRST[key] for key in keys if key in _AT_FIRST), "")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0].replace("`", "")


# The way back.


def document(sent: Parameters) -> dict[str, Any]:
    """The written form of what a form chose; `ValueError` names the field that cannot be read."""
    made: dict[str, Any] = {}
    if chosen := sent.get("deviation"):
        made["deviation"] = _deviation(chosen, sent)
    if chosen := sent.get("delivery"):
        made["delivery"] = {
            "name": chosen,
            "arguments": dict(_arguments(_chosen(delivery_choices(), chosen), sent)),
            "endpoint": sent.get("delivery_endpoint") or "token",
            "times": _number("delivery_times", sent.get("delivery_times") or "0"),
        }
    if leniencies := sent.all("leniency"):
        made["leniencies"] = list(leniencies)
    if variation := dict(_variation(sent)):
        made["variation"] = variation
    return made | _written(sent.get("written").strip())


def _deviation(name: str, sent: Parameters) -> dict[str, Any]:
    choice = _chosen((each for choices in deviations().values() for each in choices), name)
    arguments = dict(_arguments(choice, sent))
    values = [value for name, value in arguments.items() if name != "first"]
    if arguments.get("first"):
        values.append("first")
    if name == "authorization_response.errs" and not values[-1]:
        values.pop()
    occasions = [_number("occasions", each) for each in sent.get("occasions").replace(",", " ").split()]
    return {"name": name, "arguments": values, "occasions": occasions}


def _chosen(choices: Iterable[Choice], name: str) -> Choice:
    found = next((choice for choice in choices if choice.name == name), None)
    if found is None:
        raise ValueError(f"there is no change {name!r}")
    return found


def _arguments(choice: Choice, sent: Parameters) -> Iterator[tuple[str, Any]]:
    for argument in choice.arguments:
        yield argument.name.rpartition(":")[2], _value(argument, sent.get(argument.name), choice.name)


def _value(argument: Argument, text: str, of: str) -> Any:
    if argument.kind == "number" or (argument.kind == "choice" and argument.choices[0].isdigit()):
        return _number(argument.name, text)
    if argument.kind == "flag":
        return text == "yes"
    if argument.kind == "json":
        return _json_or_text(text)
    # An empty value of a header takes the header away, as None does in Python.
    return None if of.endswith("sets_header") and argument.label == "value" and not text else text


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _number(name: str, text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        raise ValueError(f"{name.rpartition(':')[2].replace('_', ' ')}: {text!r} is not a number") from None


def _variation(sent: Parameters) -> Iterator[tuple[str, Any]]:
    for argument in variations():
        text = sent.get(argument.name).strip()
        if text:
            value = text.split() if argument.kind == "list" else _value(argument, text, "variation")
            yield argument.name.partition(":")[2], value


def _written(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        made = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the written form is not JSON: {error}") from None
    if not isinstance(made, dict):
        raise ValueError("the written form is not a JSON object")
    return made
