"""Proof Key for Code Exchange, RFC 7636: the code is worth something only to whoever began the login."""

from __future__ import annotations

import base64
import hashlib
import secrets


def new_code_verifier() -> str:
    """Make a fresh verifier: 32 random octets in base64url, 43 characters (RFC 7636 section 4.1)."""
    return secrets.token_urlsafe(32)


def s256(code_verifier: str) -> str:
    """Compute the S256 challenge: BASE64URL(SHA256(ASCII(verifier))), no padding (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
