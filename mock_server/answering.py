"""From a right answer to the one that is sent: deviation, delivery, and the entry in the transcript."""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from mock_server.attribution import Attribution
from mock_server.delivery import Delivery, Redirect, TurnAway
from mock_server.deviations.deviation import Deviation, target_of
from mock_server.encoding import Message, encode, plain
from mock_server.flow import Flow
from mock_server.protocol.authorization_endpoint import Checked, Refused, named
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.messages import AuthorizationResponse, TokenResponse
from mock_server.protocol.vocabulary import Endpoint
from mock_server.transcript import Answer, AttributedBy, Exchange, ReceivedRequest, Transcript

# Logins that wait for a decision, and answers that wait for a second hop; the oldest is forgotten first.
_WAITING = 1000

Value = TypeVar("Value")


# `gc=False`, here and below: nothing in these leads back to them, and there are two for each request.
class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What to send, and how; `number` is the exchange's."""

    answer: Answer
    number: int
    flow: str
    delivery: Delivery | None = None


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """What is known of a request before it is decided."""

    number: int
    endpoint: Endpoint
    request: ReceivedRequest
    flow: Flow
    attributed_by: AttributedBy
    delivery: Delivery | None

    @property
    def takes_effect(self) -> bool:
        """False where the request is turned away before it changes anything."""
        return self.delivery is None or self.delivery.takes_effect


class Pending(NamedTuple):
    """An authorization request that waits for the resource owner."""

    flow: Flow
    attributed_by: AttributedBy
    checked: Checked
    # What the provider without the flow's leniencies made of it.
    strictly: Checked | Refused
    request: ReceivedRequest


class Answering:
    """Spoils answers by name, sends them elsewhere where a delivery says so, and records both versions."""

    def __init__(self, transcript: Transcript, attribution: Attribution, new_value: Callable[[], str]) -> None:
        self.listens_at("", "")
        self.cleartext_origin = ""
        self.second_hops: OrderedDict[str, tuple[Answer, str]] = OrderedDict()
        self._transcript = transcript
        self._attribution = attribution
        self._new_value = new_value

    def listens_at(self, issuer: str, second_origin: str) -> None:
        """Say where the server is reached, and where a second origin is."""
        self.issuer, self.second_origin = issuer, second_origin
        self._error_page = f"{issuer}/oauth2/fallbacks/error"

    def answer(
        self,
        arrival: Arrival,
        right: Message,
        *,
        error: OAuthError | None = None,
        strict: Message | None = None,
    ) -> Outcome:
        """Answer with a right message, or what the flow's deviation makes of it; `strict` is kept where it differs."""
        flow = arrival.flow
        if flow.lenient.issuer_in_response and isinstance(right, AuthorizationResponse):
            right = named(right, self.issuer, flow.lenient)
        deviation = None if flow.changes.deviation is None else flow.next_deviation(target_of(right))
        encoded = self._encoded(right, arrival)
        strict_answer = None if strict is None or strict == right else self._encoded(strict, arrival)
        if deviation is None:
            return self.send(arrival, encoded, error=error, strict=strict_answer)
        sent = self._spoiled(deviation, right, arrival)
        changes = (str(deviation),) if sent != encoded else ()
        return self.send(arrival, encoded, changes=changes, error=error, sent=sent, strict=strict_answer)

    def _spoiled(self, deviation: Deviation, right: Message, arrival: Arrival) -> Answer:
        spoiled = right if deviation.message is None else deviation.message(right)
        self._learn(arrival.flow, spoiled)
        sent = self._encoded(spoiled, arrival)
        return sent if deviation.encoded is None else deviation.encoded(sent)

    def _encoded(self, message: Message, arrival: Arrival) -> Answer:
        provider = arrival.flow.lenient
        answer = encode(message, provider, error_page=self._error_page, method=arrival.request.method)
        origins = provider.cors_origins
        shared = origins and arrival.endpoint in ("token", "revocation")
        return _with_cors(answer, arrival.request, origins) if shared else answer

    def _learn(self, flow: Flow, message: Message) -> None:
        """Note what a deviation has made up; whoever has made what is right has noted it."""
        if not flow.identifier:
            return
        if isinstance(message, TokenResponse):
            tokens = [v for k, v in message.members if k in ("access_token", "refresh_token") and isinstance(v, str)]
            self._attribution.learn(flow.identifier, tokens)
        elif isinstance(message, AuthorizationResponse):
            self._attribution.learn(flow.identifier, [v for k, v in message.parameters if k in ("code", "state")])

    def send(
        self,
        arrival: Arrival,
        right: Answer,
        *,
        changes: tuple[str, ...] = (),
        error: OAuthError | None = None,
        sent: Answer | None = None,
        strict: Answer | None = None,
    ) -> Outcome:
        """Send an encoded answer by the flow's delivery, and record it."""
        sent = right if sent is None else sent
        delivery = arrival.delivery
        if delivery is not None:
            changes = (*changes, str(delivery))
            sent = self._redirected(delivery, sent, arrival)
        exchange = Exchange(
            arrival.number,
            self._transcript.elapsed(),
            arrival.flow.identifier,
            arrival.attributed_by,
            arrival.endpoint,
            arrival.request,
            right,
            sent,
            changes,
            "" if error is None else error.code,
            "" if error is None else error.explanation,
            strict,
        )
        self._transcript.add(exchange)
        return Outcome(sent, arrival.number, arrival.flow.identifier, delivery)

    def collector(self, flow: str) -> str:
        """An address at the second origin, for whoever must not ask there; who does is recorded with the flow."""
        ticket = self._new_value()
        remember(self.second_hops, ticket, (plain(200, "Nobody should have asked for this.\n"), flow))
        self._attribution.learn(flow, (ticket,))
        return f"{self.second_origin}/elsewhere/{ticket}"

    def _redirected(self, delivery: Delivery, answer: Answer, arrival: Arrival) -> Answer:
        how = delivery.how
        if isinstance(how, TurnAway):
            headers = (("retry-after", how.retry_after),) if how.retry_after else ()
            return plain(how.status, "Too busy, come back later.\n", headers)
        if not isinstance(how, Redirect):
            return answer
        ticket = self._new_value()
        remember(self.second_hops, ticket, (answer, arrival.flow.identifier))
        self._attribution.learn(arrival.flow.identifier, (ticket,))
        host = _other_host(self.issuer)
        origins = {"other_port": self.second_origin, "other_host": host, "cleartext": self.cleartext_origin}
        location = f"{origins.get(how.to, self.issuer)}/elsewhere/{ticket}"
        if how.to == "itself":
            location = f"{self.issuer}{arrival.request.target}"
        return Answer(how.status, (("location", location), ("cache-control", "no-store")))


def _other_host(origin: str) -> str:
    """The same machine by another name; nothing better is known of a machine that is not this one."""
    for one, other in (("//127.0.0.1", "//localhost"), ("//[::1]", "//localhost"), ("//localhost", "//127.0.0.1")):
        if one in origin:
            return origin.replace(one, other, 1)
    return origin


def remember(waiting: OrderedDict[str, Value], key: str, value: Value) -> None:
    """Keep a value for a while; the oldest is forgotten first."""
    waiting[key] = value
    if len(waiting) > _WAITING:
        waiting.popitem(last=False)


def _with_cors(answer: Answer, request: ReceivedRequest, origins: tuple[str, ...]) -> Answer:
    origin = request.header("origin")
    if not origin or not ("*" in origins or origin in origins):
        return answer
    headers = (*answer.headers, ("access-control-allow-origin", origin), ("vary", "Origin"))
    return Answer(answer.status, headers, answer.body)
