"""Differences between what was sent and what is registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.web.differences import difference, in_words, nearest

SHORT = st.text("abc:/", max_size=12)


@given(sent=SHORT | st.text("ab", min_size=490, max_size=520), registered=SHORT)
def test_parts_make_up_both_texts(sent, registered):
    parts = difference(sent, registered)
    assert "".join(part.text for part in parts if part.kind != "registered") == sent
    assert "".join(part.text for part in parts if part.kind != "sent") == registered
    assert all(part.text for part in parts)


@given(text=SHORT)
def test_equal_texts_do_not_differ(text):
    assert {part.kind for part in difference(text, text)} <= {"same"}


def test_long_texts_are_compared_by_their_ends():
    parts = difference("a" * 600 + "x" + "b" * 600, "a" * 600 + "yz" + "b" * 600)
    assert [(part.kind, len(part.text)) for part in parts] == [
        ("same", 600), ("sent", 1), ("registered", 2), ("same", 600)]  # fmt: skip


def test_nearest():
    assert nearest("http://localhost:5050/x", ["https://example.org/", "http://localhost:5050/callback"]).endswith("back")
    assert nearest("x", []) == ""


@pytest.mark.parametrize(
    ("sent", "registered", "word"),
    [
        ("http://h/A", "http://h/a", "case"),
        ("http://h/a/", "http://h/a", "slash"),
        (" http://h/a", "http://h/a", "white space"),
        ("http://localhost:1/a", "http://127.0.0.1:1/a", "same machine"),
        ("https://h/a", "http://h/a", "scheme"),
    ],
)
def test_common_mistakes_have_words(sent, registered, word):
    assert word in in_words(sent, registered)


@pytest.mark.parametrize(("sent", "registered"), [("http://h/a", "http://h/b"), ("7b1f", "7b1e"), ("", "x")])
def test_others_have_none(sent, registered):
    assert in_words(sent, registered) == ""
