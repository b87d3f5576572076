"""RFC 7636: the published vector, and the grammar of every verifier."""

from __future__ import annotations

import re

from client_ref.pkce import new_code_verifier, s256


def test_the_vector_of_rfc_7636_appendix_b():
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_have_the_recommended_form_and_never_repeat():
    verifiers = {new_code_verifier() for _ in range(200)}
    assert len(verifiers) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier) for verifier in verifiers)
