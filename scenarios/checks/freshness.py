"""Values that are made anew for each login: RFC 6749 10.8, 10.10, 10.12 and A.5, RFC 7636 4.1, RFC 9700 2.1."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from mock_server.protocol import form
from scenarios.checks.login import Login, query, secrets, stands_in
from scenarios.model.verdict import Finding

# A value of fewer characters cannot hold the 128 bits of RFC 6749 10.10, even if each has 6 bits.
_SHORTEST = 22

# What is packed into a state is base64url, in one piece or in several as in a JWT.
_PIECE = re.compile(r"[A-Za-z0-9_+/-]{16,}")


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


def state_is_printable(logins: Sequence[Login]) -> Iterator[Finding]:
    """A state is made of printable ASCII (RFC 6749 A.5)."""
    for login in logins:
        for exchange in login.requests("authorization"):
            odd = [character for character in query(exchange).get("state") if not " " <= character <= "~"]
            if odd:
                expected = "a state of printable ASCII"
                yield Finding(expected, f"{', '.join(map(repr, dict.fromkeys(odd)))} in it", exchange.number)


def state_and_scope_hold_no_secret(logins: Sequence[Login]) -> Iterator[Finding]:
    """No secret is packed into state or scope, as it is or in base64 (RFC 6749 10.8)."""
    for login in logins:
        kept = secrets(login)
        for exchange in login.requests("authorization"):
            for name in ("state", "scope"):
                told = _unpacked(query(exchange).get(name))
                for value, what in kept.items():
                    if stands_in(value, *told):
                        yield Finding(f"a {name} that tells nothing", f"the {what} inside", exchange.number)


def _unpacked(value: str) -> list[str]:
    """A value as it is, decoded once more, and what its pieces hold if they are base64."""
    texts = [value, form.unquote(value) or value]
    for piece in _PIECE.findall(texts[-1]):
        encoded = piece.translate(str.maketrans("-_", "+/"))
        try:
            texts.append(base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("latin-1"))
        except binascii.Error:
            continue
    return texts
