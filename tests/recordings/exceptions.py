"""Cases that the mock server does not answer as the recorded engine does, each by name and with its reason.

These are accidents of the library that no client can depend on. A rule that the mock server gets wrong does not
belong here; it is mended. A case listed here that passes is an error, and so is one that is not there.
"""

from collections.abc import Mapping
from fractions import Fraction

Exceptions = Mapping[str, str]

LARGEST_SHARE: Mapping[str, Fraction] = {
    "0.32.2": Fraction(1, 10),
    "0.40.2": Fraction(1, 20),
    "0.42.2": Fraction(1, 10),
}
"""How many of an engine's cases may go unanswered, the skipped ones included."""

TOPIC_ENGINE = "0.40.2"
LARGEST_SHARE_OF_A_TOPIC = Fraction(1, 5)
SMALL_TOPIC = 5
"""A topic with fewer cases than this may lose one; asked of the main engine only."""

# The library finds a token by the half behind the dot alone. A client has both halves or none, so it meets what
# follows from that only if it forges tokens.
_ERROR_FOR_FORGED_KEY = (
    "A refresh token with a right signature half behind a wrong first half is invalid_request, not invalid_grant."
)
_REUSE_BY_SIGNATURE_HALF = "The signature half of a rotated refresh token alone counts as its reuse."
_REVOKED_BY_SIGNATURE_HALF = "The signature half of a token alone is enough to revoke it."

EXCEPTIONS: Mapping[str, Exceptions] = {
    "0.32.2": {
        "refresh/wrong-key": _ERROR_FOR_FORGED_KEY,
        "revoke/wrong-key": _REVOKED_BY_SIGNATURE_HALF,
    },
    "0.40.2": {
        "refresh/wrong-key": _ERROR_FOR_FORGED_KEY,
        "refresh/wrong-key-of-old-token": _REUSE_BY_SIGNATURE_HALF,
        "revoke/wrong-key": _REVOKED_BY_SIGNATURE_HALF,
    },
    "0.42.2": {
        "refresh/wrong-key": _ERROR_FOR_FORGED_KEY,
        "refresh/wrong-key-of-old-token": _REUSE_BY_SIGNATURE_HALF,
        "revoke/wrong-key": _REVOKED_BY_SIGNATURE_HALF,
    },
}
