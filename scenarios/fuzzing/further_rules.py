"""Rules that the fuzzer asks beside those of every login; `run` has a scenario for each."""

from scenarios.checks import bearer, freshness, pkce, token_request
from scenarios.model.requirement import DOC, MUST, MUST_NOT, PROSE, SHOULD
from scenarios.rules.rule import Rule
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749, RFC6750, RFC7636

_HEADER = "send the access token as `Authorization: Bearer`, and nowhere else"

FURTHER_RULES: tuple[Rule, ...] = (
    Rule(
        "rule/state-is-printable",
        PROSE("make a state of printable ASCII", RFC6749.section("A.5")),
        freshness.state_is_printable,
        risk="a strict server refuses the login, or the state comes back as something else, and the client refuses it",
        fix="encode what the state is made of, as base64url or in hexadecimal digits",
    ),
    Rule(
        "rule/state-tells-no-secret",
        MUST_NOT("send credentials in the clear, also not inside state", RFC6749.section("10.8")),
        freshness.state_and_scope_hold_no_secret,
        risk="whoever reads the address has the verifier, a token or the app's secret: encoding is no encryption",
        fix="keep on the server what belongs to a login, and send nothing but a random state",
    ),
    Rule(
        "rule/challenge-method-is-s256",
        MUST("use S256, and spell it so", RFC7636.section("4.2"), RFC7636.section("4.3")),
        pkce.challenge_method_is_s256,
        risk="with `plain`, or a method that the server takes for plain, whoever reads the request has the verifier",
        fix="send code_challenge_method=S256, with a capital S",
    ),
    Rule(
        "rule/pkce-app-sends-no-secret",
        DOC("have no secret as a PKCE app", FRAMEIO_GUIDE.section("building an app"), refused=True),
        token_request.pkce_app_sends_no_secret,
        risk="the server denies a secret that it never issued; an empty one is a parameter without a value",
        fix="leave client_secret out of the body, also an empty one",
        app_kinds=("pkce",),
    ),
    Rule(
        "rule/body-with-a-token-is-a-form",
        MUST_NOT("send an access token in a body that is no form", RFC6750.section("2.2")),
        bearer.body_with_a_token_is_a_form,
        risk="the API does not find the token, and it is kept with the documents that are logged or stored",
        fix=_HEADER,
    ),
    Rule(
        "rule/access-token-is-in-the-header",
        SHOULD("send an access token in the Authorization header", RFC6750.section("2.1")),
        bearer.access_token_is_in_the_header,
        risk="bodies and URLs are logged and stored where headers are not",
        fix=_HEADER,
    ),
    Rule(
        "rule/scheme-is-spelled-bearer",
        SHOULD("spell the scheme Bearer", RFC6750.section("2.1")),
        bearer.scheme_is_spelled_bearer,
        risk="an API that compares the scheme letter by letter refuses the token (HTTP would have it accepted)",
        fix="write `Bearer` in the header, however token_type is spelled in the answer",
    ),
)
