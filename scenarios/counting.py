"""Which requests are counted where a client may send so many and no more."""

from collections import Counter
from collections.abc import Sequence

from mock_server.transcript import Exchange
from scenarios.checks.login import body
from scenarios.model.expectation import Counted


def most_repeated(exchanges: Sequence[Exchange], what: Counted) -> tuple[Exchange, ...]:
    """The requests that are counted: all of a kind, or those with the value that came most often."""
    if what in ("resource_request", "authorization_request"):
        return tuple(e for e in exchanges if e.endpoint == what.removesuffix("_request"))
    tokens = [e for e in exchanges if e.endpoint == "token"]
    if what == "refresh":
        return tuple(e for e in tokens if body(e).get("grant_type") == "refresh_token")
    values = Counter(value for e in tokens for value in [body(e).get(what)] if value)
    most = values.most_common(1)
    return tuple(e for e in tokens if most and body(e).get(what) == most[0][0])
