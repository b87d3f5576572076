"""What applications write when a setting is missing, or when they want https, in the words of many languages."""

import pytest

from scenarios.complaints import insists_on_https, missing_setting, talks_elsewhere, template_for


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Traceback\nKeyError: 'OAUTH_CLIENT_ID'", "OAUTH_CLIENT_ID"),
        ("Error: Missing required environment variable: FRAMEIO_CLIENT_SECRET", "FRAMEIO_CLIENT_SECRET"),
        ('key not found: "FRAMEIO_ID" (KeyError)', "FRAMEIO_ID"),
        ("panic: APP_REDIRECT_URI must be set", "APP_REDIRECT_URI"),
        ("client_ref: AUTHORIZE_URL, TOKEN_URL not set", "AUTHORIZE_URL"),
        ("ended with exit code 1. It wrote: first | DATABASE_URL is not set", "DATABASE_URL"),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find module, required by app.js", ""),
        ("OAUTH_CLIENT_ID=abc", ""),
        ("Everything is missing", ""),
        ("", ""),
    ],
)
def test_missing_settings(text, name):
    assert missing_setting(text) == name


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("FRAMEIO_CLIENT_SECRET", "{client_secret}"),
        ("OAUTH_ID", "{client_id}"),
        ("OAUTH_CALLBACK", "{redirect_uri}"),
        ("AUTH_URL", "{authorize_url}"),
        ("OAUTH_TOKEN_URL", "{token_url}"),
        ("OAUTH_SCOPES", "{scope}"),
        ("HTTP_PORT", "{port}"),
        ("SECRET_KEY", "..."),
        ("DATABASE_URL", "..."),
    ],
)
def test_what_they_are_probably_to_hold(name, template):
    assert template_for(name) == template


def test_https_and_other_hosts():
    assert insists_on_https("x\nInsecureTransportError: OAuth 2 MUST utilize https.\n").startswith("Insecure")
    assert insists_on_https("OAuth2Strategy requires https") != ""
    assert insists_on_https("See https://example.org/") == ""
    assert talks_elsewhere("Error: getaddrinfo ENOTFOUND applications.frame.io") != ""
    assert talks_elsewhere("all is well") == ""
