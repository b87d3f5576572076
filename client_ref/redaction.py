"""How secrets and strangers' texts are spoken of: named without being told, shown without doing harm."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

SHOWN = 200
"""How many characters of a stranger's text a refusal repeats."""


def fingerprint(secret: str) -> str:
    """Name a secret without telling it: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def redacted(secret: str) -> str:
    """Describe a secret for a log: its length and its fingerprint."""
    return f"{len(secret)} characters, sha256 {fingerprint(secret)}"


def legible(text: str, hide: Iterable[str] = ()) -> str:
    """Make a stranger's text safe for a log, a terminal and an exception.

    RFC 6749 appendix A.7 and A.8 allow printable ASCII without quote and backslash. Anything else is
    replaced, and so is each secret in `hide` that the stranger repeats to us.
    """
    for secret in sorted(filter(None, hide), key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", text[:SHOWN])
