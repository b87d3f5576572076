"""The authorization server with a life: it decides by the protocol, remembers, spoils by name and keeps the transcript.

No I/O happens here. Each request is decided, applied and recorded within the store's lock, so that what a code or a
refresh token buys, it buys once.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeVar

from mock_server import decoding
from mock_server.attribution import FLOW_HEADER, Attribution, resource_candidates, token_candidates
from mock_server.changes import NONE, Changes
from mock_server.delivery import Delivery, Redirect, TurnAway
from mock_server.deviations.deviation import Deviation, target_of
from mock_server.encoding import Message, encode, json_answer, plain
from mock_server.encoding import redirect as redirect_answer
from mock_server.flow import Flow
from mock_server.protocol import form
from mock_server.protocol.authorization_endpoint import Checked, Refused, check, complete, granted_response
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.grants.authorization_code import redeem
from mock_server.protocol.grants.refresh_token import refresh
from mock_server.protocol.messages import (
    AuthorizationResponse,
    TokenErrorResponse,
    TokenResponse,
)
from mock_server.protocol.metadata import metadata
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App, Credential, Grant
from mock_server.protocol.resource import User, bearer_token, me
from mock_server.protocol.resource_owner import Ask, Consent, ResourceOwner
from mock_server.protocol.revocation import revoke
from mock_server.protocol.token_endpoint import Situation, decide
from mock_server.protocol.vocabulary import Endpoint
from mock_server.store import Store
from mock_server.transcript import Answer, AttributedBy, Exchange, ReceivedRequest, Transcript

_HANDLERS = {"authorization_code": redeem, "refresh_token": refresh}
_PREFIXES = {
    "code": "code_prefix",
    "access_token": "access_token_prefix",
    "refresh_token": "refresh_token_prefix",
}
# Logins that wait for a decision, and answers that wait for a second hop; the oldest is forgotten first.
_WAITING = 1000

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to send, and how; `number` is the exchange's."""

    answer: Answer
    number: int
    flow: str
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """An authorization request that waits for the resource owner."""

    flow: Flow
    attributed_by: AttributedBy
    checked: Checked
    request: ReceivedRequest


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What is known of a request before it is decided."""

    number: int
    endpoint: Endpoint
    request: ReceivedRequest
    flow: Flow
    attributed_by: AttributedBy
    delivery: Delivery | None

    @property
    def takes_effect(self) -> bool:
        return self.delivery is None or self.delivery.takes_effect


class AuthorizationServer:
    """An authorization server that is right unless a flow's changes say otherwise.

    `clock` gives seconds since 1970, `new_value` an unguessable string; both come from the rim.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        clock: Callable[[], float],
        new_value: Callable[[], str],
        apps: tuple[App, ...] = (),
        resource_owner: ResourceOwner | None = None,
        issuer: str = "http://127.0.0.1:4444",
        user: User | None = None,
        journal: int = 10_000,
        grants: int = 20_000,
    ) -> None:
        self.resource_owner: ResourceOwner = resource_owner or Ask()
        self.issuer = issuer
        # Where a second origin listens; set by whoever opens the sockets.
        self.second_origin = issuer
        self.user = user or User()
        self.store = Store(apps, grants)
        self.transcript = Transcript(clock, journal)
        self.attribution = Attribution()
        self._clock = clock
        self._new_value = new_value
        self._capacity = grants
        self._numbers = count(1)
        self._flows: dict[str, Flow] = {}
        self._pending: OrderedDict[str, Pending] = OrderedDict()
        self._second_hops: OrderedDict[str, tuple[Answer, str]] = OrderedDict()
        self.provider = provider

    # What a user of the library does.

    @property
    def provider(self) -> Provider:
        """How the server behaves for every flow that begins from now on."""
        return self._provider

    @provider.setter
    def provider(self, provider: Provider) -> None:
        self._provider = provider
        self._stray = Flow("", provider)

    def open_flow(self, changes: Changes = NONE, identifier: str = "") -> Flow:
        """Begin a flow under changes; the user agent names it in the header `Oauthspec-Flow`."""
        with self.store.lock:
            identifier = identifier or next(name for n in self._numbers if (name := f"flow-{n}") not in self._flows)
            flow = Flow(identifier, self.provider, changes)
            if len(self._flows) >= self._capacity:
                self.close_flow(next(iter(self._flows)))
            self._flows[flow.identifier] = flow
            return flow

    def close_flow(self, identifier: str) -> None:
        """Forget a flow: what it knows no longer names it."""
        with self.store.lock:
            self._flows.pop(identifier, None)
            self.attribution.forget(identifier)

    def restore(self, dumped: bytes) -> None:
        """Take grants that another server left (`Store.dump`); `msgspec.DecodeError` says what is wrong with them."""
        with self.store.lock:
            for grant in self.store.load(dumped):
                flow = self._flows.get(grant.flow) or self.open_flow(identifier=grant.flow)
                tokens = (grant.access_token, *grant.refresh_tokens, grant.code)
                self.attribution.learn(flow.identifier, (token.value for token in tokens if token is not None))

    def advance(self, seconds: float, flow: str | None = None) -> None:
        """Let time pass for one flow, or for all; seconds."""
        self.store.advance(seconds, flow)

    def reset(self) -> None:
        """Forget grants, flows, waiting logins and the journal; the apps of the start stay."""
        with self.store.lock:
            self.store.reset()
            self._flows.clear()
            self._pending.clear()
            self._second_hops.clear()
            self.attribution = Attribution()
            self.transcript.clear()

    # The endpoints.

    def authorize(self, request: ReceivedRequest) -> Outcome:
        """The authorization endpoint (RFC 6749 3.1)."""
        with self.store.lock:
            named = self._flows.get(request.header(FLOW_HEADER))
            flow = named or self.open_flow()
            message = decoding.authorization_request(request)
            values = (message.parameters.get("state"), message.parameters.get("code_challenge"))
            self.attribution.learn(flow.identifier, values)
            arrival = self._arrival("authorization", request, flow, "header" if named else "new")
            checked = check(message, self.store.apps, flow.lenient)
            strict = check(message, self.store.apps, flow.strict) if flow.is_lenient else checked
            if isinstance(checked, Refused):
                return self._send(arrival, checked.response, error=checked.error)
            owner = flow.changes.resource_owner or self.resource_owner
            if isinstance(owner, Ask):
                return self._ask(arrival, checked)
            return self._complete(arrival, checked, owner, strict)

    def pending(self, ticket: str) -> Pending | None:
        """The authorization request that waits under a ticket."""
        return self._pending.get(ticket)

    def consent(self, ticket: str, decision: Consent, request: ReceivedRequest, changes: Changes = NONE) -> Outcome:
        """The resource owner's decision about a waiting request; `KeyError` where nothing waits under that ticket."""
        with self.store.lock:
            waiting = self._pending.pop(ticket)
            flow = waiting.flow
            if changes is not NONE:
                flow = self._flows[flow.identifier] = Flow(flow.identifier, self.provider, changes)
            arrival = self._arrival("authorization", request, flow, waiting.attributed_by)
            return self._complete(arrival, waiting.checked, decision, waiting.checked)

    def token(self, request: ReceivedRequest) -> Outcome:
        """The token endpoint (RFC 6749 3.2)."""
        with self.store.lock:
            message = decoding.token_request(request, self.provider)
            flow, attributed_by = self._attributed(token_candidates(message.form, request))
            arrival = self._arrival("token", request, flow, attributed_by)
            if flow.is_lenient:
                message = decoding.token_request(request, flow.lenient)
            decision = decide(message, self._situation(flow.lenient), _HANDLERS)
            strict = None
            if flow.is_lenient:
                strictly = decoding.token_request(request, flow.strict)
                strict = decide(strictly, self._situation(flow.strict), _HANDLERS).answer
            if decision.grant is not None and arrival.takes_effect:
                self.store.put(decision.grant)
            error = decision.answer.error if isinstance(decision.answer, TokenErrorResponse) else None
            return self._send(arrival, decision.answer, error=error, strict=strict)

    def revocation(self, request: ReceivedRequest) -> Outcome:
        """The revocation endpoint (RFC 7009)."""
        with self.store.lock:
            message = decoding.token_request(request, self.provider)
            flow, attributed_by = self._attributed(token_candidates(message.form, request))
            arrival = self._arrival("revocation", request, flow, attributed_by)
            decision = revoke(message, self._situation(flow.lenient))
            if decision.grant is not None and arrival.takes_effect:
                self.store.put(decision.grant)
            error = decision.answer.error if isinstance(decision.answer, TokenErrorResponse) else None
            return self._send(arrival, decision.answer, error=error)

    def resource(self, request: ReceivedRequest) -> Outcome:
        """`GET /v2/me` of the API."""
        with self.store.lock:
            flow, attributed_by = self._attributed(resource_candidates(request))
            arrival = self._arrival("resource", request, flow, attributed_by)
            token = bearer_token(request.header("authorization"))
            if not token and flow.lenient.accepts_token_in_query:
                token = form.parse(request.query).get("access_token")
            answer, _ = me(token, self.user, self._situation(flow.lenient))
            error = None if answer.status == 200 else OAuthError("invalid_token", detail=_why_refused(token))
            return self._send(arrival, answer, error=error)

    def metadata(self, request: ReceivedRequest) -> Outcome:
        """The metadata document (RFC 8414), or 404 where the provider has none."""
        with self.store.lock:
            arrival = self._arrival("metadata", request, self._stray, "stray")
            if not self.provider.metadata:
                return self._finish(arrival, plain(404, "404 page not found\n"), (), None)
            document = dict(metadata(self.issuer, self.provider))
            return self._finish(arrival, json_answer(200, document), (), None)

    def second_hop(self, ticket: str, request: ReceivedRequest) -> Outcome:
        """Whatever was redirected: the answer that would have been right, so that whoever follows it is tempted."""
        with self.store.lock:
            answer, identifier = self._second_hops.get(ticket, (plain(404, "404 page not found\n"), ""))
            flow = self._flows.get(identifier, self._stray)
            arrival = self._arrival("other", request, flow, "value" if identifier else "stray")
            return self._finish(arrival, answer, (), None)

    def undelivered(self, outcome: Outcome, reason: str) -> None:
        """Note that an answer did not reach the client."""
        self.transcript.record(outcome.flow, "undelivered", exchange=outcome.number, reason=reason)

    # From here on: how an answer comes about.

    def _attributed(self, candidates: Iterator[str]) -> tuple[Flow, AttributedBy]:
        identifier, attributed_by = self.attribution.attribute(candidates)
        flow = self._flows.get(identifier)
        return (flow, attributed_by) if flow is not None else (self._stray, "stray")

    def _arrival(
        self, endpoint: Endpoint, request: ReceivedRequest, flow: Flow, attributed_by: AttributedBy
    ) -> _Arrival:
        number = self.transcript.next_number()
        return _Arrival(number, endpoint, request, flow, attributed_by, flow.next_delivery(endpoint))

    def _situation(self, provider: Provider) -> Situation:
        return Situation(self.store.apps, self.store, provider, self._clock(), partial(self._mint, provider))

    def _mint(self, provider: Provider, kind: str) -> str:
        return f"{getattr(provider, _PREFIXES[kind])}{self._new_value()}"

    def _ask(self, arrival: _Arrival, checked: Checked) -> Outcome:
        ticket = self._new_value()
        waiting = Pending(arrival.flow, arrival.attributed_by, checked, arrival.request)
        _remember(self._pending, ticket, waiting)
        answer = redirect_answer(f"{self.issuer}/login?ticket={ticket}", 302, arrival.request.method)
        return self._finish(arrival, answer, (), None)

    def _complete(
        self, arrival: _Arrival, checked: Checked, consent: Consent, strictly: Checked | Refused
    ) -> Outcome:
        flow = arrival.flow
        result = complete(checked, consent, flow.lenient)
        if isinstance(result, Refused):
            return self._send(arrival, result.response, error=result.error)
        provider = flow.lenient
        code = Credential(self._mint(provider, "code"), self._clock() + provider.code_lifetime)
        if arrival.takes_effect:
            self.store.put(self._grant(flow, checked, result.scopes, code))
        response = granted_response(checked, code.value, result.scopes, self.issuer, provider)
        if flow.is_lenient and not isinstance(strictly, Refused):
            late = complete(strictly, consent, flow.strict)
            strictly = late if isinstance(late, Refused) else strictly
        strict = strictly.response if isinstance(strictly, Refused) else None
        return self._send(arrival, response, strict=strict)

    def _grant(self, flow: Flow, checked: Checked, scopes: tuple[str, ...], code: Credential) -> Grant:
        return Grant(
            identifier=self.store.new_identifier(),
            flow=flow.identifier,
            client_id=checked.app.client_id,
            redirect_uri=checked.sent_redirect_uri,
            scopes=scopes,
            code=code,
            code_challenge=checked.code_challenge if flow.lenient.pkce_supported else "",
            code_challenge_method=checked.code_challenge_method,
        )

    def _send(
        self,
        arrival: _Arrival,
        right: Message,
        *,
        error: OAuthError | None = None,
        strict: Message | None = None,
    ) -> Outcome:
        flow = arrival.flow
        deviation = flow.next_deviation(target_of(right))
        self._learn(flow, right)
        encoded = self._encoded(right, arrival)
        strict_answer = None
        if strict is not None and type(strict) is not type(right):
            strict_answer = self._encoded(strict, arrival)
        if deviation is None:
            return self._finish(arrival, encoded, (), error, strict=strict_answer)
        sent = self._spoiled(deviation, right, arrival)
        changes = (str(deviation),) if sent != encoded else ()
        return self._finish(arrival, encoded, changes, error, sent=sent, strict=strict_answer)

    def _spoiled(self, deviation: Deviation, right: Message, arrival: _Arrival) -> Answer:
        spoiled = right if deviation.message is None else deviation.message(right)
        self._learn(arrival.flow, spoiled)
        sent = self._encoded(spoiled, arrival)
        return sent if deviation.encoded is None else deviation.encoded(sent)

    def _encoded(self, message: Message, arrival: _Arrival) -> Answer:
        page = f"{self.issuer}/oauth2/fallbacks/error"
        answer = encode(message, arrival.flow.lenient, error_page=page, method=arrival.request.method)
        origins = arrival.flow.lenient.cors_origins
        shared = origins and arrival.endpoint in ("token", "revocation")
        return _with_cors(answer, arrival.request, origins) if shared else answer

    def _learn(self, flow: Flow, message: Message) -> None:
        if flow is self._stray:
            return
        if isinstance(message, TokenResponse):
            named = (value for name, value in message.members if name in ("access_token", "refresh_token"))
            self.attribution.learn(flow.identifier, (value for value in named if isinstance(value, str)))
        elif isinstance(message, AuthorizationResponse):
            self.attribution.learn(flow.identifier, (v for k, v in message.parameters if k in ("code", "state")))

    def _finish(
        self,
        arrival: _Arrival,
        right: Answer,
        changes: tuple[str, ...],
        error: OAuthError | None,
        *,
        sent: Answer | None = None,
        strict: Answer | None = None,
    ) -> Outcome:
        sent = right if sent is None else sent
        delivery = arrival.delivery
        if delivery is not None:
            changes = (*changes, str(delivery))
            sent = self._redirected(delivery, sent, arrival)
        exchange = Exchange(
            number=arrival.number,
            at=self.transcript.elapsed(),
            flow=arrival.flow.identifier,
            attributed_by=arrival.attributed_by,
            endpoint=arrival.endpoint,
            request=arrival.request,
            right=right,
            sent=sent,
            changes=changes,
            error="" if error is None else error.code,
            explanation="" if error is None else error.explanation,
            strict=strict,
        )
        self.transcript.add(exchange)
        return Outcome(sent, arrival.number, arrival.flow.identifier, delivery)

    def _redirected(self, delivery: Delivery, answer: Answer, arrival: _Arrival) -> Answer:
        how = delivery.how
        if isinstance(how, TurnAway):
            headers = (("retry-after", how.retry_after),) if how.retry_after else ()
            return plain(how.status, "Too busy, come back later.\n", headers)
        if not isinstance(how, Redirect):
            return answer
        ticket = self._new_value()
        _remember(self._second_hops, ticket, (answer, arrival.flow.identifier))
        self.attribution.learn(arrival.flow.identifier, (ticket,))
        host = self.issuer.replace("127.0.0.1", "localhost")
        origins = {"same_origin": self.issuer, "other_port": self.second_origin, "other_host": host}
        location = f"{origins.get(how.to, self.issuer)}/elsewhere/{ticket}"
        if how.to == "itself":
            location = f"{self.issuer}{arrival.request.target}"
        return Answer(how.status, (("location", location), ("cache-control", "no-store")))


def _remember(waiting: OrderedDict[str, Value], key: str, value: Value) -> None:
    waiting[key] = value
    if len(waiting) > _WAITING:
        waiting.popitem(last=False)


def _with_cors(answer: Answer, request: ReceivedRequest, origins: tuple[str, ...]) -> Answer:
    origin = request.header("origin")
    if not origin or not ("*" in origins or origin in origins):
        return answer
    headers = (*answer.headers, ("access-control-allow-origin", origin), ("vary", "Origin"))
    return Answer(answer.status, headers, answer.body)


def _why_refused(token: str) -> str:
    if not token:
        return "The request has no Authorization header with a Bearer token."
    return "The access token is unknown, expired, replaced by a refresh, or revoked."
