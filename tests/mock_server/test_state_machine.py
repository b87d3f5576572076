"""The core against a naive model: whatever is done in whatever order, a dictionary says what must come of it.

The model knows nothing of credentials with states, of indexes and of records: it keeps a row of facts for each code and
token, and reads the answer off the row. A code buys tokens once, for its app, its redirect URI and its verifier alone.
After each step at most one refresh token of a family is good, and the API believes exactly the tokens that the model
believes.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.resource_owner import Deny
from tests.mock_server.in_memory import (
    BASIC,
    CHALLENGE,
    OTHER,
    PUBLIC,
    VERIFIER,
    InMemory,
    answered,
    error,
    members,
)

PROVIDER = FRAMEIO.changed({"code_lifetime": 60, "access_token_lifetime": 300, "refresh_token_lifetime": 1000})
URI = BASIC.redirect_uris[0]
apps = st.sampled_from([BASIC, OTHER, PUBLIC])
# None is the app that the code or token was issued to.
some_app = st.sampled_from([None, None, None, BASIC, OTHER, PUBLIC])


def one_of_the_latest(values):
    """The newest come first, so that steps often meet each other's results."""
    return st.sampled_from([*reversed(list(values)[-4:]), "never issued"])


@dataclass
class Family:
    """All that came, or may come, of one consent."""

    app: object
    uri: str
    challenge: bool
    code_ends: float
    offline: bool
    code_used: bool = False
    pkce_failed: bool = False
    alive: bool = False  # has tokens that were neither replaced nor revoked
    access: str = ""
    access_ends: float = 0
    refresh: str = ""
    refresh_ends: float = 0
    # Dead refresh tokens that are still recognised.
    recognised: set = field(default_factory=set)

    def may_buy(self, app, uri, now):
        in_time = now < self.code_ends
        return in_time and app is self.app and self.uri in ("", uri) and not self.pkce_failed



class CoreAgainstModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.server = InMemory(PROVIDER)
        self.by_code, self.by_access, self.by_refresh = {}, {}, {}
        self.bought = []

    @property
    def now(self):
        return self.server.clock.now

    # What the resource owner does.

    @rule(
        app=apps,
        with_uri=st.booleans(),
        challenge=st.booleans(),
        scope=st.sampled_from(["offline", "account.read", "offline account.read"]),
    )
    def authorize(self, app, with_uri, challenge, scope):
        self.new_code(app, with_uri, challenge, scope)

    def new_code(self, app, with_uri, challenge, scope):
        pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} if challenge else {}
        outcome = self.server.authorize(app, redirect_uri=URI if with_uri else None, scope=scope, **pkce)
        code = answered(outcome)["code"]
        assert code not in self.by_code
        self.by_code[code] = Family(app, URI if with_uri else "", challenge, self.now + 60, "offline" in scope)
        return code

    @rule(app=apps)
    def deny(self, app):
        self.server.core.resource_owner, owner = Deny(), self.server.core.resource_owner
        told = answered(self.server.authorize(app))
        self.server.core.resource_owner = owner
        assert told["error"] == "access_denied"
        assert "code" not in told

    # What clients do with codes.

    @rule(app=apps, challenge=st.booleans())
    def log_in(self, app, challenge):
        self.redeem_as(self.new_code(app, True, challenge, "offline account.read"), None, URI, "right")

    @rule(
        data=st.data(),
        app=some_app,
        uri=st.sampled_from([URI, URI, URI, "", "https://evil.example/"]),
        verifier=st.sampled_from(["right", "right", "right", "wrong", "missing", "short"]),
    )
    def redeem(self, data, app, uri, verifier):
        self.redeem_as(data.draw(one_of_the_latest(self.by_code)), app, uri, verifier)

    @rule(verifier=st.sampled_from(["wrong", "missing", "short"]))
    def try_again(self, verifier):
        """The last code once with a wrong verifier, then with the right one."""
        for sent in (verifier, "right"):
            self.redeem_as(next(reversed(self.by_code), "never issued"), None, URI, sent)

    def redeem_as(self, code, app, uri, verifier):
        family = self.by_code.get(code)
        app = app or (BASIC if family is None else family.app)
        if verifier == "right" and (family is None or not family.challenge):
            verifier = "missing"  # right is to send none
        sent = {"right": VERIFIER, "wrong": "w" * 43, "missing": None, "short": "s"}[verifier]
        outcome = self.server.redeem(code, app, redirect_uri=uri or None, code_verifier=sent)
        self.judge_code(family, app, uri, verifier, outcome)

    def judge_code(self, family, app, uri, verifier, outcome):
        if family is None:
            assert error(outcome) == "invalid_grant"
        elif family.code_used:
            assert error(outcome) == "invalid_grant"
            self.revoke_family(family)
        elif not family.may_buy(app, uri, self.now):
            assert error(outcome) == "invalid_grant"
        elif verifier != ("right" if family.challenge else "missing"):
            assert error(outcome) == "invalid_grant"
            family.pkce_failed = True
        else:
            self.tokens_are_good(family, members(outcome))
            family.code_used = True
            self.bought.append(family)

    def tokens_are_good(self, family, told):
        assert "error" not in told
        assert ("refresh_token" in told) == family.offline
        assert told["access_token"] not in self.by_access
        assert told["expires_in"] == 300
        family.alive = True
        family.access, family.access_ends = told["access_token"], self.now + 300
        self.by_access[family.access] = family
        if family.offline:
            assert told["refresh_token"] not in self.by_refresh
            if family.refresh:
                family.recognised.add(family.refresh)
            family.refresh, family.refresh_ends = told["refresh_token"], self.now + 1000
            self.by_refresh[family.refresh] = family

    def revoke_family(self, family):
        if family.alive and family.refresh:
            family.recognised.add(family.refresh)
        family.alive = False

    # What clients do with tokens.

    @rule(data=st.data(), app=some_app)
    def refresh(self, data, app):
        token = data.draw(one_of_the_latest(self.by_refresh))
        family = self.by_refresh.get(token)
        app = app or (BASIC if family is None else family.app)
        outcome = self.server.refresh(token, app)
        if family is None:
            assert error(outcome) == "invalid_grant"
        elif family.alive and token == family.refresh:
            if self.now >= family.refresh_ends:
                assert error(outcome) == "invalid_request"
            elif app is not family.app:
                assert error(outcome) == "invalid_grant"
            else:
                self.tokens_are_good(family, members(outcome))
        elif token in family.recognised:
            assert error(outcome) == "token_inactive"
            family.recognised.discard(token)
            self.revoke_family(family)
        else:
            assert error(outcome) == "invalid_grant"

    @rule(data=st.data(), app=some_app, refresh=st.booleans())
    def revoke(self, data, app, refresh):
        token = data.draw(one_of_the_latest(self.by_refresh if refresh else self.by_access))
        family = self.by_refresh.get(token) or self.by_access.get(token)
        app = app or (BASIC if family is None else family.app)
        outcome = self.server.revoke(token, app)
        assert (outcome.answer.status, outcome.answer.body) == (200, b"")
        if family is not None and app is family.app and token in (family.access, family.refresh):
            self.revoke_family(family)

    @rule(seconds=st.sampled_from([1, 59, 60, 299, 300, 1000]), by_clock=st.booleans())
    def time_passes(self, seconds, by_clock):
        """On the clock, or by moving the stored times back: nobody may notice the difference."""
        if by_clock:
            self.server.clock.now += seconds
            return
        self.server.core.advance(seconds)
        for family in self.by_code.values():
            family.code_ends -= seconds
            family.access_ends -= seconds
            family.refresh_ends -= seconds

    # What must hold.

    @invariant()
    def the_api_believes_what_the_model_believes(self):
        for token, family in list(self.by_access.items())[-8:]:
            good = family.alive and token == family.access and self.now < family.access_ends
            assert (self.server.me(token).answer.status == 200) is good
        for token in (*list(self.by_code)[-2:], *list(self.by_refresh)[-2:]):
            assert self.server.me(token).answer.status == 401

    @invariant()
    def a_code_buys_once(self):
        assert len(self.bought) == len({id(family) for family in self.bought})

    @invariant()
    def no_family_has_two_good_tokens(self):
        for grant in self.server.core.store._grants.values():
            good = [token for token in grant.refresh_tokens if token.is_usable(self.now)]
            assert len(good) <= 1


CoreAgainstModel.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestCoreAgainstModel = pytest.mark.slow(CoreAgainstModel.TestCase)
