"""Deviations of the authorization response, the redirect to the client (RFC 6749 4.1.2 and 4.1.2.1)."""

from collections.abc import Callable
from typing import Any

from mock_server.deviations.deviation import Deviation, check_length, check_status
from mock_server.protocol.form import Pairs
from mock_server.protocol.messages import AuthorizationResponse
from mock_server.transcript import Answer

_Change = Callable[[Pairs], Pairs]


def _deviation(name: str, change: _Change, *arguments: Any) -> Deviation:
    def spoil(message: AuthorizationResponse) -> AuthorizationResponse:
        return message._replace(parameters=change(message.parameters))

    return Deviation(f"authorization_response.{name}", arguments, "authorization_response", message=spoil)


def omits(parameter: str) -> Deviation:
    """Leave a parameter out."""
    return _deviation("omits", lambda pairs: tuple(p for p in pairs if p[0] != parameter), parameter)


def replaces(parameter: str, value: str) -> Deviation:
    """Give a parameter another value."""

    def change(pairs: Pairs) -> Pairs:
        return tuple((name, value if name == parameter else old) for name, old in pairs)

    return _deviation("replaces", change, parameter, value)


def adds(parameter: str, value: str) -> Deviation:
    """Add a parameter behind the others."""
    return _deviation("adds", lambda pairs: (*pairs, (parameter, value)), parameter, value)


def repeats(parameter: str, value: str, *, first: bool = False) -> Deviation:
    """Send a parameter twice, the second time (or the first) with another value."""

    def change(pairs: Pairs) -> Pairs:
        extra = (parameter, value)
        return (extra, *pairs) if first else (*pairs, extra)

    return _deviation("repeats", change, parameter, value, *(["first"] if first else []))


def errs(error: str, description: str = "") -> Deviation:
    """Answer with an error in the place of the code; `state` stays."""

    def change(pairs: Pairs) -> Pairs:
        told = (("error_description", description),) if description else ()
        return (("error", error), *told, *(p for p in pairs if p[0] == "state"))

    return _deviation("errs", change, error, *([description] if description else []))


def truncates(parameter: str, length: int) -> Deviation:
    """Cut a parameter's value to so many characters."""
    check_length(length, "authorization_response.truncates")

    def change(pairs: Pairs) -> Pairs:
        return tuple((name, value[:length] if name == parameter else value) for name, value in pairs)

    return _deviation("truncates", change, parameter, length)


def extends(parameter: str, suffix: str) -> Deviation:
    """Put something behind a parameter's value."""

    def change(pairs: Pairs) -> Pairs:
        return tuple((name, value + suffix if name == parameter else value) for name, value in pairs)

    return _deviation("extends", change, parameter, suffix)


def swaps_case(parameter: str) -> Deviation:
    """Turn the capitals of a parameter's value into small letters, and the reverse."""

    def change(pairs: Pairs) -> Pairs:
        return tuple((name, value.swapcase() if name == parameter else value) for name, value in pairs)

    return _deviation("swaps_case", change, parameter)


def adds_error(error: str, *, first: bool = False) -> Deviation:
    """Put an error beside a code that is good."""

    def spoil(message: AuthorizationResponse) -> AuthorizationResponse:
        if not first:
            return message._replace(parameters=(*message.parameters, ("error", error)))
        return message._replace(parameters=(("error", error), *message.parameters), sorted_by_name=False)

    arguments = (error, "first") if first else (error,)
    return Deviation("authorization_response.adds_error", arguments, "authorization_response", message=spoil)


def uses_fragment() -> Deviation:
    """Put the answer behind a hash, as an implicit grant would."""

    def spoil(message: AuthorizationResponse) -> AuthorizationResponse:
        return message._replace(response_mode="fragment")

    return Deviation("authorization_response.uses_fragment", (), "authorization_response", message=spoil)


def answers_with_status(status: int) -> Deviation:
    """Redirect with another status."""
    check_status(status, "authorization_response.answers_with_status")
    return Deviation(
        "authorization_response.answers_with_status",
        (status,),
        "authorization_response",
        encoded=lambda answer: Answer(status, answer.headers, answer.body),
    )


DEVIATIONS = (
    omits,
    replaces,
    adds,
    repeats,
    errs,
    truncates,
    extends,
    swaps_case,
    adds_error,
    uses_fragment,
    answers_with_status,
)
