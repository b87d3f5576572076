"""Which flow an exchange belongs to, by what it carries.

In this order: the header that the harness's user agent puts on its authorization request; a value that one flow alone
knows (code, token, verifier through its challenge, state), as sent, decoded once or twice, and as one of several; the
only flow with an open step. What is left is a stray.
"""

from collections.abc import Iterable, Iterator

from mock_server.protocol import form
from mock_server.protocol.pkce import s256
from mock_server.protocol.resource import bearer_token
from mock_server.transcript import AttributedBy, ReceivedRequest

# The harness's user agent names the flow here, on its authorization request alone: a client never sees it.
FLOW_HEADER = "oauthspec-flow"

_PARAMETERS = ("code", "refresh_token", "token", "access_token", "state", "code_verifier")
# Known to more than one flow, so it names none.
_SHARED = ""


class Attribution:
    """The values that each flow knows, and the steps that are open."""

    def __init__(self) -> None:
        self._flow_of: dict[str, str] = {}
        self._values_of: dict[str, list[str]] = {}
        self._open_steps: dict[str, str] = {}

    def learn(self, flow: str, values: Iterable[str]) -> None:
        """Note values that belong to a flow; a value of two flows no longer names either."""
        known = self._values_of.setdefault(flow, [])
        for value in values:
            owner = self._flow_of.get(value)
            if value and owner is None:
                self._flow_of[value] = flow
                known.append(value)
            elif value and owner != flow:
                self._flow_of[value] = _SHARED

    def forget(self, flow: str) -> None:
        """Forget a flow and what it knows."""
        self._open_steps.pop(flow, None)
        for value in self._values_of.pop(flow, ()):
            self._flow_of.pop(value, None)

    def clear(self) -> None:
        """Forget everything."""
        for known in (self._flow_of, self._values_of, self._open_steps):
            known.clear()

    def open_step(self, flow: str, step: str) -> None:
        """Note that a flow has begun a step (`land`, `refresh`, `call_api`) and waits for its end."""
        self._open_steps[flow] = step

    def settle(self, flow: str) -> None:
        """Note that the open step of a flow has ended."""
        self._open_steps.pop(flow, None)

    @property
    def open_flows(self) -> tuple[str, ...]:
        """The flows with an open step."""
        return tuple(self._open_steps)

    def attribute(self, candidates: Iterable[str]) -> tuple[str, AttributedBy]:
        """The flow of a request that carries these values; nothing for a stray."""
        for candidate in candidates:
            flow = self._flow_of.get(candidate)
            if flow:
                return flow, "value"
        if len(self._open_steps) == 1:
            return next(iter(self._open_steps)), "open_step"
        return "", "stray"


def token_candidates(parameters: form.Parameters, request: ReceivedRequest) -> Iterator[str]:
    """The values of a token or revocation request that may name a flow, the likeliest first."""
    yield from _of_parameters(parameters)
    if request.query:
        yield from _of_parameters(form.parse(request.query))
    yield from resource_candidates(request)
    # A body of another kind (JSON, a list's printed form) still holds the value between quotes.
    if request.body and not parameters.get("code") and not parameters.get("refresh_token"):
        text = request.body.decode("utf-8", "surrogateescape")
        yield from text.replace("'", '"').split('"')[:200]


def resource_candidates(request: ReceivedRequest) -> Iterator[str]:
    """The values of an API request that may name a flow."""
    for authorization in request.all_headers("authorization"):
        yield bearer_token(authorization)
    if request.query:
        yield from _of_parameters(form.parse(request.query))


def _of_parameters(parameters: form.Parameters) -> Iterator[str]:
    for name in _PARAMETERS:
        for value in parameters.all(name):
            yield from _spellings(s256(value) if name == "code_verifier" else value)


def _spellings(value: str) -> Iterator[str]:
    yield value
    once = form.unquote(value)
    if once is not None and once != value:
        yield once
        twice = form.unquote(once)
        if twice is not None and twice != once:
            yield twice
