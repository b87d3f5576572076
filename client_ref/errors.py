"""Why the client declined to go on: one class and one stable code for each reason.

    Refusal                      somebody else's message was not acceptable; nothing was kept
    ├── LandingRefused           what the browser brought to the redirection endpoint
    │   ├── LandingMalformed  LandingElsewhere  ParameterRepeated
    │   ├── StateMissing  StateMismatch  LoginExpired
    │   ├── IssuerMissing  IssuerMismatch
    │   └── AuthorizationError  CodeMissing  CodeMalformed
    ├── AnswerRefused            what the token endpoint, the revocation endpoint or the API answered
    │   ├── Redirected  StatusUnexpected  MediaTypeUnexpected  NotJson  MemberRepeated
    │   ├── TokenError  ErrorInSuccess
    │   ├── AccessTokenMissing  AccessTokenMalformed  TokenTypeMissing  TokenTypeUnknown
    │   ├── ExpiresInMalformed  ScopeMalformed  RefreshTokenMalformed
    │   ├── MetadataElsewhere  MetadataMalformed
    │   └── Forbidden  TryLater
    ├── ExchangeFailed           no whole answer came
    │   └── TimedOut  Unreachable  AnswerTooLarge  AnswerEncoded
    └── LoginRequired            only a new login helps
        └── NotLoggedIn  NoRefreshToken  RefreshRefused  AccessTokenRefused

    ProgrammerError              our caller's mistake, never the server's
    └── ConfigurationError  WrongAnswer

Evidence is redacted before it gets here: a refusal can be logged, printed and shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Refusal(Exception):
    """The client declines to go on.

    `code` is stable, `clause` is what it stands on, `cause` says what was wrong, `next_step` what helps.
    """

    code: str
    clause: ClassVar[str]
    cause: ClassVar[str]
    next_step: ClassVar[str] = "Begin the login again."

    def __init__(self, **evidence: str) -> None:
        self.evidence: Mapping[str, str] = MappingProxyType({name: text for name, text in evidence.items() if text})
        seen = ", ".join(f"{name}: {text}" for name, text in self.evidence.items())
        super().__init__(f"{self.cause}{f' ({seen})' if seen else ''}. {self.next_step} [{self.clause}]")


class _OAuthError(Refusal):
    """Has an OAuth error code in `error`, and what the server said beside it in `description`."""

    def __init__(self, error: str, description: str = "", **evidence: str) -> None:
        self.error = error
        self.description = description
        super().__init__(error=error, description=description, **evidence)


class LandingRefused(Refusal):
    """What the browser brought to the redirection endpoint is not an answer to our request."""


class LandingMalformed(LandingRefused):
    """The URL is not one that a browser can bring."""

    code, clause = "landing_malformed", "RFC 3986 section 2"
    cause = "The landing is not a URL of printable ASCII, or it is too long"


class LandingElsewhere(LandingRefused):
    """The browser arrived at another place than our redirection endpoint."""

    code, clause = "landing_elsewhere", "RFC 8252 section 8.10"
    cause = "The landing is not at the redirect_uri of this client"
    next_step = "Compare the redirect_uri that is configured with the address in the browser."


class ParameterRepeated(LandingRefused):
    """A parameter of the authorization response occurs more than once."""

    code, clause = "parameter_repeated", "RFC 6749 section 3.1"
    cause = "A parameter of the authorization response occurs more than once"

    def __init__(self, parameter: str) -> None:
        # One code for each parameter: `state_repeated`, `code_repeated`, ... The names are a closed list.
        self.code = f"{parameter}_repeated"
        self.parameter = parameter
        super().__init__(parameter=parameter)


class StateMissing(LandingRefused):
    """The authorization response has no state, or an empty one."""

    code, clause = "state_missing", "RFC 6749 section 4.1.2"
    cause = "The authorization response has no state"


class StateMismatch(LandingRefused):
    """No login of this browser waits for this state."""

    code, clause = "state_mismatch", "RFC 6749 section 10.12"
    cause = "No login that this browser began waits for this state: it is forged, used up or another's"


class LoginExpired(LandingRefused):
    """The login was begun too long ago."""

    code, clause = "login_expired", "RFC 9700 section 2.1"
    cause = "The login was begun too long ago"


class IssuerMissing(LandingRefused):
    """The server is known to send `iss`, and it is not there."""

    code, clause = "iss_missing", "RFC 9207 section 2.4"
    cause = "The authorization response does not say which server it comes from"


class IssuerMismatch(LandingRefused):
    """The answer comes from another authorization server."""

    code, clause = "iss_mismatch", "RFC 9207 section 2.4"
    cause = "The authorization response comes from another authorization server"


class AuthorizationError(_OAuthError, LandingRefused):
    """The authorization server or the resource owner said no; `error` is the OAuth error code."""

    code, clause = "authorization_error", "RFC 6749 section 4.1.2.1"
    cause = "The authorization server refused"
    next_step = "Read the error; log in again if the resource owner wants to."


class CodeMissing(LandingRefused):
    """The authorization response has neither code nor error."""

    code, clause = "code_missing", "RFC 6749 section 4.1.2"
    cause = "The authorization response has neither a code nor an error"


class CodeMalformed(LandingRefused):
    """The code has characters that no code can have."""

    code, clause = "code_malformed", "RFC 6749 appendix A.11"
    cause = "The code is not made of printable ASCII"


class AnswerRefused(Refusal):
    """What the token endpoint or the API answered cannot be used."""


class Redirected(AnswerRefused):
    """A redirect that was not followed: credentials go to one address only."""

    code, clause = "redirected", "RFC 9110 section 15.4"
    cause = "The server redirects a request that carries credentials, which is not followed"
    next_step = "Configure the address that answers itself."


class StatusUnexpected(AnswerRefused):
    """The status is neither that of success nor that of an OAuth error."""

    code, clause = "status_unexpected", "RFC 6749 section 5.1"
    cause = "The answer's status is not that of success"
    next_step = "Try again later; if it stays, look at the server's log."


class MediaTypeUnexpected(AnswerRefused):
    """The answer does not call itself JSON."""

    code, clause = "media_type_unexpected", "RFC 6749 section 5.1"
    cause = "The answer's media type is not application/json"
    next_step = "Check that the configured address is the token endpoint."


class NotJson(AnswerRefused):
    """The body is not a JSON object."""

    code, clause = "not_json", "RFC 6749 section 5.1"
    cause = "The answer's body is not a JSON object"
    next_step = "Check that the configured address is the token endpoint."


class MemberRepeated(AnswerRefused):
    """A JSON member occurs twice, and two readers would read two things."""

    code, clause = "member_repeated", "RFC 8259 section 4"
    cause = "A member of the JSON answer occurs more than once"


class TokenError(_OAuthError, AnswerRefused):
    """The token endpoint said no; `error` is the OAuth error code."""

    code, clause = "token_error", "RFC 6749 section 5.2"
    cause = "The token endpoint refused"


class ErrorInSuccess(_OAuthError, AnswerRefused):
    """An `error` under status 200: neither a success nor a proper refusal, so nothing is concluded from it."""

    code, clause = "error_in_success", "RFC 6749 section 5.2"
    cause = "The answer calls itself success and has an error"


class AccessTokenMissing(AnswerRefused):
    """There is no access token in what calls itself success."""

    code, clause = "access_token_missing", "RFC 6749 section 5.1"
    cause = "The answer has no access_token that is a non-empty string"


class AccessTokenMalformed(AnswerRefused):
    """The access token cannot travel in a header."""

    code, clause = "access_token_malformed", "RFC 6750 section 2.1"
    cause = "The access_token has characters that a bearer token cannot have"


class TokenTypeMissing(AnswerRefused):
    """Nothing says how the token is to be used."""

    code, clause = "token_type_missing", "RFC 6749 section 5.1"
    cause = "The answer has no token_type that is a non-empty string"


class TokenTypeUnknown(AnswerRefused):
    """A token of a type that we do not understand, which must not be used."""

    code, clause = "token_type_unknown", "RFC 6749 section 7.1"
    cause = "The token_type is not bearer"


class ExpiresInMalformed(AnswerRefused):
    """A lifetime that is no number of seconds."""

    code, clause = "expires_in_malformed", "RFC 6749 appendix A.14"
    cause = "expires_in is not a whole number of seconds"


class ScopeMalformed(AnswerRefused):
    """A scope that is no list of scope tokens."""

    code, clause = "scope_malformed", "RFC 6749 section 3.3"
    cause = "scope is not a string of scope tokens"


class RefreshTokenMalformed(AnswerRefused):
    """A refresh token that is no string of printable ASCII."""

    code, clause = "refresh_token_malformed", "RFC 6749 appendix A.17"
    cause = "refresh_token is not a string of printable ASCII"


class MetadataElsewhere(AnswerRefused):
    """The metadata name another issuer than the one that was asked for them."""

    code, clause = "metadata_issuer_mismatch", "RFC 8414 section 3.3"
    cause = "The server's metadata are those of another issuer"
    next_step = "Compare the configured issuer with the one that the metadata name."


class MetadataMalformed(AnswerRefused):
    """The metadata lack an endpoint, or name one that cannot be used safely."""

    code, clause = "metadata_malformed", "RFC 8414 section 2"
    cause = "The server's metadata cannot be used"
    next_step = "Look at the document; without it the endpoints can be configured by hand."


class Forbidden(AnswerRefused):
    """The API knows the token and says no: neither refresh nor repetition helps."""

    code, clause = "forbidden", "RFC 6750 section 3.1"
    cause = "The API refuses what this token may do"
    next_step = "Log in with the scope that the API asks for."


class TryLater(AnswerRefused):
    """The server asks for patience; `retry_after` is what it said."""

    code, clause = "try_later", "RFC 6585 section 4"
    cause = "The server asks to be left alone for a while"
    next_step = "Wait as long as it says, then try again."

    def __init__(self, retry_after: str = "", **evidence: str) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after=retry_after, **evidence)


class ExchangeFailed(Refusal):
    """No whole answer came; what the server did with the request is unknown."""

    clause = "RFC 9110 section 9.2.2"


class TimedOut(ExchangeFailed):
    """The answer was not there in time."""

    code = "timed_out"
    cause = "The answer was not complete in time"


class Unreachable(ExchangeFailed):
    """No connection, a broken one, or a certificate that is not the server's."""

    code = "unreachable"
    cause = "The server could not be reached, or broke off"
    next_step = "Check the address, the network and the server's certificate."


class AnswerTooLarge(ExchangeFailed):
    """The body is longer than any honest answer."""

    code = "answer_too_large"
    cause = "The answer is larger than any honest one"


class AnswerEncoded(ExchangeFailed):
    """The body is compressed although we asked for none of it."""

    code = "answer_encoded"
    cause = "The answer has a content coding although identity was asked for"


class LoginRequired(Refusal):
    """Only a new login helps."""

    next_step = "Log in again."


class NotLoggedIn(LoginRequired):
    """This session holds no tokens."""

    code, clause = "not_logged_in", "RFC 6749 section 1.4"
    cause = "This session holds no tokens"


class NoRefreshToken(LoginRequired):
    """The access token cannot be renewed, for the server gave no refresh token."""

    code, clause = "no_refresh_token", "RFC 6749 section 1.5"
    cause = "The access token cannot be renewed: the server gave no refresh token"
    next_step = "Log in again; ask for the scope that brings a refresh token (`offline` at Frame.io)."


class RefreshRefused(_OAuthError, LoginRequired):
    """The refresh token is expired, revoked or used up; it was dropped. `error` is the OAuth error code."""

    code, clause = "login_required", "RFC 6749 section 5.2"
    cause = "The refresh token is expired, revoked or used up, and was dropped"


class AccessTokenRefused(LoginRequired):
    """The API refuses the access token, and a refreshed one as well."""

    code, clause = "access_token_refused", "RFC 6750 section 3.1"
    cause = "The API refuses the access token"


class ProgrammerError(Exception):
    """A mistake of whoever calls this client, never of the server or the browser."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        self.code = code
        self.cause = cause
        self.next_step = next_step
        super().__init__(f"{cause}. {next_step}")


class ConfigurationError(ProgrammerError):
    """The registration cannot be used safely."""


class WrongAnswer(ProgrammerError):
    """A driver sent a flow something that does not answer what the flow asked."""
