"""What a scenario expects of a session: data, so that it can be stored beside the evidence and judged again."""

from typing import Literal

import msgspec

Step = Literal["land", "refresh", "call_api"]
Forbidden = Literal["token_request", "session", "resource_request"]

TOKEN_REQUEST: Forbidden = "token_request"
SESSION: Forbidden = "session"
RESOURCE_REQUEST: Forbidden = "resource_request"


class Accepts(msgspec.Struct, frozen=True, tag="accepts"):
    """The session's last step of this kind succeeds."""

    session: str
    step: Step = "land"

    def __str__(self) -> str:
        return {"land": "logs in", "refresh": "refreshes", "call_api": "calls the API"}[self.step]


class Rejects(msgspec.Struct, frozen=True, tag="rejects"):
    """The session's last step of this kind is refused, before a request that must not come, or a session.

    `reasons` are the codes of a clean refusal, where a client names its reason in the words of the reference client.
    """

    session: str
    before: Forbidden = "session"
    step: Step = "land"
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        before = {
            "token_request": "without any token request",
            "session": "without a session that is signed in",
            "resource_request": "without using the token",
        }[self.before]
        return f"is refused, {before}"


class Follows(msgspec.Struct, frozen=True, tag="follows"):
    """What the session sends meets a named check (`scenarios.checks`)."""

    session: str
    check: str

    def __str__(self) -> str:
        return self.check.replace("_", " ")


Expectation = Accepts | Rejects | Follows
