"""What must hold whatever is generated: one exception class each, for Hypothesis tells failures apart by class."""

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.fuzzing import page_invariants as page_invariants
from scenarios.fuzzing import token_invariants as token_invariants
from scenarios.fuzzing.further_rules import FURTHER_RULES
from scenarios.fuzzing.violation import Violation, advice
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, REQUIRED, SHOULD
from scenarios.rules.always import RULES
from scenarios.specifications import RFC6749, RFC6750, RFC7636, RFC9110, RFC9700

_CSRF = "login CSRF: the victim works in the attacker's account, and the attacker reads along"
_COMPARE = "keep the state in the user's own session when the login begins, and compare the whole of it there, first"
_STOP = "look at `error` right after `state`, and end the attempt there"


class StateForeign(Violation):
    identifier = "callback/state-of-another-session"
    requirement = MUST("bind state to the browser session that began the login", RFC6749.section("10.12"))
    risk = _CSRF
    fix = _COMPARE


class StateMissing(Violation):
    identifier = "callback/state-missing"
    requirement = MUST("refuse an answer without the state that was sent", RFC6749.section("10.12"))
    risk = _CSRF
    fix = _COMPARE


class StateAltered(Violation):
    identifier = "callback/state-altered"
    requirement = PROSE("compare state exactly", RFC6749.section("4.1.2"), RFC6749.section("10.12"))
    risk = _CSRF
    fix = _COMPARE


class StateUsedAgain(Violation):
    identifier = "callback/state-used-again"
    requirement = MUST("use a state once", RFC9700.section("2.1"))
    risk = "a callback URL from a log or a history logs somebody in again"
    fix = "take the state out of the session when it is compared"


class ErrorOverlooked(Violation):
    identifier = "callback/error-overlooked"
    requirement = DERIVED("take an answer with `error` for an error", RFC6749.section("4.1.2.1"), security=True)
    risk = "a login that was declined goes on"
    fix = _STOP


class CodeMissing(Violation):
    identifier = "callback/code-missing"
    requirement = DERIVED("end the attempt where there is no code", RFC6749.section("4.1.2.1"), security=True)
    risk = "an empty code, or the word `undefined`, is posted with the app's credentials"
    fix = "a missing or empty code ends the attempt"


class ParameterRepeated(Violation):
    identifier = "callback/parameter-repeated"
    requirement = DERIVED("refuse an answer that holds a parameter twice", RFC6749.section("3.1"))
    risk = "one part of the application reads the first value, another the last"
    fix = "read all values of code, state and error, and refuse more than one"


class CodeChanged(Violation):
    identifier = "callback/code-changed"
    requirement = PROSE("send the code exactly as it came", RFC6749.section("4.1.2"), RFC6749.section("4.1.3"))
    risk = "logins fail at random: with every code that the change hits"
    fix = "decode the query once, and treat the code as opaque"


class CodeInjected(Violation):
    identifier = "callback/code-of-another-login"
    requirement = MUST("prevent the injection of authorization codes", RFC9700.section("2.1.1"), RFC9700.section("4.5"))
    risk = "a stolen code, put into the thief's own session, logs the thief in as its owner"
    fix = "send a code_challenge with each login, and its verifier with the code"


class CodeSentTwice(Violation):
    identifier = "callback/code-sent-twice"
    requirement = MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2"))
    risk = "the server revokes the tokens of the first use: the user is logged out"
    fix = "never retry a code exchange"


class VerifierOfAnother(Violation):
    identifier = "callback/verifier-of-another-login"
    requirement = REQUIRED("send the verifier of this login's challenge", RFC7636.section("4.5"))
    risk = "with two tabs open neither login works"
    fix = "keep the verifier with its login, by state"


class Downgraded(Violation):
    identifier = "callback/challenge-downgraded"
    requirement = MUST_NOT("fall back from S256 after a failure", RFC7636.section("7.2"))
    risk = "whoever makes one login fail reads the verifier of the next one, and redeems its code"
    fix = "begin again with a new verifier and S256, whatever the error was"


class Forwarded(Violation):
    identifier = "callback/parameter-forwarded"
    requirement = MUST("ignore unknown response parameters", RFC6749.section("4.1.2"))
    risk = "whoever forges a callback writes into the client's token request"
    fix = "build the token request from your own settings and the code alone"


class OtherGrant(Violation):
    identifier = "callback/other-grant"
    requirement = DERIVED("use no other grant in a login", RFC6749.section("4.1.3"), security=True)
    risk = "a user who declined is logged in as the application itself"
    fix = "end the attempt at an error"


class ErrorUriFetched(Violation):
    identifier = "callback/address-fetched"
    requirement = DERIVED("fetch nothing that a callback names", RFC6749.section("4.1.2.1"), security=True)
    risk = "anybody can make the server send requests into its own network"
    fix = "show error_uri to a person, or ignore it"


class TokenInCallback(Violation):
    identifier = "callback/token-taken"
    requirement = DERIVED("take tokens from the token endpoint alone", RFC6749.section("10.16"), security=True)
    risk = "anybody's token, put into a link, logs the victim in"
    fix = "ignore access_token in a callback"


class GenuineRefused(Violation):
    identifier = "callback/genuine-refused"
    requirement = PROSE("finish a login in the browser that began it", RFC6749.section("4.1.2"))
    risk = "nobody can log in, or not on the day when the server writes its answer a little differently"
    fix = "decode the query, whatever its order and spelling, and ignore unknown parameters"


class ForgedEndsLogin(Violation):
    identifier = "callback/forged-one-ends-the-login"
    requirement = DERIVED("leave a waiting login alone when a forged answer comes", RFC6749.section("10.12"))
    risk = "any page can end a user's login by opening a forged callback in a frame"
    fix = "compare the state first, and refuse the forged answer alone"


class AnotherPlace(Violation):
    identifier = "callback/another-place"
    requirement = advice("refuse an answer that arrives beside the redirection endpoint", RFC9700.section("4.4.2"))
    risk = "where several servers are told apart by their redirect URIs, answers are mixed up"
    fix = "compare the place of the landing with the redirect URI"


class Echoed(Violation):
    identifier = "callback/markup-echoed"
    requirement = MUST("sanitize what comes in", RFC6749.section("10.14"))
    risk = "cross-site scripting at the address that codes are sent to"
    fix = "escape what a page repeats, or repeat nothing"


class OpenRedirect(Violation):
    identifier = "callback/open-redirect"
    requirement = MUST_NOT("be an open redirector", RFC9700.section("4.11.1"), RFC6749.section("10.15"))
    risk = "phishing with the application's own name, and codes that leak to anybody"
    fix = "send the browser to a place of your own, chosen before the login"


class TokenInUrl(Violation):
    identifier = "callback/token-in-url"
    requirement = SHOULD("keep tokens out of page URLs", RFC6750.section("5.3"), RFC9700.section("4.3.2"))
    risk = "the token is in histories, logs and Referer headers"
    fix = "keep the token on the server"


class Restarted(Violation):
    identifier = "callback/login-restarted"
    requirement = advice("end at an error page, and not in another login", RFC6749.section("4.1.2.1"))
    risk = "where the server answers with an error again, the browser goes round in circles"
    fix = "show the error, with a link to try again"


class ServerFailed(Violation):
    identifier = "callback/status-5xx"
    requirement = advice("answer a bad callback with a page that is meant", RFC6749.section("4.1.2.1"))
    risk = "an exception that nobody expected: what else did it skip?"
    fix = "catch it, and say in words what was wrong"


class Hung(Violation):
    identifier = "any/answers-in-time"
    requirement = DERIVED("answer in time, whatever comes", RFC9110.section("2.3"), security=True)
    risk = "one link stops the application"
    fix = "bound what is read, and give every wait a deadline"


class Died(Violation):
    identifier = "any/lives-on"
    requirement = DERIVED("live on, whatever comes", RFC9110.section("2.3"), security=True)
    risk = "one link ends the application, for everybody"
    fix = "catch what a request may raise"


class Wedged(Violation):
    identifier = "any/genuine-login-afterwards"
    requirement = DERIVED("let others log in after a bad message", RFC9110.section("2.3"), security=True)
    risk = "one link locks everybody out"
    fix = "keep nothing of a bad message in what all sessions share"


class Unexplained(Violation):
    identifier = "any/failure-not-meant"
    requirement = DERIVED("fail with a reason of one's own", RFC6749.section("5.2"))
    risk = "an exception that nobody expects leaves work half done"
    fix = "read every member with its type in mind, and raise your own error"


def _rule_broken() -> Mapping[str, type[Violation]]:
    return MappingProxyType(
        {
            rule.identifier: type(
                f"Broken_{rule.identifier.rpartition('/')[2].replace('-', '_')}",
                (Violation,),
                {
                    "__doc__": f"The rule {rule.identifier}.",
                    "identifier": rule.identifier,
                    "requirement": rule.requirement,
                    "risk": rule.risk,
                    "fix": rule.fix,
                },
            )
            for rule in (*RULES, *FURTHER_RULES)
        }
    )


RULE_BROKEN: Mapping[str, type[Violation]] = _rule_broken()
"""A class for each of the rules that hold in every login."""

INVARIANTS: Mapping[str, type[Violation]] = MappingProxyType(
    {each.identifier: each for each in Violation.__subclasses__()}
)
"""Every invariant by its identifier."""
