"""What must hold of token answers and refreshes, whatever is generated."""

from scenarios.fuzzing.violation import Violation, advice
from scenarios.model.requirement import DERIVED, MUST_NOT, PROSE, REQUIRED, SHOULD
from scenarios.specifications import OAUTH21, RFC6749, RFC6750, RFC9110


class InvalidTaken(Violation):
    identifier = "token/invalid-answer-taken"
    requirement = PROSE("take for a success what is one", RFC6749.section("5.1"), RFC6749.section("5.2"))
    risk = "users are logged in by a refusal, or with no token at all"
    fix = "look at the status, the media type, `error`, `access_token` and `token_type`, in this order"


class TypeUnknown(Violation):
    identifier = "token/type-unknown"
    requirement = MUST_NOT("use a token of a type that is not understood", RFC6749.section("7.1"))
    risk = "a token is used in a way that it is not meant for"
    fix = "go on with `bearer` alone, in any case"


class ErrorTaken(Violation):
    identifier = "token/error-taken"
    # The answer has a token as well, or there would be nothing to take. RFC 6749 5.1 has unknown names ignored.
    requirement = DERIVED(
        "take `error` for a failure beside a token too", RFC6749.section("5.2"), RFC6749.section("5.1")
    )
    risk = "a server that contradicts itself logs users in"
    fix = "look for `error` in the JSON first"


class StatusIgnored(Violation):
    identifier = "token/status-ignored"
    requirement = PROSE("take 200 alone for a success", RFC6749.section("5.1"), RFC6749.section("5.2"))
    risk = "users are logged in by a refusal, or by a proxy's page"
    fix = "go on with 200 alone"


class OtherSuccess(Violation):
    identifier = "token/other-2xx-taken"
    requirement = DERIVED("take 200 alone for a success", RFC6749.section("5.1"))
    risk = "a cached or partial answer is taken for a whole one"
    fix = "go on with 200 alone"


class RedirectedInCircles(Violation):
    identifier = "token/redirected-in-circles"
    requirement = SHOULD("detect redirects that go in a circle", RFC9110.section("15.4"))
    risk = "one login keeps client and server busy for ever"
    fix = "do not follow redirects of the token request: switch them off in the HTTP client"


class MemberRepeated(Violation):
    identifier = "token/member-repeated"
    requirement = advice("refuse an answer that holds a member twice", RFC6749.section("5.1"))
    risk = "a filter before the client reads the first value, the client the last"
    fix = "have the JSON parser refuse repeated names"


class MediaTypeIgnored(Violation):
    identifier = "token/media-type-ignored"
    requirement = DERIVED("read JSON where the answer says that it is JSON", RFC6749.section("5.1"))
    risk = "a captive portal's page, or an error page that quotes a token, is taken for an answer"
    fix = "compare the media type with application/json, without its parameters"


class ValidRefused(Violation):
    identifier = "token/valid-answer-refused"
    requirement = PROSE("take an answer that the specification allows", RFC6749.section("5.1"))
    risk = "the login breaks on the day when the server says a little more, or less"
    fix = "demand access_token and token_type, and nothing else; ignore unknown members"


class ScopeInvented(Violation):
    identifier = "token/scope-not-as-granted"
    requirement = REQUIRED("take the scope of the answer for the granted one", RFC6749.section("5.1"))
    risk = "the application believes in rights that the user did not give"
    fix = "store the answer's scope; the one that was asked for counts only where the answer has none"


class LifetimeInvented(Violation):
    identifier = "token/lifetime-not-as-said"
    requirement = PROSE("take expires_in for seconds", RFC6749.section("5.1"))
    risk = "the token is used long after its end, or refreshed with every call"
    fix = "add expires_in seconds to the time of the answer"


class RefreshTokenInvented(Violation):
    identifier = "token/refresh-token-invented"
    requirement = REQUIRED("refresh with the refresh token that was issued last", RFC6749.section("6"))
    risk = "users are logged out an hour, or two, after they logged in"
    fix = "store a refresh token that came, keep the old one where none came, and send it unchanged"


class TokenChanged(Violation):
    identifier = "token/access-token-changed"
    requirement = PROSE("send the access token exactly as it came", RFC6750.section("2.1"), OAUTH21.section("1.4"))
    risk = "the API refuses every call"
    fix = "treat the token as opaque, of any length"


class OldTokenUsed(Violation):
    identifier = "token/old-token-after-refresh"
    requirement = PROSE("use the token that a refresh brought", RFC6749.section("1.5"))
    risk = "every call that comes upon an expired token fails, though the refresh worked"
    fix = "take the token for the repeated call from the answer to the refresh"


class CalledForEver(Violation):
    identifier = "token/api-called-for-ever"
    requirement = SHOULD("show what an API keeps refusing, and stop", RFC9110.section("15.5.2"))
    risk = "one user whose session is dead keeps the API and the token endpoint busy"
    fix = "refresh once after a 401, repeat the call once, and then give up"


class RefusedTokenKept(Violation):
    identifier = "token/refused-refresh-token-kept"
    # A library that raises an error each time has told its caller, who may be the one to drop the token.
    requirement = DERIVED("drop a refresh token that was refused", RFC6749.section("5.2"))
    risk = "a dead session asks the server with every click, for ever, until it is throttled or blocked"
    fix = "drop the tokens when the server says invalid_grant, and ask the user to log in"


class RefreshRepeated(Violation):
    identifier = "token/refused-refresh-repeated"
    requirement = DERIVED("send a refused refresh token no second time", RFC6749.section("5.2"))
    risk = "the server locks the application out"
    fix = "drop a refresh token that was refused, and ask the user to log in"


class RefreshLost(Violation):
    identifier = "token/refresh-token-lost"
    requirement = DERIVED("keep the refresh token through an outage", RFC6749.section("1.5"))
    risk = "a server that is down for a moment logs everybody out"
    fix = "drop the refresh token only where the server says that it is no good"


class RefreshCarriesMore(Violation):
    identifier = "token/refresh-carries-more"
    requirement = DERIVED("send nothing with a refresh that it does not need", RFC6749.section("6"))
    risk = "tokens and settings of the application end up in other people's logs"
    fix = "build the request from grant_type, refresh_token, scope and client_id alone"


class RefreshScopeWider(Violation):
    identifier = "token/refresh-scope-wider"
    requirement = MUST_NOT("ask for more scope than was granted when refreshing", RFC6749.section("6"))
    risk = "a strict server refuses every refresh, and users have to log in every hour"
    fix = "send the scope that was granted, or none"
