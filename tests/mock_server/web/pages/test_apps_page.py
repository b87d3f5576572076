"""The apps page: what is registered, and how another app gets there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mock_server.web.pages.visitor import form_to, forms, text_of


def create(visitor, **fields):
    form = form_to(visitor.get("/apps").text, "/apps")
    return visitor.send(form, **{"name": "My app", **fields})


def test_every_app_has_its_lines_for_env(visitor, server):
    page = visitor.get("/apps").text
    for app in (server.basic_app, server.pkce_app):
        assert f"CLIENT_ID={app.client_id}" in page
    assert page.count("CLIENT_SECRET=") == 1


@pytest.mark.parametrize(("kind", "secrets"), [("basic", 1), ("pkce", 0)])
def test_an_app_is_created_and_logs_in(visitor, server, kind, secrets):
    uri = "http://localhost:3000/callback"
    answer = create(visitor, kind=kind, redirect_uris=f"{uri}\r\nhttp://localhost:4000/callback")
    assert answer.status_code == 303
    page = visitor.get(answer.headers["location"]).text
    section = page.split(f'id="app-{answer.headers["location"].partition("app-")[2]}"')[1].split("</section>")[0]
    assert "Created." in section
    assert section.count("CLIENT_SECRET=") == secrets
    app = next(app for app in server.core.store.apps.values() if app.name == "My app")
    assert app.redirect_uris == (uri, "http://localhost:4000/callback")
    consent = visitor.consent_page(client_id=app.client_id, redirect_uri=uri)
    redirect = visitor.send(form_to(consent.text, "/login/consent"), decision="allow")
    code = redirect.headers["location"].split("code=")[1].split("&")[0]
    assert visitor.redeem(code, app).status_code == 200


def test_the_same_name_gives_the_same_id_as_the_command_does(visitor):
    page = visitor.get(create(visitor).headers["location"]).text
    assert "oauthspec serve --app &#39;My app&#39;" in page


def test_scopes_can_be_chosen(visitor, server):
    create(visitor, scope=["account.read"], other_scopes="custom.scope account.read")
    app = next(app for app in server.core.store.apps.values() if app.name == "My app")
    assert app.scopes == ("account.read", "custom.scope")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "  "}, "has no name"),
        ({"name": "n" * 101}, "longer than 100"),
        ({"redirect_uris": ""}, "no redirect URI"),
        ({"redirect_uris": "callback"}, "not an absolute URI"),
        ({"redirect_uris": "http://localhost/#fragment"}, "not an absolute URI"),
        ({"scope": None}, "no scope at all"),
        ({"other_scopes": 'quo"te'}, "is not a scope"),
    ],
)
def test_mistakes_are_told_and_what_was_typed_stays(visitor, server, fields, said):
    answer = create(visitor, **fields)
    assert answer.status_code == 400
    assert said in text_of(answer.text)
    kept = form_to(answer.text, "/apps").fields
    name, value = next(iter(fields.items()))
    assert kept.get(name, "") == ("" if value is None else value)
    assert len(server.core.store.apps) == 2


def test_an_app_takes_nobodys_place(visitor):
    create(visitor)
    again = create(visitor)
    assert again.status_code == 400
    assert "already" in text_of(again.text)


def test_redirect_uri_is_added_once_and_checked(visitor, server):
    action = f"/apps/{server.basic_app.client_id}/redirect-uris"
    form = form_to(visitor.get("/apps").text, action)
    for _ in range(2):
        assert visitor.send(form, redirect_uri="http://localhost:9/x").status_code == 303
    assert server.basic_app.redirect_uris.count("http://localhost:9/x") == 1
    assert visitor.send(form, redirect_uri="nowhere").status_code == 400


def test_delete(visitor, server):
    client_id = server.basic_app.client_id
    form = form_to(visitor.get("/apps").text, f"/apps/{client_id}/delete")
    assert visitor.send(form).status_code == 303
    assert client_id not in server.core.store.apps
    assert visitor.send(form).status_code == 404


def test_client_ids_of_any_kind_have_their_forms(visitor, server):
    odd = "a/b?c#d e\"<'"
    server.register(replace(server.basic_app, client_id=odd, name="Odd"))
    page = visitor.get("/apps").text
    actions = [form.action for form in forms(page)]
    (delete,) = [action for action in actions if action.endswith("/delete") and "b%3Fc" in action]
    assert visitor.send(form_to(page, delete)).status_code == 303
    assert odd not in server.core.store.apps
