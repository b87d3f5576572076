"""The authorization server with a life: it decides by the protocol, remembers, spoils by name and keeps the transcript.

No I/O happens here. Each request is decided, applied and recorded within the store's lock, so that what a code or a
refresh token buys, it buys once.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count

from mock_server import decoding
from mock_server.answering import Answering, Arrival, Outcome, Pending, remember
from mock_server.attribution import (
    FLOW_HEADER,
    Attribution,
    client_ids,
    resource_candidates,
    token_candidates,
)
from mock_server.changes import NONE, Changes
from mock_server.encoding import plain
from mock_server.encoding import redirect as redirect_answer
from mock_server.findings import Findings
from mock_server.flow import Flow
from mock_server.protocol import form
from mock_server.protocol import metadata as documents
from mock_server.protocol.authorization_endpoint import Checked, Refused, check, complete, granted_response
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.grants.authorization_code import redeem
from mock_server.protocol.grants.refresh_token import refresh
from mock_server.protocol.messages import MetadataResponse, TokenErrorResponse
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App, Credential, Grant
from mock_server.protocol.resource import User, bearer_token, me
from mock_server.protocol.resource_owner import Ask, Consent, ResourceOwner
from mock_server.protocol.revocation import revoke
from mock_server.protocol.token_endpoint import Situation, decide
from mock_server.protocol.vocabulary import Certificate, Endpoint
from mock_server.store import Store
from mock_server.transcript import Answer, AttributedBy, ReceivedRequest, Transcript

_HANDLERS = {"authorization_code": redeem, "refresh_token": refresh}
_PREFIXES = {
    "access_token": "access_token_prefix",
    "refresh_token": "refresh_token_prefix",
}
_MISDIRECTED = 32
_NO_SUCH_PAGE = plain(404, "404 page not found\n")


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
        self.user = user or User()
        self.store = Store(apps, grants)
        self.transcript = Transcript(clock, journal)
        self.findings = Findings(journal)
        self.attribution = Attribution()
        self._answering = Answering(self.transcript, self.attribution, new_value)
        self._clock = clock
        self._new_value = new_value
        self._capacity = grants
        self._numbers = count(1)
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._awaited: deque[Flow] = deque(maxlen=grants)
        self._pending: OrderedDict[str, Pending] = OrderedDict()
        # Method and path of what came where nothing is: no evidence, but a client may be wired up so.
        self.misdirected: deque[tuple[str, str]] = deque(maxlen=_MISDIRECTED)
        self.provider = provider
        self.listens_at(issuer, issuer)

    def listens_at(self, issuer: str, second_origin: str, cleartext_origin: str = "") -> None:
        """Say where the server is reached, where a second origin is, and where one that speaks http.

        Told by whoever opens the sockets.
        """
        self.issuer = issuer
        self._answering.listens_at(issuer, second_origin)
        self._answering.cleartext_origin = cleartext_origin or second_origin

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
            identifier = identifier or self._new_identifier()
            flow = Flow(identifier, self._provider, changes)
            if len(self._flows) >= self._capacity and identifier not in self._flows:
                self.close_flow(next(iter(self._flows)))
            self._flows[identifier] = flow
            return flow

    def _new_identifier(self) -> str:
        # Somebody may have named a flow as the next would be.
        while (identifier := f"flow-{next(self._numbers)}") in self._flows:
            pass
        return identifier

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The flows that are open, by identifier."""
        return self._flows

    def await_flow(self, flow: Flow) -> None:
        """Let the next login that names no flow be this one: for apps in a browser, which sends no header of ours."""
        self._awaited.append(flow)

    def change_flow(self, identifier: str, changes: Changes) -> Flow:
        """Put a flow under other changes, counted from now; `KeyError` where there is no such flow."""
        with self.store.lock:
            flow = Flow(identifier, self.provider, changes)
            flow.email = self._flows[identifier].email
            self._awaited = deque((flow if f.identifier == identifier else f for f in self._awaited), self._capacity)
            self._flows[identifier] = flow
            return flow

    def collector(self, flow: str) -> str:
        """An address at the second origin; who asks there is recorded with the flow."""
        with self.store.lock:
            return self._answering.collector(flow)

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
            self._awaited.clear()
            self._pending.clear()
            self._answering.second_hops.clear()
            self.attribution.clear()
            self.transcript.clear()
            self.findings.clear()

    # The endpoints.

    def authorize(self, request: ReceivedRequest) -> Outcome:
        """The authorization endpoint (RFC 6749 3.1)."""
        with self.store.lock:
            named = self._flows.get(request.header(FLOW_HEADER))
            flow = named or (self._awaited_flow() if self._awaited else None) or self.open_flow()
            message = decoding.authorization_request(request)
            values = (message.parameters.get("state"), message.parameters.get("code_challenge"))
            self.attribution.learn(flow.identifier, values)
            arrival = self._arrival("authorization", request, flow, "header" if named else "new")
            checked = check(message, self.store.apps, flow.lenient)
            strict = check(message, self.store.apps, flow.strict) if flow.is_lenient else checked
            if isinstance(checked, Refused):
                spared = strict.response if isinstance(strict, Refused) else None
                return self._answering.answer(arrival, checked.response, error=checked.error, strict=spared)
            owner = flow.changes.resource_owner or self.resource_owner
            if isinstance(owner, Ask):
                return self._ask(arrival, checked, strict)
            return self._complete(arrival, checked, owner, strict)

    def pending(self, ticket: str) -> Pending | None:
        """The authorization request that waits under a ticket."""
        return self._pending.get(ticket)

    def consent(
        self, ticket: str, decision: Consent, request: ReceivedRequest, changes: Changes = NONE, email: str = ""
    ) -> Outcome:
        """The decision of the resource owner of that e-mail; `KeyError` where nothing waits under that ticket."""
        with self.store.lock:
            waiting = self._pending.pop(ticket)
            identifier = waiting.flow.identifier
            flow = self._flows.get(identifier)
            if flow is None or changes is not NONE:
                # Also where it was forgotten meanwhile: only a flow that is open may learn values.
                flow = self.open_flow(waiting.flow.changes if changes is NONE else changes, identifier)
            flow.email = email
            self.attribution.learn(identifier, (waiting.checked.state, waiting.checked.code_challenge))
            arrival = self._arrival("authorization", request, flow, waiting.attributed_by)
            return self._complete(arrival, waiting.checked, decision, waiting.strictly)

    def token(self, request: ReceivedRequest) -> Outcome:
        """The token endpoint (RFC 6749 3.2)."""
        with self.store.lock:
            message = decoding.token_request(request, self.provider)
            flow, attributed_by = self._attributed_to_its_app(message.form, request)
            arrival = self._arrival("token", request, flow, attributed_by)
            if flow.is_lenient:
                message = decoding.token_request(request, flow.lenient)
            decision = decide(message, self._situation(flow.lenient), _HANDLERS)
            strict = self._strictly(request, flow) if flow.is_lenient else None
            error = decision.answer.error if isinstance(decision.answer, TokenErrorResponse) else None
            if decision.grant is not None:
                if error is None and flow.identifier:
                    self.attribution.learn(flow.identifier, decision.grant.latest_tokens)
                if arrival.takes_effect:
                    self.store.put(decision.grant)
            return self._answering.answer(arrival, decision.answer, error=error, strict=strict)

    def revocation(self, request: ReceivedRequest) -> Outcome:
        """The revocation endpoint (RFC 7009)."""
        with self.store.lock:
            message = decoding.token_request(request, self.provider)
            flow, attributed_by = self._attributed_to_its_app(message.form, request)
            arrival = self._arrival("revocation", request, flow, attributed_by)
            decision = revoke(message, self._situation(flow.lenient))
            strict = revoke(message, self._situation(flow.strict)).answer if flow.is_lenient else None
            if decision.grant is not None and arrival.takes_effect:
                self.store.put(decision.grant)
            error = decision.answer.error if isinstance(decision.answer, TokenErrorResponse) else None
            return self._answering.answer(arrival, decision.answer, error=error, strict=strict)

    def resource(self, request: ReceivedRequest) -> Outcome:
        """`GET /v2/me` of the API."""
        with self.store.lock:
            flow, attributed_by = self._attributed(resource_candidates(request))
            arrival = self._arrival("resource", request, flow, attributed_by)
            in_header = token = bearer_token(request.header("authorization"))
            if not token and flow.lenient.accepts_token_in_query:
                token = form.parse(request.query).get("access_token")
            answer, _ = me(token, self.user, self._situation(flow.lenient))
            error = None if answer.status == 200 else OAuthError("invalid_token", detail=_why_refused(token))
            strict = me(in_header, self.user, self._situation(flow.strict))[0] if flow.is_lenient else None
            return self._answering.answer(arrival, answer, error=error, strict=strict)

    def metadata(self, request: ReceivedRequest) -> Outcome:
        """The metadata document (RFC 8414), or 404 where the provider has none; a flow may be an issuer of its own."""
        with self.store.lock:
            named = self._flows.get(request.path.removeprefix(documents.PATH).removeprefix("/"))
            flow, attributed_by = self._attributed(iter(()))
            flow, attributed_by = (flow, attributed_by) if named is None else (named, "value")
            arrival = self._arrival("metadata", request, flow, attributed_by)
            if not flow.lenient.metadata:
                return self._answering.send(arrival, _NO_SUCH_PAGE)
            document = documents.metadata(flow.lenient, self.issuer, named.identifier if named else "")
            return self._answering.answer(arrival, MetadataResponse(document))

    def second_hop(self, ticket: str, request: ReceivedRequest) -> Outcome:
        """Whatever was redirected: the answer that would have been right, so that whoever follows it is tempted."""
        with self.store.lock:
            answer, identifier = self._answering.second_hops.get(ticket, (_NO_SUCH_PAGE, ""))
            flow = self._flows.get(identifier, self._stray)
            arrival = self._arrival("other", request, flow, "stray" if flow is self._stray else "value")
            return self._answering.send(arrival, answer)

    def turned_away(self, request: ReceivedRequest, endpoint: Endpoint, answer: Answer) -> Outcome:
        """A request that the router answers, not the endpoint: another method, or a path written otherwise."""
        with self.store.lock:
            message = decoding.token_request(request, self.provider)
            flow, attributed_by = self._attributed_to_its_app(message.form, request)
            arrival = self._arrival(endpoint, request, flow, attributed_by)
            detail = f"{request.method} {request.path} is not what this endpoint is routed for."
            return self._answering.send(arrival, answer, error=OAuthError("invalid_request", detail=detail))

    def undelivered(self, outcome: Outcome, reason: str) -> None:
        """Note that an answer did not reach the client."""
        self.transcript.record(outcome.flow, "undelivered", exchange=outcome.number, reason=reason)

    def handshake(self, certificate: Certificate, how: str, said: str) -> None:
        """Note what became of a handshake, where that says something of the client (`tls`)."""
        with self.store.lock:
            flow, _ = self._attributed(iter(()))
            self.transcript.record(flow.identifier, "handshake", certificate=certificate, how=how, said=said)

    # From here on: how an answer comes about.

    def _awaited_flow(self) -> Flow | None:
        while self._awaited:
            flow = self._awaited.popleft()
            if flow.identifier in self._flows:
                return flow
        return None

    def _attributed_to_its_app(
        self, parameters: form.Parameters, request: ReceivedRequest
    ) -> tuple[Flow, AttributedBy]:
        flow, attributed_by = self._attributed(token_candidates(parameters, request))
        if attributed_by == "open_step":
            # A step of one app is open while another, whose step is not, sends something that names no flow.
            app = self.attribution.app_of(flow.identifier)
            named = {each for each in client_ids(parameters, request) if each in self.store.apps}
            if app and named - {app}:
                return self._stray, "stray"
        return flow, attributed_by

    def _attributed(self, candidates: Iterator[str]) -> tuple[Flow, AttributedBy]:
        identifier, attributed_by = self.attribution.attribute(candidates)
        flow = self._flows.get(identifier)
        return (flow, attributed_by) if flow is not None else (self._stray, "stray")

    def _arrival(
        self, endpoint: Endpoint, request: ReceivedRequest, flow: Flow, attributed_by: AttributedBy
    ) -> Arrival:
        number = self.transcript.next_number()
        delivery = None if flow.changes.delivery is None else flow.next_delivery(endpoint)
        return Arrival(number, endpoint, request, flow, attributed_by, delivery)

    def _situation(self, provider: Provider) -> Situation:
        return Situation(self.store.apps, self.store, provider, self._clock(), partial(self._mint, provider))

    def _mint(self, provider: Provider, kind: str) -> str:
        prefix: str = getattr(provider, _PREFIXES[kind])
        return prefix + self._new_value()

    def _new_code(self, provider: Provider) -> str:
        value = provider.code_prefix + self._new_value()
        return (value[: provider.code_length] if provider.code_length else value) + provider.code_suffix

    def _strictly(self, request: ReceivedRequest, flow: Flow) -> TokenErrorResponse | None:
        """The refusal that a lenient flow was spared."""
        message = decoding.token_request(request, flow.strict)
        answer = decide(message, self._situation(flow.strict), _HANDLERS).answer
        return answer if isinstance(answer, TokenErrorResponse) else None

    def _ask(self, arrival: Arrival, checked: Checked, strictly: Checked | Refused) -> Outcome:
        ticket = self._new_value()
        waiting = Pending(arrival.flow, arrival.attributed_by, checked, strictly, arrival.request)
        remember(self._pending, ticket, waiting)
        answer = redirect_answer(f"{self.issuer}/login?ticket={ticket}", 302, arrival.request.method)
        return self._answering.send(arrival, answer)

    def _complete(
        self, arrival: Arrival, checked: Checked, consent: Consent, strictly: Checked | Refused
    ) -> Outcome:
        flow = arrival.flow
        result = complete(checked, consent, flow.lenient)
        if flow.is_lenient and isinstance(strictly, Checked):
            late = complete(strictly, consent, flow.strict)
            strictly = late if isinstance(late, Refused) else strictly
        strict = strictly.response if isinstance(strictly, Refused) else None
        if isinstance(result, Refused):
            return self._answering.answer(arrival, result.response, error=result.error, strict=strict)
        provider = flow.lenient
        code = Credential(self._new_code(provider), self._clock() + provider.code_lifetime)
        self.attribution.learn(flow.identifier, (code.value,))
        if arrival.takes_effect:
            self.store.put(self._grant(flow, checked, result, code))
        response = granted_response(checked, code.value, result, provider)
        return self._answering.answer(arrival, response, strict=strict)

    def _grant(self, flow: Flow, checked: Checked, scopes: tuple[str, ...], code: Credential) -> Grant:
        return Grant(
            self.store.new_identifier(),
            flow.identifier,
            checked.app.client_id,
            checked.sent_redirect_uri,
            scopes,
            code,
            checked.code_challenge if flow.lenient.pkce_supported else "",
            code_challenge_method=checked.code_challenge_method,
            email=flow.email,
        )


def _why_refused(token: str) -> str:
    if not token:
        return "The request has no Authorization header with a Bearer token."
    return "The access token is unknown, expired, replaced by a refresh, or revoked."
