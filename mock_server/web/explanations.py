"""Why a request was refused: the clause that says so, and what to change in the client.

The protocol core says what was wrong in the engine's own words, which the wire needs. This table adds, for people,
where it is written and what helps. Rows are asked from the top; the first whose endpoint, error and phrase fit counts.
"""

from dataclasses import dataclass

from mock_server.transcript import Exchange


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where it is written, what was expected, and what to change."""

    clause: str
    expected: str
    change: str


# endpoint (empty: any), error (empty: any), phrase of the explanation, clause, expected, change.
_ROWS: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "authorization", "invalid_client", "does not exist", "RFC 6749 section 4.1.1",
        "A client_id that is registered here.",
        "Copy CLIENT_ID from the apps page into your .env, and restart your app: it may still hold Frame.io's own.",
    ),
    (
        "authorization", "invalid_request", "pre-registered redirect urls", "RFC 6749 section 3.1.2.3",
        "A redirect_uri that is registered for the app, character by character.",
        "Register the one that your app sends, or let it send a registered one.",
    ),
    (
        "authorization", "invalid_request", "sent more than once", "RFC 6749 section 3.1",
        "Each parameter once.", "Look where the authorization URL is put together: something is appended twice.",
    ),
    (
        "authorization", "invalid_request", "insecure protocol", "RFC 6749 section 3.1.2.1",
        "https, or a host that is this machine.", "Use https, or http://127.0.0.1 while you develop.",
    ),
    (
        "authorization", "invalid_request", "code_challenge", "RFC 7636 section 4.3",
        "code_challenge with code_challenge_method=S256.",
        "Send the S256 challenge of a fresh code_verifier with every authorization request.",
    ),
    (
        "authorization", "invalid_request", "plain is not allowed", "RFC 7636 section 4.2",
        "code_challenge_method=S256.", "Send base64url(sha256(code_verifier)) and name the method S256.",
    ),
    (
        "authorization", "invalid_scope", "", "RFC 6749 section 3.3", "Scopes that the app is registered for.",
        "Leave the scope out of SCOPE, or register it for the app; scopes are case-sensitive.",
    ),
    (
        "authorization", "invalid_state", "", "RFC 6749 section 10.12",
        "state, at least 8 characters, made anew for each login.",
        "Make state from a secure random source, keep it in the browser's session, and compare it in the callback.",
    ),
    (
        "authorization", "unsupported_response_type", "", "RFC 6749 section 3.1.1", "response_type=code.",
        "Send response_type=code; the implicit grant is not served.",
    ),
    (
        "authorization", "unsupported_response_mode", "", "RFC 6749 section 3.1.1",
        "response_mode=query, fragment or form_post, or none at all.", "Leave response_mode out.",
    ),
    (
        "authorization", "access_denied", "", "RFC 6749 section 4.1.2.1", "Nothing else: the person said no.",
        "Show a page that says so, with a way to try again. It is no fault.",
    ),
    (
        "token", "invalid_client", "No app is registered", "RFC 6749 section 2.2",
        "A client_id that is registered here.", "Copy CLIENT_ID from the apps page into your .env.",
    ),
    (
        "", "invalid_client", "client authentication method", "RFC 6749 section 2.3.1",
        "A Basic app: an Authorization: Basic header. A PKCE app: client_id in the body, and no such header.",
        "Send the credentials the way the app is registered for, and in one place only.",
    ),
    (
        "", "invalid_client", "client_secret", "RFC 6749 section 2.3.1",
        "The app's own secret, form-encoded and then in an Authorization: Basic header.",
        "Copy CLIENT_SECRET from the apps page; look for blanks and quotes at its ends.",
    ),
    (
        "", "invalid_client", "", "RFC 6749 section 5.2", "A client that authenticates as it is registered.",
        "Compare CLIENT_ID and CLIENT_SECRET with the apps page.",
    ),
    (
        "token", "invalid_grant", "already been used", "RFC 6749 section 4.1.2", "A code that is sent once.",
        "Send it once only: look for a callback that runs twice (a reload, a double request, a retry). "
        "Everything that the code bought is revoked now.",
    ),
    (
        "token", "invalid_grant", "never issued that code", "RFC 6749 section 4.1.3",
        "The code of the redirect, as it came.",
        "Decode the query once, and encode the form once. A code from before a restart of the mock is unknown too.",
    ),
    (
        "token", "invalid_grant", "no code", "RFC 6749 section 4.1.3", "The parameter code.",
        "Take code from the callback's query, after you looked for error and compared state.",
    ),
    (
        "token", "invalid_grant", "code expired", "RFC 6749 section 4.1.2", "A code that is redeemed at once.",
        "Redeem the code in the callback itself.",
    ),
    (
        "token", "invalid_grant", "redirect_uri", "RFC 6749 section 4.1.3",
        "The same redirect_uri as in the authorization request.", "Send REDIRECT_URI, unchanged, in both requests.",
    ),
    (
        "token", "invalid_grant", "PKCE", "RFC 7636 section 4.6",
        "The code_verifier whose S256 is the code_challenge of this login.",
        "Keep the verifier in the session of the login that it belongs to; a failed try spends the code.",
    ),
    (
        "token", "invalid_grant", "Client ID from this request", "RFC 6749 section 5.2",
        "The app that the code or refresh token was issued to.", "Use one CLIENT_ID throughout.",
    ),
    (
        "token", "token_inactive", "", "RFC 9700 section 4.14.2",
        "The newest refresh token: each refresh replaces it.",
        "Store the refresh token of every answer, and let only one refresh run at a time. Now the user logs in again.",
    ),
    (
        "token", "", "refresh token has expired", "RFC 6749 section 6", "A refresh token that is still alive.",
        "Send the user to log in again.",
    ),
    (
        "token", "invalid_grant", "refresh", "RFC 6749 section 6", "The refresh token of the last answer.",
        "Store it with the user; after a restart of the mock without --state, everybody logs in again.",
    ),
    (
        "token", "scope_not_granted", "", "RFC 6749 section 6", "A login that was granted the scope offline.",
        "Add offline to SCOPE if your app refreshes.",
    ),
    (
        "token", "invalid_request", "POST body can not be empty", "RFC 6749 section 4.1.3",
        "Parameters in a body of type application/x-www-form-urlencoded.",
        "Send a form, neither JSON nor a query.",
    ),
    (
        "token", "invalid_request", "could not be decoded", "RFC 6749 section 2.3.1",
        "client_id and client_secret form-encoded before Base64.", "Encode both, then join them with a colon.",
    ),
    (
        "token", "", "grant_type", "RFC 6749 section 4.1.3", "grant_type=authorization_code or refresh_token.",
        "Send grant_type in the form body.",
    ),
    (
        "token", "", "grant type", "RFC 6749 section 5.2", "grant_type=authorization_code or refresh_token.",
        "Frame.io offers these two to apps.",
    ),
    (
        "resource", "", "no Authorization header", "RFC 6750 section 2.1", "Authorization: Bearer, and the token.",
        "Send the access token in the header, not in the query.",
    ),
    (
        "resource", "", "", "RFC 6750 section 3.1", "An access token that is alive.",
        "Refresh and try once more; if that fails, send the user to log in again.",
    ),
    ("", "invalid_request", "", "RFC 6749 section 3.1", "A request that is whole and well-formed.", ""),
    ("", "", "", "RFC 6749 section 5.2", "", ""),
)  # fmt: skip


def explained(endpoint: str, error: str, explanation: str) -> Explanation:
    """Clause, expectation and advice for an error; the last row fits everything."""
    said = explanation.replace("'", '"')
    for where, code, phrase, *words in _ROWS:
        if where in ("", endpoint) and code in ("", error) and phrase in said:
            return Explanation(*words)
    raise AssertionError("the last row fits everything")


def of_exchange(exchange: Exchange) -> Explanation | None:
    """Why an exchange was refused, or nothing where it was not."""
    if not exchange.error:
        return None
    return explained(exchange.endpoint, exchange.error, exchange.explanation)
