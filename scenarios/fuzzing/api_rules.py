"""Rules on calls of the API, which the fuzzer asks beside those of every login; `run` has a scenario for each."""

from scenarios.checks import bearer
from scenarios.model.requirement import MUST_NOT, SHOULD
from scenarios.rules.rule import Rule
from scenarios.specifications import RFC6750

_HEADER = "send the access token as `Authorization: Bearer`, and nowhere else"

API_RULES: tuple[Rule, ...] = (
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
