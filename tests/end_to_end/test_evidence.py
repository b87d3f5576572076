"""The proof of a login bites: a login without its refresh, or with another app's authentication, is none."""

import pytest

from tests.end_to_end.evidence import assert_logged_in_and_refreshed
from tests.end_to_end.test_python_libraries import walk_with_authlib


def test_a_whole_login_is_one(server, app):
    walk_with_authlib(server, app)
    assert assert_logged_in_and_refreshed(server, app, with_pkce=True)


def test_without_its_refresh_it_is_none(server, app):
    walk_with_authlib(server, app, refreshing=False)
    with pytest.raises(AssertionError):
        assert_logged_in_and_refreshed(server, app, with_pkce=True)


def test_as_the_other_kind_of_app_it_is_none(server, app):
    walk_with_authlib(server, app)
    other = server.pkce_app if app is server.basic_app else server.basic_app
    with pytest.raises((AssertionError, KeyError)):
        assert_logged_in_and_refreshed(server, other, with_pkce=True)


def test_without_pkce_it_is_another_login(server, app):
    walk_with_authlib(server, app, with_pkce=False)
    with pytest.raises(AssertionError):
        assert_logged_in_and_refreshed(server, app, with_pkce=True)
