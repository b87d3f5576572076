"""Clients in other languages log in and refresh: openid-client on Node, golang.org/x/oauth2."""

import pytest

from tests.end_to_end.evidence import assert_logged_in_and_refreshed
from tests.end_to_end.programs import logged_in

pytestmark = pytest.mark.slow


@pytest.mark.requires("node")
def test_openid_client(node_client, server, app):
    said = logged_in(node_client, server, app)
    assert said["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=True)
    assert said["me"]["_type"] == "user"


@pytest.mark.requires("go")
def test_golang_x_oauth2(go_client, server, app):
    said = logged_in(go_client, server, app)
    assert said["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=True)
    assert said["me"]["_type"] == "user"
