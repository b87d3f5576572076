"""One reason, one class, one code; and nothing secret or harmful in what a refusal says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_ref import errors
from client_ref.redaction import SHOWN, fingerprint, legible, redacted


def leaves(kind: type[errors.Refusal] = errors.Refusal) -> list[type[errors.Refusal]]:
    children = {leaf for child in kind.__subclasses__() for leaf in leaves(child)}
    return sorted(children, key=lambda leaf: leaf.__name__) or [kind]


def example(kind: type[errors.Refusal]) -> errors.Refusal:
    if kind is errors.ParameterRepeated:
        return kind("state")
    return kind("invalid_grant") if issubclass(kind, errors._OAuthError) else kind()


@pytest.mark.parametrize("kind", leaves())
def test_a_refusal_names_its_reason_its_clause_and_the_next_step(kind):
    refusal = example(kind)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)
    assert re.fullmatch(r"RFC \d{4} (section \d+(\.\d+)*|appendix [A-Z]\.\d+)", refusal.clause)
    assert refusal.cause in str(refusal)
    assert refusal.next_step in str(refusal)
    assert refusal.clause in str(refusal)


def test_codes_are_unique():
    codes = [example(kind).code for kind in leaves()]
    assert len(codes) == len(set(codes))


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]+\b", errors.__doc__.partition("\n\n")[2].rpartition("Evidence")[0]))
    real = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
    }
    assert drawn & real == real


def test_a_repeated_parameter_has_a_code_of_its_own():
    refusal = errors.ParameterRepeated("state")
    assert (refusal.code, refusal.parameter, dict(refusal.evidence)) == (
        "state_repeated",
        "state",
        {"parameter": "state"},
    )


def test_evidence_without_a_value_is_left_out():
    refusal = errors.TokenError("invalid_grant", "", status="400")
    assert dict(refusal.evidence) == {"error": "invalid_grant", "status": "400"}
    assert "(error: invalid_grant, status: 400)" in str(refusal)


def test_a_programmer_error_is_no_refusal():
    error = errors.ConfigurationError("cleartext", "token_endpoint is http", "Use https.")
    assert not isinstance(error, errors.Refusal)
    assert str(error) == "token_endpoint is http. Use https."


@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_legible_text_does_no_harm(text, hide):
    shown = legible(text, hide)
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*", shown)
    assert len(shown) <= SHOWN


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40))
def test_secrets_are_named_and_not_told(secret):
    text = legible(f"the token {secret} is no good", [secret, ""])
    assert text == "the token [redacted] is no good"
    assert secret not in redacted(secret)
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(secret))
