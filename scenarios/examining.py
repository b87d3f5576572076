"""What there is to know of a client before it is judged: how it starts, logs in and is told to be signed in.

Nothing here is a verdict. Where a plain login does not work, the examination says why, in the words of `diagnosis`.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.serving import LOOPBACK, RunningServer, authorization_server
from scenarios.checks.login import basic, body, query
from scenarios.collection import collect
from scenarios.diagnosis import Attempt, Diagnosis, of_trouble
from scenarios.drivers.driver import (
    CannotStart,
    CapabilitySource,
    Driver,
    DriverError,
    WatchedApplication,
)
from scenarios.drivers.user_agent import UserAgent
from scenarios.ground import Learned, break_ground, learn, listening, secured
from scenarios.limits import BLINDING
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.performing import Ground
from scenarios.recorder import Recorder


@dataclass(frozen=True)
class Examination:
    """What was found out about a client as one kind of app; `mistake` is why nobody gets in, where nobody does."""

    app_kind: AppKind
    mistake: Diagnosis | None = None
    # What the server had to forgive, and what is wrong though logins work.
    fault: Diagnosis | None = None
    remarks: tuple[Diagnosis, ...] = ()
    # What there is to say of it: a label and a text.
    facts: tuple[tuple[str, str], ...] = ()
    # Never shown.
    secret: str = ""

    @property
    def wrong(self) -> tuple[Diagnosis, ...]:
        """Everything that is wrong, the worst first."""
        return tuple(each for each in (self.mistake, self.fault, *self.remarks) if each is not None)

    @property
    def hampered(self) -> bool:
        """True where logins work, and some scenarios will be inconclusive all the same."""
        return any(remark.code in BLINDING for remark in self.remarks)


async def examine(
    driver: Driver,
    app_kinds: Sequence[AppKind],
    provider: Provider = FRAMEIO,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    tls: bool = False,
) -> AsyncGenerator[Examination, None]:
    """Examine a client as each kind of app; its applications are stopped when an examination is over."""
    core = authorization_server(provider=provider, apps=(), auto_allow=True)
    with secured(tls) as authority, listening(core, host, port, authority) as server:
        recorder = Recorder(server)
        try:
            async with UserAgent(server.url, trust=authority.trusting() if authority else None) as user_agent:
                for app_kind in app_kinds:
                    yield await _examined(driver, server, user_agent, recorder, app_kind)
        finally:
            recorder.close()


async def _examined(
    driver: Driver, server: RunningServer, user_agent: UserAgent, recorder: Recorder, app_kind: AppKind
) -> Examination:
    try:
        ground = await break_ground(driver, server, user_agent, PLAIN, app_kind)
    except CannotStart as error:
        return Examination(app_kind, of_trouble(_diagnosis(error)))
    try:
        learned = await learn(ground, recorder)
    except DriverError as error:
        return Examination(app_kind, _diagnosis(error), secret=ground.app.client_secret or "")
    finally:
        await ground.application.stop()
    return _told(ground, app_kind, learned)


def _told(ground: Ground, app_kind: AppKind, learned: Learned) -> Examination:
    mistake = None
    if learned.refusal:
        code, _, cause = learned.refusal.partition(": ")
        mistake = Diagnosis(code, cause, learned.next_step)
    facts = tuple(_facts(ground, learned))
    return Examination(app_kind, mistake, learned.fault, learned.remarks, facts, ground.app.client_secret or "")


def _facts(ground: Ground, learned: Learned) -> list[tuple[str, str]]:
    application, attempt = ground.application, learned.attempt
    facts: list[tuple[str, str]] = []
    if isinstance(application, WatchedApplication):
        facts.append(("listens at", f"{application.listens_at}, for {ground.app.redirect_uris[0]}"))
    facts += _of_login(attempt, ground.own.scopes) if attempt is not None else []
    if learned.refusal:
        return facts
    if isinstance(application, WatchedApplication):
        facts.append(("signed in", f"told by {application.signal}" if application.signal else "cannot be told"))
    by_source: dict[CapabilitySource, list[str]] = {}
    for capability in sorted(ground.capabilities, key=lambda each: each.value):
        by_source.setdefault(application.source(capability), []).append(capability.value)
    facts += [(source, " ".join(names)) for source, names in sorted(by_source.items())]
    needed = {capability for scenario in collect() for capability in scenario.needs}
    absent = sorted(capability.value for capability in needed - ground.capabilities)
    return [*facts, *([("absent", " ".join(absent))] if absent else [])]


def _of_login(attempt: Attempt, own_scopes: tuple[str, ...]) -> list[tuple[str, str]]:
    facts = []
    for exchange in attempt.at("authorization")[:1]:
        sent = query(exchange)
        method = sent.get("code_challenge_method") or "plain, for it names no method"
        facts.append(("state", f"sent, {len(sent.get('state'))} characters" if sent.get("state") else "not sent"))
        facts.append(("PKCE", f"sent, {method}" if sent.get("code_challenge") else "not sent"))
        facts.append(("scope", (sent.get("scope") or "none") + (", whatever SCOPE says" if own_scopes else "")))
    for exchange in attempt.at("token")[:1]:
        form = body(exchange)
        how = "by nothing: it sends no client_id"
        if basic(exchange) is not None:
            how = "client_secret_basic: an Authorization: Basic header"
        elif form.get("client_secret"):
            how = "client_secret_post: the secret in the body"
        elif form.get("client_id"):
            how = "none: client_id in the body, no secret"
        facts.append(("authenticates", how))
    return facts


def _diagnosis(error: DriverError) -> Diagnosis:
    return Diagnosis(error.code, error.cause, error.next_step)
