"""What a scenario expects of a session: data, so that it can be stored beside the evidence and judged again."""

from typing import Literal

import msgspec

Step = Literal["land", "refresh", "call_api"]
Forbidden = Literal["token_request", "session", "resource_request", "request"]
# What can be counted: requests with one and the same code or refresh token, refreshes, requests to the API, logins.
Counted = Literal["code", "refresh_token", "refresh", "resource_request", "authorization_request"]
# What a check looks at: the exchange of a code, a refresh, a request to the API, the beginning of a login.
Sent = Literal["code", "refresh", "refreshed", "resource_request", "authorization_request"]

TOKEN_REQUEST: Forbidden = "token_request"
SESSION: Forbidden = "session"
RESOURCE_REQUEST: Forbidden = "resource_request"
ANY_REQUEST: Forbidden = "request"


class Accepts(msgspec.Struct, frozen=True, tag="accepts", omit_defaults=True):
    """The session's last step of this kind succeeds, or its last `times` steps do."""

    session: str
    step: Step = "land"
    times: int = 1

    def __str__(self) -> str:
        often = f" {self.times} times" if self.times > 1 else ""
        return {"land": "logs in", "refresh": "refreshes", "call_api": "calls the API"}[self.step] + often


class Rejects(msgspec.Struct, frozen=True, tag="rejects", omit_defaults=True):
    """The session's last step of this kind is refused, before a request that must not come, or a session.

    `reasons` are the codes of a clean refusal, where a client names its reason in the words of the reference client.
    With `explained` a refusal has to name one, in whatever words: it is meant, and no accident.
    """

    session: str
    before: Forbidden = "session"
    step: Step = "land"
    reasons: tuple[str, ...] = ()
    explained: bool = False

    def __str__(self) -> str:
        if self.step != "land":
            return "takes the answer for a failure"
        before = {
            "token_request": "without any token request",
            "session": "without a session that is signed in",
            "resource_request": "without using the token",
            "request": "without a request to any other place",
        }[self.before]
        return f"refuses, {before}"


class Follows(msgspec.Struct, frozen=True, tag="follows", omit_defaults=True):
    """What the session sends meets a named check (`scenarios.checks`); without what it is `of`, nothing is said.

    An empty `session` stands for all of the story. With `if_any` a client that refuses and sends nothing passes too.
    """

    session: str
    check: str
    of: Sent = "code"
    if_any: bool = False

    def __str__(self) -> str:
        return self.check.replace("_", " ")


class SendsAtMost(msgspec.Struct, frozen=True, tag="sends_at_most", omit_defaults=True):
    """From the session's first step of this kind on, so many requests are sent at most.

    Where the client sends fewer than `at_least`, the scenario does not apply: nothing obliges it to refresh by itself.
    """

    session: str
    times: int
    what: Counted
    step: Step = "land"
    at_least: int = 0

    def __str__(self) -> str:
        requests = {
            "code": "request with the same code",
            "refresh_token": "request with the same refresh token",
            "refresh": "refresh",
            "resource_request": "request to the API",
            "authorization_request": "authorization request",
        }[self.what]
        if self.times == 0:
            return f"sends no {requests}"
        plural = requests.replace("request", "requests", 1) if self.what != "refresh" else "refreshes"
        return f"sends at most {self.times} {plural if self.times > 1 else requests}"


class Copes(msgspec.Struct, frozen=True, tag="copes", omit_defaults=True):
    """The session's last step of this kind comes to an end, well or refused: no crash, no silence.

    Where the client says when its access token expires, that is within `longest` seconds, if that is given. With
    `explained` a refusal names its reason.
    """

    session: str
    step: Step = "land"
    longest: float | None = None
    explained: bool = False

    def __str__(self) -> str:
        return "accepts the answer or refuses it, and lives on"


class Declares(msgspec.Struct, frozen=True, tag="declares", omit_defaults=True):
    """After the session's last step of this kind the client believes what the server said; see `judging`.

    `scope` is a set of tokens in any order, `lifetime` in seconds. With `may_refuse` a refusal will do as well.
    """

    session: str
    step: Step = "land"
    scope: str | None = None
    lifetime: float | None = None
    may_refuse: bool = False

    def __str__(self) -> str:
        refused = ", or refuses the answer" if self.may_refuse else ""
        if self.scope is not None:
            granted = repr(self.scope) if self.scope else "nothing"
            return f"takes {granted} for the granted scope{refused}"
        return f"takes the access token to live for {self.lifetime:g} s" if self.lifetime is not None else "goes on"


class Shows(msgspec.Struct, frozen=True, tag="shows", omit_defaults=True):
    """What a browser saw of the session's last step of this kind meets a named check (`scenarios.checks.pages`)."""

    session: str
    check: str
    step: Step = "land"

    def __str__(self) -> str:
        return self.check.replace("_", " ")


class BreaksOff(msgspec.Struct, frozen=True, tag="breaks_off", omit_defaults=True):
    """In the session's last step of this kind the client is shown a bad certificate: it says nothing, and leaves."""

    session: str
    step: Step = "land"

    def __str__(self) -> str:
        return "breaks the connection off, and sends nothing"


Expectation = Accepts | Rejects | Follows | SendsAtMost | Copes | Declares | Shows | BreaksOff
