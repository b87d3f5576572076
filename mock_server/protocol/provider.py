"""Every point on which deployments differ, as one frozen value, each point with its evidence.

`FRAMEIO` is the default. Its evidence is of five kinds: *documented* (Frame.io's guide says so), *recorded* (an
unmodified engine of the family that Frame.io is believed to run answered so), *source* (read in that engine's source),
*observed* (public client code that works against Frame.io shows it) and *assumed* (nobody outside knows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, get_args, get_type_hints

from mock_server.protocol.errors import ErrorFormat
from mock_server.protocol.vocabulary import JWT_BEARER_GRANT, ResponseMode

KeptRefreshToken = Literal["absent", "null", "empty"]

EvidenceKind = Literal["documented", "recorded", "source", "observed", "assumed"]


def _point(default: Any, kind: EvidenceKind, where: str, *, leniency: str = "") -> Any:
    return field(default=default, metadata={"kind": kind, "where": where, "leniency": leniency})


_RECORDED = "fosite 0.40.2, topic "


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How one deployment behaves; change a point with `dataclasses.replace`, or by name with `changed`."""

    name: str = _point("frameio", "assumed", "our own word")

    # What answers look like.
    error_format: ErrorFormat = _point("E3", "assumed", "the era of Frame.io's engine is not known; E3 is current")
    redirect_status: Literal[302, 303] = _point(302, "recorded", _RECORDED + "flow; 303 from fosite 0.41")
    success_space: Literal["+", "%20"] = _point("+", "recorded", _RECORDED + "state")
    fragment_is_raw: bool = _point(
        True, "recorded", _RECORDED + "response-mode: a success in a fragment is not form-encoded; mended in 0.42"
    )
    no_store_on_errors: bool = _point(True, "recorded", _RECORDED + "client-auth; absent in fosite 0.32")
    invalid_client_challenge: bool = _point(False, "recorded", _RECORDED + "client-auth: no WWW-Authenticate")
    scope_order: Literal["sorted", "granted"] = _point("sorted", "documented", "the guide's sample answer")
    unsupported_grant_type_error: Literal["invalid_request", "unsupported_grant_type"] = _point(
        "invalid_request", "recorded", _RECORDED + "grant-type"
    )
    unregistered_grant_type_error: Literal["unauthorized_client", "invalid_grant"] = _point(
        "unauthorized_client", "recorded", _RECORDED + "grant-type; invalid_grant in fosite 0.32"
    )
    expired_refresh_token_error: Literal["invalid_request", "invalid_grant"] = _point(
        "invalid_request", "recorded", _RECORDED + "expiry; invalid_grant from fosite 0.41"
    )
    # Grant types that the engine knows but no app of ours is registered for.
    other_grant_types: tuple[str, ...] = _point(("client_credentials",), "recorded", _RECORDED + "grant-type")
    unsupported_grant_before_authentication: bool = _point(True, "recorded", _RECORDED + "grant-type")

    # The authorization endpoint.
    minimum_state_length: int = _point(8, "recorded", _RECORDED + "state; counted in bytes")
    response_modes: tuple[ResponseMode, ...] = _point(
        ("query", "fragment", "form_post"), "recorded", _RECORDED + "response-mode; none at all in fosite 0.32"
    )
    repeated_parameters: Literal["first_counts", "refused"] = _point(
        "first_counts", "recorded", _RECORDED + "state, code, redirect"
    )
    redirect_uri_comparison: Literal["exact", "case_insensitive"] = _point(
        "exact", "recorded", _RECORDED + "redirect; without regard to case in fosite 0.32"
    )
    redirect_uri_decoded_twice: bool = _point(False, "recorded", _RECORDED + "redirect; true in fosite 0.32")
    loopback_redirect: Literal["any_port", "any_port_and_query", "exact"] = _point(
        "any_port", "recorded", _RECORDED + "redirect; 127.0.0.1 and [::1], never localhost"
    )
    insecure_redirect_hosts: tuple[str, ...] = _point(
        ("localhost", "127.0.0.1", "::1"), "recorded", _RECORDED + "redirect; [::1] not in fosite 0.32"
    )
    blank_scopes: Literal["dropped", "refused"] = _point(
        "dropped", "recorded", _RECORDED + "scope; refused in fosite 0.32"
    )
    scope_matching: Literal["wildcard", "exact"] = _point("wildcard", "source", "the engine's default strategy")
    issuer_in_response: bool = _point(False, "documented", "the guide's callback reads code, scope, state and error")

    # PKCE.
    pkce_required: Literal["nobody", "public_clients", "everyone"] = _point(
        "nobody", "observed", "the guide's own sample and a public app that works send no challenge"
    )
    pkce_plain_allowed: bool = _point(False, "recorded", _RECORDED + "pkce-auth")
    # A variation: an old server that has never heard of PKCE ignores its parameters (RFC 7636 5).
    pkce_supported: bool = _point(True, "recorded", _RECORDED + "pkce-token")

    # Tokens.
    code_lifetime: int = _point(600, "recorded", _RECORDED + "expiry; seconds")
    access_token_lifetime: int = _point(3600, "documented", "the guide: 3600, in seconds")
    refresh_token_lifetime: int = _point(2_592_000, "documented", "the guide: 30 days, in seconds")
    expires_in_sent: bool = _point(True, "documented", "the guide's sample answer")
    refresh_token_scopes: tuple[str, ...] = _point(
        ("offline", "offline_access"), "recorded", _RECORDED + "scope; the guide names offline"
    )
    refresh_token_issued: Literal["with_scope", "always", "never"] = _point(
        "with_scope", "documented", "the guide: with the offline scope"
    )
    refresh_token_rotates: bool = _point(True, "observed", "a public app stores the rotated token; recorded too")
    # What stands for the refresh token in an answer that brings no new one.
    kept_refresh_token: KeptRefreshToken = _point("absent", "assumed", "the guide: a new one may or may not come")
    refresh_token_reuse: Literal["revokes_family", "is_unknown"] = _point(
        "revokes_family", "recorded", _RECORDED + "refresh; unknown in fosite 0.32. Not known of Frame.io itself"
    )
    token_type: str = _point("bearer", "documented", "the guide's sample answer")
    code_prefix: str = _point("", "recorded", "43.43 characters; engine 2.x has ory_ac_")
    # Variations: a code may be of any length, and may end as base64 does (RFC 6749 4.1.2, A.11).
    code_suffix: str = _point("", "recorded", "43.43 characters of base64url; nothing behind them")
    code_length: int = _point(0, "recorded", "43.43 characters; cut to so many where this is not 0")
    access_token_prefix: str = _point("", "recorded", "43.43 characters; engine 2.x has ory_at_")
    refresh_token_prefix: str = _point("", "recorded", "43.43 characters; engine 2.x has ory_rt_")

    # Beside the two endpoints.
    metadata: bool = _point(False, "assumed", "no such document is documented or seen in client code")
    cors_origins: tuple[str, ...] = _point((), "recorded", _RECORDED + "token-transport: no CORS headers")
    api_rate_limit: int = _point(50, "documented", "calls per window for a token, as told in x-ratelimit-limit")
    api_rate_window: int = _point(1000, "documented", "milliseconds, as told in x-ratelimit-window")

    # Leniencies: what a deployment may forgive. The strict answer is worked out and recorded beside the lenient one.
    accepts_secret_in_body: bool = _point(
        False, "recorded", _RECORDED + "client-auth", leniency="a Basic app may send its secret in the body"
    )
    accepts_authorization_of_pkce_app: bool = _point(
        False, "documented", "or else denied", leniency="a PKCE app may send an Authorization header"
    )
    accepts_public_basic_without_password: bool = _point(
        False, "recorded", _RECORDED + "client-auth; accepted from fosite 0.42",
        leniency="a PKCE app may send a Basic header with an empty password",
    )
    accepts_raw_basic: bool = _point(
        False, "recorded", _RECORDED + "client-auth", leniency="id and secret in Basic need not be form-encoded"
    )
    accepts_other_redirect_uri: bool = _point(
        False, "recorded", _RECORDED + "code", leniency="redirect_uri may differ or be missing in the token request"
    )
    accepts_parameters_in_query: bool = _point(
        False, "recorded", _RECORDED + "token-transport", leniency="token parameters may come in the query"
    )
    accepts_json_body: bool = _point(
        False, "recorded", _RECORDED + "token-transport", leniency="the token request may be JSON"
    )
    accepts_missing_verifier: bool = _point(
        False, "recorded", _RECORDED + "pkce-token", leniency="code_verifier may be missing although a challenge came"
    )
    accepts_missing_client_id: bool = _point(
        False, "documented", "or else denied", leniency="a PKCE app may leave its client_id out of the body"
    )
    accepts_plain_challenge: bool = _point(
        False, "recorded", _RECORDED + "pkce-auth", leniency="code_challenge_method may be plain, or missing"
    )
    accepts_any_verifier: bool = _point(
        False, "recorded", _RECORDED + "pkce-token", leniency="code_verifier is not compared with anything"
    )
    accepts_s256_in_any_case: bool = _point(
        False, "recorded", _RECORDED + "pkce-auth", leniency="code_challenge_method may be spelled s256"
    )
    accepts_short_state: bool = _point(
        False, "recorded", _RECORDED + "state", leniency="state may be short or missing"
    )
    accepts_token_in_query: bool = _point(
        False, "assumed", "the API documents the header only", leniency="the API takes access_token from the query"
    )

    def changed(self, changes: Mapping[str, Any]) -> "Provider":
        """This provider with some points changed by name; `ValueError` names an unknown point or a bad value."""
        for name, value in changes.items():
            check_point(name, value)
        return replace(self, **changes)


_FIELDS: Mapping[str, "Field[Any]"] = MappingProxyType({f.name: f for f in fields(Provider)})
_TYPES: Mapping[str, Any] = MappingProxyType(get_type_hints(Provider))

# What a clock can be added to without loss.
_LARGEST = 1 << 53

LENIENCIES: Mapping[str, str] = MappingProxyType(
    {name: f.metadata["leniency"] for name, f in _FIELDS.items() if f.metadata["leniency"]}
)


def check_point(name: str, value: Any) -> None:
    """Refuse a point that does not exist, or a value that it cannot have, with a `ValueError` that names both."""
    if name not in _FIELDS or name == "name":
        raise ValueError(f"unknown point of a provider: {name!r}; known: {', '.join(sorted(set(_FIELDS) - {'name'}))}")
    expected = _TYPES[name]
    choices = get_args(expected)
    if choices and choices[-1] is Ellipsis:
        good = isinstance(value, tuple) and all(_is_one_of(item, choices[0]) for item in value)
    else:
        good = _is_one_of(value, expected)
    if not good:
        wanted = expected.__name__ if isinstance(expected, type) else str(expected).replace("typing.", "")
        raise ValueError(f"{name} cannot be {value!r}; expected {wanted}")


def _is_one_of(value: Any, expected: Any) -> bool:
    if expected is int:
        return type(value) is int and abs(value) <= _LARGEST
    if expected is str:
        # Each of these texts ends in a header, a URL or a JSON answer.
        return type(value) is str and value.isascii() and value.isprintable()
    if isinstance(expected, type):
        return type(value) is expected
    # 302.0 and True are equal to what they are not.
    return any(value == choice and type(value) is type(choice) for choice in get_args(expected))


def explained(provider: Provider) -> Iterator[tuple[str, Any, EvidenceKind, str]]:
    """Each point of a provider: name, value, kind of evidence, where. Points changed from `FRAMEIO` say so."""
    for name, point in _FIELDS.items():
        value = getattr(provider, name)
        kind, where = point.metadata["kind"], point.metadata["where"]
        yield name, value, kind, where if value == point.default else f"{provider.name}; Frame.io: {point.default!r}"


FRAMEIO = Provider()

FOSITE_0_40_2 = replace(FRAMEIO, name="fosite-0.40.2", scope_order="granted")

FOSITE_0_42_2 = replace(
    FOSITE_0_40_2,
    name="fosite-0.42.2",
    redirect_status=303,
    fragment_is_raw=False,
    expired_refresh_token_error="invalid_grant",
    accepts_public_basic_without_password=True,
    other_grant_types=("client_credentials", JWT_BEARER_GRANT),
)

FOSITE_0_32_2 = replace(
    FOSITE_0_40_2,
    name="fosite-0.32.2",
    error_format="E1",
    success_space="%20",
    no_store_on_errors=False,
    unregistered_grant_type_error="invalid_grant",
    unsupported_grant_before_authentication=False,
    response_modes=(),
    redirect_uri_comparison="case_insensitive",
    redirect_uri_decoded_twice=True,
    loopback_redirect="any_port_and_query",
    insecure_redirect_hosts=("localhost", "127.0.0.1"),
    blank_scopes="refused",
    refresh_token_reuse="is_unknown",
)

# What RFC 9700 would have of a server, where Frame.io's is laxer.
STRICT = replace(
    FRAMEIO,
    name="strict",
    redirect_status=303,
    fragment_is_raw=False,
    invalid_client_challenge=True,
    unsupported_grant_type_error="unsupported_grant_type",
    expired_refresh_token_error="invalid_grant",
    repeated_parameters="refused",
    loopback_redirect="any_port",
    scope_matching="exact",
    issuer_in_response=True,
    pkce_required="everyone",
    metadata=True,
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {p.name: p for p in (FRAMEIO, STRICT, FOSITE_0_32_2, FOSITE_0_40_2, FOSITE_0_42_2)}
)
