"""Performs an example step by step, and has the oracle judge each step as it is taken."""

import time
from collections import Counter
from dataclasses import dataclass, field

from mock_server.changes import Changes
from mock_server.protocol.resource_owner import Deny
from mock_server.transcript import Exchange
from scenarios.checks.login import body, logins, query
from scenarios.drivers.driver import ApplicationDied, ClientSession, SessionFailed
from scenarios.fuzzing import invariants, oracle
from scenarios.fuzzing.answers import delivery, deviation
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.examples import Begins, CallsApi, Example, Expires, Lands, Refreshes, Step
from scenarios.fuzzing.further_rules import FURTHER_RULES
from scenarios.fuzzing.mutations import EVIL, MARKED, Moves, arrived, decoded, here, mutated
from scenarios.fuzzing.oracle import Held, Landed
from scenarios.fuzzing.page_invariants import judge_pages
from scenarios.fuzzing.reading import Genuine, Whose, read_answer, read_landing
from scenarios.fuzzing.violation import Violation
from scenarios.fuzzing.watching import WatchedSession, leads_to, session_of, shown
from scenarios.model.capability import Capability
from scenarios.model.outcome import Outcome
from scenarios.performing import ACCESS_TOKEN_LIFETIME
from scenarios.rules.always import RULES

_RULES = tuple(rule for rule in (*RULES, *FURTHER_RULES) if rule.identifier != "rule/code-is-sent-once")
"""The one left out asks that no code comes twice; here the harness itself may deliver one twice, and counts."""


@dataclass
class _Redirect:
    url: str
    flow: str
    parameters: dict[str, str]
    challenge: str
    method: str
    scope: str
    denied: bool
    presented: bool = False
    used: bool = False


@dataclass
class _Session:
    client: ClientSession
    redirects: list[_Redirect] = field(default_factory=list)
    held: Held = field(default_factory=Held)
    forged: bool = False
    # Refresh tokens that the server has refused for good.
    refused: set[str] = field(default_factory=set)


@dataclass
class Seen:
    """What is counted over a whole run: steps, and what the messages were."""

    steps: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)


class Performance:
    """One example as it is performed."""

    def __init__(self, arena: Arena, seen: Seen) -> None:
        self.steps: list[Step] = []
        self.violations: list[Violation] = []
        self.story: list[str] = []
        self._arena = arena
        self._seen = seen
        self._sessions: dict[str, _Session] = {}
        self._delivered: Counter[str] = Counter()
        self._over = False
        arena.forget()

    async def take(self, step: Step) -> list[Violation]:
        """Take a step; what it broke."""
        if self._over:
            return []
        self.steps.append(step)
        self._seen.steps[type(step).__name__] += 1
        before = len(self.violations)
        try:
            await self._take(step, self._session(step.session))
        except ApplicationDied as error:
            self._over = True
            self.violations.append(invariants.Died(error.cause))
        except SessionFailed as error:
            # What cannot be driven any more is judged by the next genuine login, in a session of its own.
            self._over = True
            self._seen.labels[f"not driven: {error.code}"] += 1
        return self.violations[before:]

    async def end(self) -> list[Violation]:
        """Ask the rules, and close the sessions; what the rules have found."""
        flows = self._flows()
        before = len(self.violations)
        entries = self._arena.since(0, flows)
        if any(e.endpoint in ("token", "resource") for e in entries):
            found = logins(entries, (self._arena.ground.app,))
            # What was granted is what the answer said: a spoilt one may have granted more than was asked for.
            spoilt = any(isinstance(step, Begins) and step.answers for step in self.steps)
            for rule in _RULES:
                if spoilt and rule.identifier == "rule/refresh-scope-is-not-wider":
                    continue
                findings = rule.findings(found)
                if findings:
                    kind = invariants.RULE_BROKEN[rule.identifier]
                    seen = f"expected {findings[0].expected}, came {findings[0].actual}"
                    self.violations.append(kind(seen, (findings[0].exchange,)))
        for flow in flows:
            self._arena.server.core.attribution.settle(flow)
        for session in self._sessions.values():
            await session.client.close()
        return self.violations[before:]

    def _session(self, name: str) -> _Session:
        if name not in self._sessions:
            self._sessions[name] = _Session(session_of(self._arena.ground.application))
        return self._sessions[name]

    def _flows(self) -> frozenset[str]:
        return frozenset(r.flow for session in self._sessions.values() for r in session.redirects)

    async def _take(self, step: Step, session: _Session) -> None:
        match step:
            case Begins():
                await self._begin(step, session)
            case Lands():
                await self._land(step, session)
            case Refreshes() if self._can(Capability.REFRESH) and session.redirects:
                await self._refresh(step, session)
            case CallsApi() if self._can(Capability.CALL_API) and session.redirects:
                await self._call(step, session)
            case Expires():
                for redirect in session.redirects:
                    self._arena.server.advance(ACCESS_TOKEN_LIFETIME + 1, redirect.flow)
                    # A code that is not redeemed by now is no good any more.
                    redirect.presented = True
            case _:
                pass

    def _can(self, capability: Capability) -> bool:
        return capability in self._arena.ground.capabilities

    # Steps.

    async def _begin(self, step: Begins, session: _Session) -> None:
        changes = Changes(
            deviation=deviation(step.answers, step.occasion),
            delivery=delivery(step.answers),
            resource_owner=Deny() if step.denied else None,
        )
        flow = self._arena.open_flow(changes)
        url = await session.client.begin()
        mark = self._arena.mark()
        redirect = self._arena.visit(url, flow)
        asked = next((query(e) for e in self._arena.since(mark, frozenset({flow}))), None)
        names = ("code_challenge", "code_challenge_method", "scope")
        challenge, method, scope = (asked.get(name) if asked is not None else "" for name in names)
        if method != "S256" and any(earlier.method == "S256" for earlier in session.redirects):
            seen = f"a login with S256 was followed by one with {method or 'no method'}"
            self.violations.append(invariants.Downgraded(seen))
        parameters = dict(decoded(arrived(redirect)))
        session.redirects.append(_Redirect(redirect, flow, parameters, challenge, method, scope, step.denied))
        session.forged = False
        self.story.append(f"{step.session} begins a login{' and declines' if step.denied else ''}")

    async def _land(self, step: Lands, session: _Session) -> None:
        source = self._sessions.get(step.of)
        if source is None or not source.redirects:
            return
        redirect = source.redirects[step.which % len(source.redirects) if step.which >= 0 else -1]
        web = isinstance(session.client, WatchedSession)
        changes = tuple(m for m in step.mutations if not (web and isinstance(m, Moves)))
        latest = {name: each.redirects[-1].parameters for name, each in self._sessions.items() if each.redirects}
        url = here(mutated(redirect.url, changes, latest), self._arena.server.api_url)
        known = self._known(session)
        read = read_landing(url, self._arena.ground.app.redirect_uris[0], [genuine for genuine, _ in known])
        of = next((each for genuine, each in known if read.of is genuine), redirect)
        self._seen.labels[read.label.word] += 1
        self.story.append(f"{step.session} opens {url}")
        outcome, window = await self._stepped(session, "land", url, of.flow)
        landed = Landed(
            read=read,
            outcome=outcome,
            window=window,
            asked_scope=of.scope,
            challenge=of.challenge,
            signed_in_before=session.held.signed_in,
            forged_before=session.forged,
            state_is_callers="state" in self._arena.ground.application.left_to_caller,
            now=time.time(),
        )
        found = list(oracle.judge_landing(landed))
        self._delivered[read.code] += 1
        found += self._sent_too_often(landed)
        found += self._unexplained(outcome)
        self._remember(session, of, landed)
        self.violations += [*found, *await self._pages(session, url, landed)]

    def _known(self, session: _Session) -> list[tuple[Genuine, _Redirect]]:
        """Every genuine redirect as this session sees it."""
        known: list[tuple[Genuine, _Redirect]] = []
        for each in self._sessions.values():
            for redirect in each.redirects:
                whose: Whose = "foreign"
                if each is session:
                    latest = redirect is each.redirects[-1]
                    whose = "pending" if latest else "older"
                    whose = "used" if redirect.used else "presented" if redirect.presented else whose
                parameters = redirect.parameters
                state, code = parameters.get("state", ""), parameters.get("code", "")
                known.append((Genuine(state, code, whose, redirect.denied), redirect))
        return known

    def _remember(self, session: _Session, of: _Redirect, landed: Landed) -> None:
        word = landed.read.label.word
        # A code that anybody has sent is spent, whosever it was.
        spent = {body(post).get("code") for post in landed.posts}
        for redirect in (each for other in self._sessions.values() for each in other.redirects):
            redirect.presented = redirect.presented or redirect.parameters.get("code") in spent
        if word.startswith("state-"):
            session.forged = True
            for redirect in session.redirects if landed.posts else ():
                # A forged landing that went through has used a login up, and nobody can say which.
                redirect.presented = True
            return
        if of in session.redirects:
            of.presented = True
            of.used = of.used or any(post.right.status == 200 for post in landed.posts)
        if landed.posts and landed.posts[-1].right.status == 200:
            post = landed.posts[-1]
            session.held = oracle.after_answer(Held(), read_answer(post.sent), post, landed)

    def _sent_too_often(self, landed: Landed) -> list[Violation]:
        """More token requests with one code than it was delivered; to where a redirect leads, it comes once more."""
        posts = [e for e in self._arena.since(0, self._flows()) if e.endpoint == "token" and e.sent.status // 100 != 3]
        sent = Counter(body(post).get("code") for post in posts)
        code = landed.read.code
        if not code or sent[code] <= self._delivered[code]:
            return []
        return [invariants.CodeSentTwice(f"the code was sent {sent[code]} times", oracle.numbers(landed.posts))]

    def _unexplained(self, outcome: Outcome) -> list[Violation]:
        meant = outcome.kind != "refused" or outcome.evidence != "adapter" or outcome.reason
        if meant or not self._arena.names_reasons:
            return []
        return [invariants.Unexplained(f"it failed without a reason of its own: {shown(outcome.detail)}")]

    async def _refresh(self, step: Refreshes, session: _Session) -> None:
        redirect = session.redirects[-1]
        outcome, window = await self._stepped(session, "refresh", "", redirect.flow)
        read = read_landing(redirect.url, "", ())
        landed = Landed(read, outcome, window, redirect.scope, signed_in_before=True, now=time.time())
        self.story.append(f"{step.session} refreshes")
        self.violations += [*oracle.judge_refresh(landed, session.held), *self._unexplained(outcome)]
        self.violations += oracle.judge_kept(window, session.refused)
        session.refused |= oracle.refused(window)
        posts = [post for post in landed.posts if body(post).get("grant_type") == "refresh_token"]
        if posts and posts[-1].right.status == 200:
            label = read_answer(posts[-1].sent)
            self._seen.labels[f"refresh: {label.word}"] += 1
            session.held = oracle.after_answer(session.held, label, posts[-1], landed)
        elif posts:
            session.held = Held(session.held.signed_in, "", None, session.held.poisoned)

    async def _call(self, step: CallsApi, session: _Session) -> None:
        outcome, window = await self._stepped(session, "call_api", "", session.redirects[-1].flow)
        self.story.append(f"{step.session} calls the API")
        self.violations += oracle.judge_call(window, outcome, session.held)
        self.violations += oracle.judge_kept(window, session.refused)
        session.refused |= oracle.refused(window)
        if any(e.endpoint == "token" for e in window):
            session.held = Held(session.held.signed_in, "", None, session.held.poisoned)

    async def _stepped(
        self, session: _Session, step: str, url: str, flow: str
    ) -> tuple[Outcome, tuple[Exchange, ...]]:
        """Have a step taken; how it ended, and what was sent meanwhile."""
        core = self._arena.server.core
        if isinstance(session.client, WatchedSession):
            session.client.pages.clear()
        for other in self._flows() - {flow}:
            core.attribution.settle(other)
        core.attribution.open_step(flow, self._arena.ground.app.client_id)
        mark = self._arena.mark()
        client = session.client
        if step == "land":
            outcome = await client.land(url)
        else:
            outcome = await (client.refresh() if step == "refresh" else client.call_api())
        return outcome, self._arena.since(mark, self._flows())

    async def _pages(self, session: _Session, url: str, landed: Landed) -> list[Violation]:
        """What is wrong with the pages of a landing."""
        client = session.client
        if not isinstance(client, WatchedSession) or not client.pages:
            return []
        pages = list(client.pages)
        of, code = landed.read.of, landed.read.code
        genuine = code if of is not None and of.code == code else ""
        found = list(judge_pages(landed.outcome.pages, self._arena.ground.app.redirect_uris, genuine))
        evil = leads_to(pages, EVIL)
        if evil is not None:
            found.append(invariants.OpenRedirect(f"the browser was sent to {shown(evil.location)}"))
        markups = [value for _, value in decoded(arrived(url)) if MARKED in value and "<" in value]
        echoed = next((m for m in markups if any(m in page.text for page in pages)), "")
        if echoed and await client.shows_as_html(url, echoed):
            found.append(invariants.Echoed(f"the page holds {shown(echoed)} as it was sent"))
        if pages[-1].status >= 500:
            found.append(invariants.ServerFailed(f"the answer is {pages[-1].status}"))
        place = client.application.place_of(pages[-1].location)
        if landed.read.label.word == "error" and place == "authorization endpoint":
            found.append(invariants.Restarted("after an error the browser was sent to log in again"))
        token = session.held.access_token
        if token and any(token in page.url or token in page.location for page in pages):
            found.append(invariants.TokenInUrl("the access token is in the address of a page"))
        return found


async def perform(arena: Arena, example: Example, seen: Seen) -> Performance:
    """Perform a whole example; an application that has died, or hangs, is started again."""
    performance = Performance(arena, seen)
    for step in example.steps:
        await performance.take(step)
    await performance.end()
    await revive(arena, performance)
    return performance


async def revive(arena: Arena, performance: Performance) -> None:
    """Start the application again where this performance has stopped it."""
    if any(isinstance(each, invariants.Died | invariants.Hung) for each in performance.violations):
        await arena.restart()


GENUINE = Example((Begins("visitor"), Lands("visitor", "visitor")))
"""A login as everybody's: whoever cannot do this any more has been locked out."""
