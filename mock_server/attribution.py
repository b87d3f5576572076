"""Which flow an exchange belongs to, by what it carries.

In this order: the header that the harness's user agent puts on its authorization request; a value that one flow alone
knows (code, token, verifier through its challenge, state), as sent, decoded once or twice, and as one of several; the
only flow with an open step, unless the request names an app that is not the flow's. What is left is a stray.

A code of one character, or one that reads `null`, may come from anybody: such a value names its flow only where it
stands as a parameter, and among flows with open steps only one of these.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.protocol.pkce import s256
from mock_server.protocol.resource import bearer_token
from mock_server.transcript import AttributedBy, ReceivedRequest

# The harness's user agent names the flow here, on its authorization request alone: a client never sees it.
FLOW_HEADER = "oauthspec-flow"

_PARAMETERS = ("code", "refresh_token", "token", "access_token", "state", "code_verifier")
# Known to more than one flow, so it names none.
_SHARED = ""
# A flow that is refreshed for ever keeps the newest of its values in mind.
_REMEMBERED = 256
# What stands by itself in a body of any kind: a code, a token, a verifier.
_PIECE = re.compile(r"[A-Za-z0-9._~%-]+")
_PIECES = 200
# Characters of a value that nobody has by chance.
_UNGUESSABLE = 16


class Attribution:
    """The values that each flow knows, and the steps that are open."""

    def __init__(self) -> None:
        self._flow_of: dict[str, str] = {}
        self._values_of: dict[str, list[str]] = {}
        # How many flows know a value, where more than one does.
        self._shared: dict[str, int] = {}
        self._open_steps: dict[str, str] = {}

    def learn(self, flow: str, values: Iterable[str]) -> None:
        """Note values that belong to a flow; a value of two flows no longer names either."""
        known = self._values_of.get(flow)
        if known is None:
            known = self._values_of[flow] = []
        flow_of = self._flow_of
        for value in values:
            owner = flow_of.get(value)
            if owner is None and value:
                flow_of[value] = flow
            elif not value or owner == flow or (owner == _SHARED and value in known):
                continue
            else:
                self._shared[value] = self._shared.get(value, 1) + 1
                flow_of[value] = _SHARED
            known.append(value)
        while len(known) > _REMEMBERED:
            self._unlearn(known.pop(0))

    def _unlearn(self, value: str) -> None:
        others = self._shared.pop(value, 1) - 1
        if others:
            self._shared[value] = others
        else:
            del self._flow_of[value]

    def forget(self, flow: str) -> None:
        """Forget a flow and what it knows."""
        self._open_steps.pop(flow, None)
        for value in self._values_of.pop(flow, ()):
            if value in self._shared:
                self._unlearn(value)
            else:
                del self._flow_of[value]

    def clear(self) -> None:
        """Forget everything."""
        for known in (self._flow_of, self._values_of, self._shared, self._open_steps):
            known.clear()

    def open_step(self, flow: str, client_id: str = "") -> None:
        """Note that a flow, of that app where it is known, has begun a step and waits for its end."""
        self._open_steps[flow] = client_id

    def settle(self, flow: str) -> None:
        """Note that the open step of a flow has ended."""
        self._open_steps.pop(flow, None)

    def app_of(self, flow: str) -> str:
        """The client_id with which the open step of a flow was noted, or nothing."""
        return self._open_steps.get(flow, "")

    @property
    def open_flows(self) -> tuple[str, ...]:
        """The flows with an open step."""
        return tuple(self._open_steps)

    def attribute(self, candidates: Iterable[str]) -> tuple[str, AttributedBy]:
        """The flow of a request that carries these values; nothing for a stray."""
        # Copied, for steps are opened and settled on other threads.
        open_flows = self.open_flows
        for candidate in candidates:
            flow = self._flow_of.get(candidate)
            if flow and (len(candidate) >= _UNGUESSABLE or not open_flows or flow in open_flows):
                return flow, "value"
        if len(open_flows) == 1:
            return open_flows[0], "open_step"
        return "", "stray"


def token_candidates(parameters: form.Parameters, request: ReceivedRequest) -> Iterator[str]:
    """The values of a token or revocation request that may name a flow, the likeliest first."""
    # As it comes from nearly every client; then everything, in order.
    yield parameters.get("code")
    yield from _of_parameters(parameters)
    if request.query:
        yield from _of_parameters(form.parse(request.query))
    yield from resource_candidates(request)
    # A body of another kind (JSON, or no label at all), or a value inside another (a list's printed form).
    yield from _pieces(request.body.decode("utf-8", "surrogateescape"))
    for value in dict(parameters.pairs).values():
        yield from _pieces(value)


def client_ids(parameters: form.Parameters, request: ReceivedRequest) -> Iterator[str]:
    """What a token or revocation request calls its client, in whichever place."""
    yield from parameters.all("client_id")
    for authorization in request.all_headers("authorization"):
        yield from _spellings((basic_credentials(authorization) or ("",))[0])


def resource_candidates(request: ReceivedRequest) -> Iterator[str]:
    """The values of an API request that may name a flow."""
    for authorization in request.all_headers("authorization"):
        yield bearer_token(authorization)
        yield from _pieces(authorization)
    if request.query:
        yield from _of_parameters(form.parse(request.query))
        yield from _pieces(request.query)


def _of_parameters(parameters: form.Parameters) -> Iterator[str]:
    for name in _PARAMETERS:
        for value in parameters.all(name):
            yield from _spellings(value)
            if name == "code_verifier":
                yield from map(s256, _spellings(value))


def _pieces(text: str) -> Iterator[str]:
    for piece in islice(_PIECE.finditer(text), _PIECES):
        if len(piece[0]) >= _UNGUESSABLE:
            yield from _spellings(piece[0])


def _spellings(value: str) -> Iterator[str]:
    yield value
    once = form.unquote(value)
    if once is not None and once != value:
        yield once
        twice = form.unquote(once)
        if twice is not None and twice != once:
            yield twice
