"""Cases made by hand: the evidence that a run would have kept, piece by piece."""

import json
from collections.abc import Callable
from itertools import count
from urllib.parse import urlencode

from mock_server.protocol.records import App
from mock_server.transcript import Answer, Entry, Event, Exchange, ReceivedRequest
from scenarios.model.case import Case, Trouble
from scenarios.model.expectation import Expectation
from scenarios.model.requirement import MUST, Requirement
from scenarios.model.scenario import Scenario, scenario
from scenarios.specifications import RFC6749

APP = App(
    client_id="app",
    client_secret="a-secret-of-the-app",
    redirect_uris=("http://localhost:5050/callback",),
    scopes=("offline", "account.read"),
)
CLAUSE = RFC6749.section("4.1.2")
TOKENS = {"access_token": "good-access-token-1", "token_type": "bearer", "expires_in": 3600, "scope": ""}


def a_scenario(requirement: Requirement | None = None, *, control: bool = False) -> Scenario:
    """A scenario whose story nobody tells."""

    async def told_by_nobody(stage: object) -> None:
        """A story."""

    make = scenario(requirement=requirement or MUST("be right", CLAUSE), risk="risk", fix="fix", control=control)
    return make(told_by_nobody).named("topic")


class Evidence:
    """Adds entries one after another; `case` makes a case of them. The good logins before and after are there."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.entries: list[Entry] = []
        self.sessions: dict[str, tuple[str, ...]] = {}
        self.login("before", session="control")
        self._alone = False

    def exchange(
        self,
        flow: str,
        endpoint: str,
        *,
        form: dict[str, str] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        target: str = "",
        status: int = 200,
        sent: object = None,
        location: str = "",
        changes: tuple[str, ...] = (),
        error: str = "",
    ) -> Exchange:
        """A request and its answer."""
        body = b"" if form is None else urlencode(form).encode()
        kind = (("content-type", "application/x-www-form-urlencoded"),) if form is not None else ()
        answered = (("location", location),) if location else ()
        answer = Answer(status, answered, b"" if sent is None else json.dumps(sent).encode())
        entry = Exchange(
            number=next(self._numbers),
            at=0.0,
            flow=flow,
            attributed_by="value" if flow else "stray",
            endpoint=endpoint,  # type: ignore[arg-type]
            request=ReceivedRequest("GET" if form is None else "POST", target or f"/{endpoint}", kind + headers, body),
            right=answer,
            sent=answer,
            changes=changes,
            error=error,
        )
        self.entries.append(entry)
        return entry

    def event(self, flow: str, kind: str, /, **detail: object) -> Event:
        """Something that is no exchange."""
        event = Event(next(self._numbers), 0.0, flow, kind, detail)
        self.entries.append(event)
        return event

    def authorize(self, flow: str, session: str, *, changes: tuple[str, ...] = ()) -> Exchange:
        """An authorization request that was granted; the code is `code-of-FLOW`."""
        if session != "control":
            self.sessions[session] = (*self.sessions.get(session, ()), flow)
        redirect_uri, state = APP.redirect_uris[0], f"state-of-{flow}"
        query = urlencode({"client_id": APP.client_id, "state": state, "redirect_uri": redirect_uri})
        location = f"{redirect_uri}?{urlencode({'code': f'code-of-{flow}', 'state': state})}"
        target = f"/oauth2/auth?{query}"
        return self.exchange(flow, "authorization", target=target, status=302, location=location, changes=changes)

    def step(self, flow: str, session: str, step: str = "land") -> Event:
        """A step is opened."""
        return self.event(flow, "step", session=session, step=step)

    def outcome(self, flow: str, session: str, kind: str, step: str = "land", **detail: object) -> Event:
        """A step has an outcome."""
        return self.event(flow, "outcome", session=session, step=step, **{"kind": kind, **detail})

    def token_request(
        self, flow: str, *, code: str | None = None, changes: tuple[str, ...] = (), status: int = 200, **form: str
    ) -> Exchange:
        """A token request for the flow's code."""
        asked = {
            "grant_type": "authorization_code",
            "code": f"code-of-{flow}" if code is None else code,
            "redirect_uri": APP.redirect_uris[0],
        }
        sent = TOKENS if status == 200 else {"error": "invalid_grant"}
        return self.exchange(flow, "token", form=asked | form, status=status, sent=sent, changes=changes)

    def login(self, flow: str, session: str, kind: str = "signed_in") -> None:
        """A whole login."""
        self.authorize(flow, session)
        self.step(flow, session)
        self.token_request(flow)
        self.outcome(flow, session, kind)

    def case(
        self,
        expectation: Expectation | None,
        *,
        after: str = "signed_in",
        alone: bool = False,
        trouble: Trouble | None = None,
        change: Callable[["Evidence"], None] | None = None,
    ) -> Case:
        """The case, closed by the good login after it."""
        if change is not None:
            change(self)
        self.login("after", session="control", kind=after)
        return Case(
            scenario="topic/told-by-nobody",
            row="",
            app_kind="basic",
            app=APP,
            expectation=expectation,
            sessions=dict(self.sessions),
            before="before",
            after="after",
            entries=tuple(self.entries),
            trouble=trouble,
            alone=alone,
        )
