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

EXCEPTIONS: Mapping[str, Exceptions] = {
    "0.32.2": {},
    "0.40.2": {},
    "0.42.2": {},
}
