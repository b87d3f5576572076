"""What an application's own output, or its error page, says is missing: read for a few complaints that are common.

Nothing rests on it but a better message: who has no such complaint is told what was seen from outside.
"""

import re

# Words of sentences that miss a setting: Python's KeyError, Ruby's `key not found`, everybody's `is not set`.
_MISSING = re.compile(
    r"\b(?:missing|required|requires|undefined|unset|KeyError|not (?:set|defined|found|present|configured|provided)"
    r"|must be (?:set|defined|given)|is (?:empty|null|nil)|set (?:the )?env|expected env)",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?!ERR_|E[A-Z]+\b)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_HTTPS = re.compile(
    r"InsecureTransport|MUST utilize https|only requests to HTTPS|https? (?:is )?required|requires? https"
    r"|must (?:use|be) (?:a )?(?:https|secure)|insecure (?:url|endpoint|connection) .{0,20}not allowed",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|getaddrinfo|name or service not known|temporary failure in name resolution|no such host"
    r"|ECONNREFUSED|connection refused|CERT_|certificate verify failed|NameResolutionError|nodename nor servname",
    re.IGNORECASE,
)
_SHOWN = 200

# The setting that a variable of another name probably wants, by what the name says.
_FIELDS = (
    (r"(CLIENT|APP|OAUTH|CONSUMER|FRAMEIO)\w*SECRET", "client_secret"),
    (r"REDIRECT|CALLBACK", "redirect_uri"),
    (r"(CLIENT|APP|OAUTH|CONSUMER|FRAMEIO)\w*(ID|KEY)$", "client_id"),
    (r"TOKEN\w*(URL|URI|ENDPOINT)|ACCESS_TOKEN_URL", "token_url"),
    (r"(REVOKE|REVOCATION)", "revoke_url"),
    (r"AUTH\w*(URL|URI|ENDPOINT)", "authorize_url"),
    (r"ISSUER", "issuer"),
    (r"SCOPE", "scope"),
    (r"API\w*(URL|URI|BASE|ENDPOINT)", "api_url"),
    (r"PORT$", "port"),
)


def missing_setting(text: str) -> str:
    """The name of the environment variable that somebody misses, or nothing."""
    for line in _lines(text):
        if _MISSING.search(line) and (found := _NAME.search(line)):
            return found[0]
    return ""


def template_for(name: str) -> str:
    """What a variable of that name is probably to hold, as in `{client_id}`; `...` where its name does not say."""
    field = next((field for pattern, field in _FIELDS if re.search(pattern, name)), "")
    return f"{{{field}}}" if field else "..."


def insists_on_https(text: str) -> str:
    """The line that refuses plain http, or nothing."""
    return next((line for line in _lines(text) if _HTTPS.search(line)), "")


def talks_elsewhere(text: str) -> str:
    """The line that says that somebody could not be reached, or nothing."""
    return next((line for line in _lines(text) if _ELSEWHERE.search(line)), "")


def _lines(text: str) -> list[str]:
    """The last lines first: what is complained of at the end is what stopped it."""
    return [line.strip()[:_SHOWN] for line in re.split(r"\n| \| |It wrote: ", text) if line.strip()][::-1]
