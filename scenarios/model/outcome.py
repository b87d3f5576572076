"""What became of a step, from the strongest evidence there is."""

from typing import Literal

import msgspec

OutcomeKind = Literal["signed_in", "refused", "crashed", "hung", "unknown"]

# From the strongest to none: the adapter's own word, a configured probe, the access token seen at the API, a landing
# that looks unlike those of good logins (or like them).
OutcomeEvidence = Literal["adapter", "probe", "api", "landing", "none"]


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer that a browser was given, cut to a bound; `location` is where it redirects to, made absolute.

    Of its headers those are kept that say how the page is to be read. Cookies that hold a token are recorded, with the
    token's name in the place of their value, and no others.
    """

    url: str
    status: int
    location: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, or nothing; `name` in lower case."""
        return next((value for key, value in self.headers if key == name), "")


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an application made of a step. `expires_at` is in seconds since 1970; fingerprints are never tokens."""

    kind: OutcomeKind
    evidence: OutcomeEvidence = "none"
    # The client's own code for a refusal, where it names one, and a sentence.
    reason: str = ""
    detail: str = ""
    granted_scope: str | None = None
    expires_at: float | None = None
    token_type: str = ""
    access_token: str = ""
    refresh_token: str = ""
    # What a browser saw, from the redirection endpoint to where it ended, where there is a browser.
    pages: tuple[Page, ...] = ()


UNKNOWN = Outcome("unknown")
