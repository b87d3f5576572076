"""Clauses by their names: what is called an appendix there is called so here, and found under either spelling."""

from __future__ import annotations

import pytest

from scenarios.specifications import FRAMEIO_GUIDE, OAUTH21, RFC6749, clause, short


@pytest.mark.parametrize(
    ("of", "number", "said", "anchor"),
    [
        (RFC6749, "4.1.2", "RFC 6749 section 4.1.2", "#section-4.1.2"),
        (RFC6749, "A.5", "RFC 6749 appendix A.5", "#appendix-A.5"),
        (RFC6749, "B", "RFC 6749 appendix B", "#appendix-B"),
        (OAUTH21, "4.1.1", "OAuth 2.1 draft section 4.1.1", "#section-4.1.1"),
    ],
)
def test_a_clause_is_said_and_found(of, number, said, anchor):
    found = of.section(number)
    assert str(found) == said
    assert found.url.endswith(anchor)
    assert short(said) == f"{of.name} {number}"
    assert clause(said) == clause(short(said)) == found


def test_the_guide_has_pages_with_names():
    assert str(FRAMEIO_GUIDE.section("refreshing")) == "Frame.io's guide section refreshing"


def test_what_is_not_there_is_no_clause():
    with pytest.raises(KeyError, match=r"no section 'A\.99'"):
        RFC6749.section("A.99")
