"""The error page: what was wrong, what was expected, what to change."""

from __future__ import annotations

import pytest

from tests.mock_server.web.pages.visitor import form_to, forms, text_of

MISTAKES = {
    "http://127.0.0.1:5050/callback/": "slash at the end",
    "http://localhost:5050/Callback": "upper and lower case",
    "https://localhost:5050/callback": "scheme alone",
    "http://example.org/": "",
}


def error_page(visitor, **parameters):
    location = visitor.authorize(**parameters).headers["location"]
    return visitor.get(location)


@pytest.mark.parametrize(("sent", "words"), MISTAKES.items())
def test_unregistered_redirect_uri_is_compared_with_the_nearest(visitor, sent, words):
    page = error_page(visitor, redirect_uri=sent)
    assert page.status_code == 400
    seen = text_of(page.text)
    assert "redirect_uri, character by character" in seen
    assert words in seen
    assert f"--redirect-uri {sent}" in seen
    assert "RFC 6749 section 3.1.2.3" in seen


def test_difference_is_marked_to_the_character(visitor):
    page = error_page(visitor, redirect_uri="http://localhost:5050/Callback")
    assert "http://localhost:5050/<ins>C</ins>allback" in page.text
    assert "http://localhost:5050/<del>c</del>allback" in page.text


def test_it_can_be_registered_from_there_and_then_it_works(visitor, server):
    uri = "http://localhost:3000/auth?from=frame"
    page = error_page(visitor, redirect_uri=uri)
    action = f"/apps/{server.basic_app.client_id}/redirect-uris"
    answer = visitor.send(form_to(page.text, action))
    assert answer.headers["location"] == f"/apps#app-{server.basic_app.client_id}"
    assert uri in server.basic_app.redirect_uris
    assert visitor.consent_page(redirect_uri=uri).status_code == 200


def test_missing_redirect_uri(visitor):
    seen = text_of(error_page(visitor, redirect_uri="").text)
    assert "The request has no redirect_uri" in seen
    assert "2 registered" in seen


def test_unknown_client_id_is_compared_with_the_nearest(visitor, server):
    almost = server.basic_app.client_id[:-1] + "l"
    page = error_page(visitor, client_id=almost)
    assert "<ins>l</ins>" in page.text
    assert f"CLIENT_ID={server.pkce_app.client_id}" in text_of(page.text)
    assert not forms(page.text)


def test_what_the_app_sent_is_shown_without_its_secrets(visitor):
    page = error_page(visitor, redirect_uri="http://other/", state="a-secret-of-the-session")
    assert "a-secret-of-the-session" not in page.text
    assert "[23 characters," in text_of(page.text)


def test_request_by_form_is_found_too(visitor, server):
    fields = {"client_id": server.basic_app.client_id, "redirect_uri": "http://posted.example/"}
    answer = visitor.http.post("/oauth2/auth", data=fields)
    seen = text_of(visitor.get(answer.headers["location"]).text)
    assert "http://posted.example/" in seen


def test_of_two_alike_the_latest_is_shown(visitor):
    first = visitor.authorize(redirect_uri="http://first/").headers["location"]
    second = visitor.authorize(redirect_uri="http://second/").headers["location"]
    assert first == second
    assert "http://second/" in text_of(visitor.get(first).text)


def test_error_of_nobody(visitor):
    page = visitor.get("/oauth2/fallbacks/error?error=made_up&error_description=%3Cb%3Ehello")
    assert page.status_code == 400
    assert "&lt;b&gt;hello" in page.text
    assert "journal" not in text_of(page.text).lower().replace("journal apps", "")


def test_from_another_host_it_says_what_the_wire_says_and_no_more(visitor):
    location = visitor.authorize(redirect_uri="http://other/").headers["location"]
    page = visitor.get(location, headers={"host": "attacker.example"})
    assert page.status_code == 400
    assert "pre-registered redirect urls" in text_of(page.text)
    assert "http://other/" not in page.text
    assert "127.0.0.1:5050" not in page.text
