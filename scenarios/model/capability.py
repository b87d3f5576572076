"""What an application can be asked to do, and what can be seen of it: a closed list."""

from enum import Enum

OTHER_NAME = "mock.oauthspec.test"
"""A name that is not this machine's, and leads to it where somebody has seen to that; `.test` belongs to nobody."""


class Capability(Enum):
    """One thing that a scenario may need; `begin` and `land` are no capabilities, for they cannot be absent."""

    SESSIONS = "sessions"
    CONCURRENT = "concurrent"
    REFRESH = "refresh"
    CALL_API = "call_api"
    PARALLEL_CALLS = "parallel_calls"
    SIGNED_IN = "signed_in"
    REASON = "reason"
    GRANTED_SCOPE = "granted_scope"
    EXPIRY = "expiry"
    HTML = "html"
    POST_CALLBACK = "post_callback"
    RESTART = "restart"
    CLOCK = "clock"
    SECOND_PROCESS = "second_process"
    OTHER_NAMES = "other_names"
    PKCE = "pkce"
    ISSUER = "issuer"
    DISCOVERY = "discovery"
    REDIRECT_URI = "redirect_uri"
    SCOPE = "scope"


MEANINGS = {
    Capability.SESSIONS: "two user agents of one application are two sessions",
    Capability.CONCURRENT: "several sessions may be served at the same time",
    Capability.REFRESH: "the application can be told to refresh its access token",
    Capability.CALL_API: "the application can be told to call the API",
    Capability.PARALLEL_CALLS: "one session can be told to call the API several times at once",
    Capability.SIGNED_IN: "it can be told whether a session is signed in",
    Capability.REASON: "a refusal says why",
    Capability.GRANTED_SCOPE: "it says what scope it believes to have been granted",
    Capability.EXPIRY: "it says when it believes the access token to expire",
    Capability.HTML: "it answers a browser with pages",
    Capability.POST_CALLBACK: "its redirection endpoint can be sent a POST",
    Capability.RESTART: "it can be restarted and keeps what it stores",
    Capability.CLOCK: "its clock can be moved",
    Capability.SECOND_PROCESS: "it can be run twice over the same storage",
    Capability.OTHER_NAMES: f"the name {OTHER_NAME} leads to this machine, as that of another",
    Capability.PKCE: "it sends a code_challenge",
    Capability.ISSUER: "it compares the issuer of an authorization response",
    Capability.DISCOVERY: "it reads the server's metadata, if it is told of any",
    Capability.REDIRECT_URI: "it sends the redirect URI that it is told",
    Capability.SCOPE: "it asks for the scopes that it is told",
}

TOLD = frozenset({Capability.REDIRECT_URI, Capability.SCOPE})
"""What every application can be told, unless its first login shows that it has settled it for itself."""

# How somebody whose client can do it says so; what is not here is declared in the client or its adapter.
DECLARED_BY = {
    Capability.REFRESH: "Say where with --refresh PATH, or give a client in Python a refresh(session)",
    Capability.CALL_API: "Say where with --api-call PATH, or give a client in Python a call_api(session)",
    Capability.PARALLEL_CALLS: "Say where with --api-call PATH, or declare it in the client",
    Capability.SIGNED_IN: "Say how to see it with --signed-in PROBE, or declare it in the client",
    Capability.HTML: "Judge the application itself, with --login PATH -- COMMAND",
    Capability.POST_CALLBACK: "Judge the application itself, with --login PATH -- COMMAND",
    Capability.DISCOVERY: "Hand it {metadata_url} with --env NAME={metadata_url}, or declare it in the client",
}
DECLARED_OTHERWISE = "Declare it in the client or its adapter"


def absent(capability: Capability) -> tuple[str, str]:
    """Why a scenario does not apply to an application without a capability, and what to do about it."""
    cause = f"It needs an application where {MEANINGS[capability]} ({capability.value})."
    return cause, f"{DECLARED_BY.get(capability, DECLARED_OTHERWISE)}, if it can do that."
