"""Error objects: both eras, the engine's words, and explanations that name what was wrong."""

import pytest

from mock_server.protocol.errors import _TABLE, Hint, OAuthError


@pytest.mark.parametrize("code", sorted(_TABLE))
@pytest.mark.parametrize("era", ["E1", "E3"])
def test_every_error_has_words_in_both_eras(code, era):
    members = OAuthError(code).members(era)
    assert list(members)[:2] == ["error", "error_description"]
    assert members["error"] == code
    assert all(members.values())
    assert members["error_description"].endswith(".") == (era == "E3")


def test_hint_stands_apart_in_the_older_era_and_in_the_sentence_in_the_newer():
    error = OAuthError("invalid_scope", 'not "that"')
    assert error.members("E1") == {
        "error": "invalid_scope",
        "error_description": "The requested scope is invalid, unknown, or malformed",
        "error_hint": 'not "that"',
    }
    assert error.members("E3") == {
        "error": "invalid_scope",
        "error_description": "The requested scope is invalid, unknown, or malformed. not 'that'",
    }


def test_wrong_secret_word_for_word():
    """`wire.md` 2.1, worked example."""
    words = (
        "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported "
        "authentication method)"
    )
    assert OAuthError("invalid_client").members("E1") == {"error": "invalid_client", "error_description": words}
    assert OAuthError("invalid_client").members("E3")["error_description"] == f"{words}."


def test_each_era_has_its_own_hint_and_short_state():
    error = OAuthError("invalid_state", Hint(e1="old", e3="new"))
    assert error.members("E1")["error_hint"] == "old"
    assert "less than 8 characters" in error.members("E1")["error_description"]
    assert error.members("E3")["error_description"].endswith("considered too weak. new")
    assert error.explanation == "new"


def test_words_of_the_consent_application_are_passed_on_untouched():
    error = OAuthError("anything", verbatim_description="No thanks")
    for era in ("E1", "E3"):
        assert error.members(era) == {"error": "anything", "error_description": "No thanks"}
    assert (error.status, error.explanation) == (400, "No thanks")


@pytest.mark.parametrize(
    ("code", "status"),
    [("invalid_client", 401), ("token_inactive", 401), ("access_denied", 403), ("invalid_grant", 400),
     ("temporarily_unavailable", 503), ("server_error", 500)],
)  # fmt: skip
def test_status(code, status):
    assert OAuthError(code).status == status


def test_detail_is_for_the_developer_alone():
    error = OAuthError("invalid_grant", detail="The code expired.")
    assert error.explanation == "The code expired."
    assert "expired after" not in error.members("E3")["error_description"]
    assert OAuthError("invalid_grant").explanation.startswith("The provided authorization grant")
