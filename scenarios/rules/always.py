"""The rules, in the order in which a login meets them."""

from scenarios.checks import freshness, pkce, refresh, secrecy, token_request
from scenarios.model.requirement import DERIVED, DOC, MUST, MUST_NOT, PROSE, REQUIRED, SHOULD
from scenarios.rules.rule import Rule
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749, RFC7636, RFC9110, RFC9700

RULES: tuple[Rule, ...] = (
    Rule(
        "rule/state-never-repeats",
        MUST("make a state of its own for each login", RFC9700.section("2.1"), RFC6749.section("10.12")),
        freshness.state_never_repeats,
        risk="a state that is known in advance protects nobody: whoever knows it can forge a callback",
        fix="draw a new random state for every authorization request",
        across_logins=True,
    ),
    Rule(
        "rule/state-is-long-enough",
        MUST("make values that cannot be guessed", RFC6749.section("10.10")),
        freshness.state_is_long_enough,
        risk="a short state can be guessed, and with it a callback be forged",
        fix="use at least 128 random bits, as 22 characters of base64url or a UUID",
    ),
    Rule(
        "rule/challenge-never-repeats",
        PROSE("make a code verifier of its own for each authorization request", RFC7636.section("4.1")),
        freshness.challenge_never_repeats,
        risk="whoever learns one verifier can redeem every later code",
        fix="make the verifier where the login begins, and keep it with that login",
        across_logins=True,
    ),
    Rule(
        "rule/challenge-is-well-formed",
        PROSE("send the base64url-encoded SHA-256 of the verifier, without padding", RFC7636.section("4.2")),
        pkce.challenge_is_well_formed,
        risk="no server can match such a challenge: every login fails, or PKCE is silently off",
        fix="base64url-encode the 32 bytes of the digest and strip the padding",
    ),
    Rule(
        "rule/verifier-is-well-formed",
        PROSE("use 43 to 128 unreserved characters", RFC7636.section("4.1")),
        pkce.verifier_is_well_formed,
        risk="a strict server refuses the verifier, a lax one accepts too little entropy",
        fix="base64url-encode 32 random bytes: 43 characters",
    ),
    Rule(
        "rule/verifier-matches-the-challenge",
        REQUIRED("send the verifier of the login's challenge", RFC7636.section("4.5")),
        pkce.verifier_matches_the_challenge,
        risk="the login fails, or the verifier of another user's login leaks",
        fix="keep the verifier with its login, by state, and not in one place for all",
        across_logins=True,
    ),
    Rule(
        "rule/verifier-goes-with-a-challenge",
        DERIVED(
            "send a verifier if, and only if, a challenge was sent", RFC9700.section("4.8"), RFC7636.section("4.5"),
            security=True,
        ),
        pkce.verifier_goes_with_a_challenge,
        risk="PKCE can be downgraded: an injected code is redeemed without a verifier",
        fix="refuse to redeem a code when the stored verifier is gone",
    ),
    Rule(
        "rule/token-request-is-a-form-post",
        MUST("send token requests by POST, as a form", RFC6749.section("3.2"), RFC6749.section("4.1.3")),
        token_request.token_request_is_a_form_post,
        risk="credentials end up in URLs and logs, or the server refuses the request",
        fix="POST application/x-www-form-urlencoded",
    ),
    Rule(
        "rule/redirect-uri-is-repeated",
        REQUIRED("repeat the redirect_uri of the authorization request", RFC6749.section("4.1.3")),
        token_request.redirect_uri_is_repeated,
        risk="a code that was sent to another address can be redeemed here",
        fix="send the same string in both requests, from one setting",
    ),
    Rule(
        "rule/code-is-sent-once",
        MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2")),
        token_request.code_is_sent_once,
        risk="the server revokes the tokens of the first use: the user is logged out at random",
        fix="never retry a code exchange, and make the callback idempotent",
    ),
    Rule(
        "rule/one-authentication-method",
        MUST_NOT("authenticate in more than one way in a request", RFC6749.section("2.3")),
        token_request.one_authentication_method,
        risk="the server refuses the request, and the secret travels twice",
        fix="send the Authorization header alone",
    ),
    Rule(
        "rule/parameters-are-not-repeated",
        MUST_NOT("repeat a request parameter", RFC6749.section("3.1"), RFC6749.section("3.2")),
        token_request.parameters_are_not_repeated,
        risk="two parties read two different values of one parameter",
        fix="merge configured parameters with the library's instead of appending them",
    ),
    Rule(
        "rule/pkce-app-sends-no-authorization",
        DOC("send no Authorization header as a PKCE app", FRAMEIO_GUIDE.section("code flow"), refused=True),
        token_request.pkce_app_sends_no_authorization,
        risk="Frame.io denies the request: nobody can log in",
        fix="leave the header out where there is no secret, also the empty `client_id:`",
        app_kinds=("pkce",),
    ),
    Rule(
        "rule/pkce-app-sends-its-client-id",
        MUST("send client_id in the body when not authenticating", RFC6749.section("3.2.1")),
        token_request.pkce_app_sends_its_client_id,
        risk="the server cannot tell whose code it is, and denies the request",
        fix="add client_id to the body of every token request",
        app_kinds=("pkce",),
    ),
    Rule(
        "rule/basic-app-authenticates",
        MUST("authenticate on every token request", RFC6749.section("3.2.1"), RFC6749.section("4.1.3")),
        token_request.basic_app_authenticates,
        risk="the server denies the request; one that does not lets anybody redeem stolen codes",
        fix="send Authorization: Basic on the code exchange and on every refresh",
        app_kinds=("basic",),
    ),
    Rule(
        "rule/no-secret-in-a-url",
        MUST_NOT("put credentials or tokens into a request URI", RFC6749.section("2.3.1"), RFC9700.section("4.3.2")),
        secrecy.no_secret_in_a_url,
        risk="URLs are logged, cached and sent on as Referer: the secret is public",
        fix="send secrets in the body or in the Authorization header",
    ),
    Rule(
        "rule/no-secret-at-another-origin",
        SHOULD("strip credentials when a request is redirected", RFC9110.section("15.4"), RFC9700.section("4.12")),
        secrecy.no_secret_at_another_origin,
        risk="whoever can redirect the token endpoint collects secrets, codes and tokens",
        fix="do not follow redirects of the token request",
    ),
    Rule(
        "rule/refresh-scope-is-not-wider",
        MUST_NOT("ask for more scope than was granted when refreshing", RFC6749.section("6")),
        refresh.refresh_scope_is_not_wider,
        risk="a strict server refuses every refresh, and users have to log in every hour",
        fix="send the scope of the login, or none",
    ),
)
