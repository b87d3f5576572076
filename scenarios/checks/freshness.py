"""Values that are made anew for each login: RFC 6749 10.10 and 10.12, RFC 7636 4.1, RFC 9700 2.1."""

from collections.abc import Iterator, Sequence

from scenarios.checks.login import Login, query
from scenarios.model.verdict import Finding

# A value of fewer characters cannot hold the 128 bits of RFC 6749 10.10, even if each has 6 bits.
_SHORTEST = 22


def state_is_sent(logins: Sequence[Login]) -> Iterator[Finding]:
    """The authorization request has a state (RFC 6749 4.1.1)."""
    for login in logins:
        first = login.authorization_request
        if first is not None and not query(first).get("state"):
            yield Finding("a state", "none, or an empty one", first.number)


def state_never_repeats(logins: Sequence[Login]) -> Iterator[Finding]:
    """Each login has a state of its own (RFC 9700 2.1)."""
    yield from _repeats(logins, "state")


def challenge_never_repeats(logins: Sequence[Login]) -> Iterator[Finding]:
    """Each login has a code_challenge of its own, so a verifier of its own (RFC 7636 4.1)."""
    yield from _repeats(logins, "code_challenge")


def _repeats(logins: Sequence[Login], name: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for login in logins:
        for exchange in login.requests("authorization"):
            value = query(exchange).get(name)
            if value and value in seen:
                yield Finding(f"a {name} of its own", f"the {name} of exchange {seen[value]}", exchange.number)
            elif value:
                seen[value] = exchange.number


def state_is_long_enough(logins: Sequence[Login]) -> Iterator[Finding]:
    """A state is long enough to hold 128 bits (RFC 6749 10.10)."""
    for login in logins:
        first = login.authorization_request
        state = query(first).get("state") if first is not None else ""
        if first is not None and state and len(state) < _SHORTEST:
            expected = f"a state of at least {_SHORTEST} characters"
            yield Finding(expected, f"{len(state)} characters", first.number)
