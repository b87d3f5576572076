"""Asks an adapter each message of the protocol, with right and odd input, while the mock plays the server.

What the client makes of a bad redirect is no matter here: any `outcome` will do. Looked at is whether what comes is an
answer, whether it is an answer to this, and whether what it tells agrees with what is seen on the wire.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from mock_server.changes import Changes
from mock_server.protocol.provider import LENIENCIES
from mock_server.protocol.resource_owner import Allow, Deny, ResourceOwner
from mock_server.serving import RunningServer
from scenarios.adapter_check import looking
from scenarios.adapter_check.looking import NEXT_STEPS, Able, Remark, Wrong
from scenarios.drivers import messages
from scenarios.drivers.adapter_connection import AdapterConnection
from scenarios.drivers.adapter_fields import unfit_members
from scenarios.drivers.driver import ApplicationDied, DriverError
from scenarios.drivers.json_lines import PARALLEL, STOP_TIMEOUT, check_capabilities
from scenarios.drivers.messages import Begun, Reported, Started, shown
from scenarios.drivers.user_agent import UserAgent
from scenarios.ground import assignment_of, registered_app, told_of_metadata
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.model.capability import Capability

# An adapter that counts its answers, and does not repeat the `seq` that it was given, is found out.
_FIRST = 41
_ODD_SESSION = "a browser's 2nd: café/ü"
_TOGETHER = 4
_DAY = 24 * 3600.0
# Faults of a line, of which each member can be named.
_OF_LINES = frozenset({"SCHEMA", "UNKNOWN_MESSAGE", "WRONG_VERSION"})


class BeginLater(messages.Begin, frozen=True, tag="begin"):
    """A request as a later version of the protocol may have it."""

    added_later: str = "of no concern to you"


class AdapterCheck:
    """One adapter, with one kind of app; what is said of it is in `remarks`. Patience is in seconds."""

    def __init__(
        self, command: Sequence[str], server: RunningServer, user_agent: UserAgent, app_kind: AppKind, patience: float
    ) -> None:
        self.remarks: list[Remark] = []
        self.started: Started | None = None
        self._command, self._patience = command, patience
        self._server, self._user_agent = server, user_agent
        self._app = registered_app(PLAIN, app_kind, "http://localhost:5050/callback")
        server.register(self._app)
        self._assignment = assignment_of(server, self._app, PLAIN, app_kind)
        self._lines: list[bytes] = []
        self._redirects: dict[str, str] = {}
        self._what = ""

    async def run(self) -> None:
        """Ask everything, until the adapter is dead; `OSError` and `ValueError` say that there is no such command."""
        connection = self._connected()
        try:
            with self._asking("start"):
                self.started = await self._start()
            if self.started is not None:
                connection.one_at_a_time = not PARALLEL & {*self.started.capabilities}
                await self._ask_all(frozenset(self.started.capabilities))
        except ApplicationDied:
            self._untold("the rest", "DEAD", "Nothing more can be asked of it.")
        finally:
            await connection.close()
        if self.started is not None:
            self._look_at_end("stop", connection.ended)
            secrets = {"client_secret": [self._app.client_secret or ""], **looking.issued(self._exchanges)}
            with self._asking("no secret in an answer"):
                self._look(looking.look_for_secrets(self._lines, secrets))

    async def run_once_more(self) -> None:
        """Start it once more, told of metadata if it reads any, and end it without `stop`."""
        able = frozenset(self.started.capabilities) if self.started else frozenset()
        described = self._server.core.open_flow(Changes(variation={"metadata": True}))
        if Capability.DISCOVERY in able:
            self._assignment = told_of_metadata(self._server, self._assignment, described)
        connection = self._connected()
        try:
            await self._start()
            if Capability.DISCOVERY in able:
                with suppress(ApplicationDied), self._asking("discovery: a login by the server's metadata"):
                    await self._begin("by metadata", able)
                    read = [each for each in self._exchanges if each.flow == described.identifier]
                    self._look(looking.look_at_metadata(read))
        finally:
            await connection.close(farewell=False)
        self._look_at_end("the end of stdin", connection.ended)

    # What is asked.

    async def _ask_all(self, able: Able) -> None:
        signed_in = False
        with self._asking("begin"):
            await self._begin("1", able)
        if "1" in self._redirects:
            with self._asking("land, a genuine redirect"):
                signed_in = await self._step(messages.Land, able, "authorization_code", url=self._redirects["1"])
        for capability, request, sent in _STEPS:
            if capability not in able:
                with self._asking(f"{capability.value}, which was not declared"):
                    await self._undeclared(request, capability)
            elif signed_in:
                with self._asking(capability.value):
                    await self._step(request, able, sent)
        if Capability.CLOCK in able and signed_in:
            with self._asking("clock: a day forward, and back"):
                await self._move_clock(able)
        with self._asking("land, consent declined"):
            await self._begin("declined", able, owner=Deny())
            if "declined" in self._redirects:
                self._look(looking.look_at_refusal(await self._land("declined"), able))
        await self._ask_oddly(able)
        if signed_in:
            await self._ask_together(able)

    async def _ask_oddly(self, able: Able) -> None:
        here = self._app.redirect_uris[0]
        for what, url in _odd_urls(here):
            with self._asking(f"land, {what}"):
                await self._ask(messages.Land, session="never begun", url=url)
        with self._asking("begin, with a member that is not known"):
            await self._begin("later", able, kind=BeginLater)
        with self._asking("begin, in a session with an odd name"):
            await self._begin(_ODD_SESSION, able)

    async def _ask_together(self, able: Able) -> None:
        if Capability.SESSIONS in able:
            with self._asking("sessions: two logins, landed the other way round"):
                await self._begin("first", able)
                await self._begin("second", able)
                self._look(looking.look_at_sessions({name: await self._land(name) for name in ("second", "first")}))
        if Capability.CONCURRENT in able:
            with self._asking(f"concurrent: {_TOGETHER} logins at once"):
                names = [f"at once, {number}" for number in range(1, _TOGETHER + 1)]
                await asyncio.gather(*(self._begin(name, able) for name in names))
                outcomes = await asyncio.gather(*(self._land(name) for name in names))
                self._look(looking.look_at_sessions(dict(zip(names, outcomes, strict=True))))
        if {Capability.PARALLEL_CALLS, Capability.CALL_API} <= able:
            with self._asking(f"parallel_calls: {_TOGETHER} calls at once"):
                await asyncio.gather(*(self._ask(messages.CallApi, session="1") for _ in range(_TOGETHER)))

    async def _start(self) -> Started:
        assigned = msgspec.convert(self._assignment, messages.Assigned, from_attributes=True)
        reply = await self._ask(messages.Start, version=messages.VERSION, assignment=assigned)
        assert isinstance(reply, Started)  # noqa: S101 - the connection has seen to it
        check_capabilities(reply)
        return reply

    async def _begin(
        self,
        session: str,
        able: Able,
        *,
        owner: ResourceOwner = Allow(),  # noqa: B008 - a value
        kind: type[messages.Begin] = messages.Begin,
    ) -> None:
        """Begin a login and get through consent; the redirect is kept for the landing."""
        reply = await self._ask(kind, session=session)
        if not isinstance(reply, Begun):
            came = getattr(reply, "reason", None) or "an outcome without a reason"
            self._look([Wrong("BEGIN_REFUSED", "begun", shown(came), "an authorization URL")])
            return
        found = list(looking.look_at_url(reply.url, self._assignment, able))
        self._look(found)
        if any(each.code == "NOT_THE_ENDPOINT" for each in found):
            return
        flow = self._server.core.open_flow(Changes(leniencies=tuple(LENIENCIES), resource_owner=owner))
        self._redirects[session] = await self._user_agent.visit(reply.url, flow.identifier)

    async def _land(self, session: str) -> Reported:
        reply = await self._ask(messages.Land, session=session, url=self._redirects[session])
        assert isinstance(reply, Reported)  # noqa: S101 - the connection has seen to it
        return reply

    async def _step(self, request: type[messages.Request], able: Able, sent: str, **members: str) -> bool:
        """A step that the client can do in the session that is to be signed in; whether it says so."""
        before = self._server.transcript.next_number()
        reply = await self._ask(request, session="1", **members)
        assert isinstance(reply, Reported)  # noqa: S101 - the connection has seen to it
        if reply.kind != "signed_in":
            said = f"{reply.kind}: {reply.reason or 'no reason named'}. {reply.detail or ''}".rstrip()
            self._untold(self._what, "CANNOT_LOG_IN", shown(said))
            return False
        came = [each for each in self._exchanges if each.number >= before]
        expires_at = time.time() + self._server.provider.access_token_lifetime
        self._look(looking.look_at_request(came, sent))
        self._look(looking.look_at_success(reply, able, looking.issued(self._exchanges), expires_at))
        return True

    async def _move_clock(self, able: Able) -> None:
        await self._ask(messages.MoveClock, seconds=_DAY)
        if {Capability.REFRESH, Capability.EXPIRY} <= able:
            reply = await self._ask(messages.Refresh, session="1")
            assert isinstance(reply, Reported)  # noqa: S101 - the connection has seen to it
            self._look(looking.look_at_moved(reply, time.time() + _DAY))
        await self._ask(messages.MoveClock, seconds=-_DAY)

    async def _undeclared(self, request: type[messages.Request], capability: Capability) -> None:
        try:
            reply = await self._ask(request, session="1")
        except DriverError as error:
            if error.code != "UNSUPPORTED":
                raise
            return
        expected = f"unsupported, or {capability.value} among the capabilities"
        self._look([Wrong("UNDECLARED", "message", str(reply.__struct_config__.tag), expected)])

    async def _ask(self, kind: type[messages.Request], **members: Any) -> messages.Reply:
        return await self._connection.ask(kind, self._patience, **members)

    # How it is told.

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Name what is asked: what goes wrong is told under this name; a dead adapter ends everything."""
        self._what, before = what, len(self.remarks)
        try:
            yield
        except DriverError as error:
            self._tell(error)
            if isinstance(error, ApplicationDied):
                raise
        if len(self.remarks) == before:
            self.remarks.append(Remark(what, "ok"))

    def _tell(self, error: DriverError) -> None:
        if error.code == "ADAPTER_FAILED" and self._what == "start":
            self.remarks.append(Remark(self._what, "untold", error.code, came=error.cause, next_step=error.next_step))
            return
        members = unfit_members(self._lines[-1], self._connection.hide) if error.code in _OF_LINES else ()
        for at, came, expected in members or [("", error.cause, "")]:
            self.remarks.append(Remark(self._what, "wrong", error.code, at, came, expected, error.next_step))

    def _look(self, found: Iterable[Wrong]) -> None:
        self.remarks += [Remark(self._what, "wrong", *each, NEXT_STEPS[each.code]) for each in found]

    def _untold(self, what: str, code: str, cause: str) -> None:
        self.remarks.append(Remark(what, "untold", code, came=cause, next_step=NEXT_STEPS[code]))

    def _look_at_end(self, what: str, ended: str) -> None:
        expected = f"that it ends by itself within {STOP_TIMEOUT:g} s"
        with self._asking(what):
            self._look([Wrong("DOES_NOT_END", "", f"it {ended}", expected)] if "killed" in ended else [])

    def _connected(self) -> AdapterConnection:
        hide = (self._app.client_secret,) if self._app.client_secret else ()
        self._connection = AdapterConnection(
            self._command, None, hide, STOP_TIMEOUT, first=_FIRST, overhear=self._lines.append
        )
        return self._connection

    @property
    def _exchanges(self) -> Sequence[Any]:
        return self._server.transcript.exchanges


_STEPS: tuple[tuple[Capability, type[messages.Request], str], ...] = (
    (Capability.CALL_API, messages.CallApi, ""),
    (Capability.REFRESH, messages.Refresh, "refresh_token"),
)


def _odd_urls(here: str) -> Iterator[tuple[str, str]]:
    yield "in a session that began no login", f"{here}?code=a-code&state=a-state"
    yield "without a query", here
    yield "with a parameter twice, and octets that are no UTF-8", f"{here}?state=a&state=b&code=%FF%FE"
    yield "with a state of 100 kB", f"{here}?code=a-code&state={'s' * 100_000}"
