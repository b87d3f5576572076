"""The plugin drives a web application and an adapter as it drives an object, and leaves no process behind."""

from __future__ import annotations

import pytest

from tests.oauthspec.conftest import FEW

pytestmark = pytest.mark.slow

_KNOWN = f"select={list(FEW)!r}, app_kind='basic'"
_HEAD = "import os, sys\nflaw = {!r}\n"
_TEST = """
@pytest.mark.oauthspec({}, {})
def test_client(oauthspec_case):
    oauthspec_case.check()
"""
SEATS = {
    "web app": "command=[sys.executable, '-m', 'client_ref'], login='/login', signed_in='GET /me is 200', "
    "env={'CLIENT_REF_FLAW': flaw}",
    "adapter": "adapter=[sys.executable, '-m', 'client_ref.adapter', *(['--flaw', flaw] if flaw else [])]",
    "name": "client=f'flawed:{flaw}' if flaw else 'reference'",
}


@pytest.mark.parametrize(("flaw", "failed"), [("", 0), ("state-ignored", 1)])
@pytest.mark.parametrize("seat", SEATS)
def test_it_fails_what_the_client_fails(project, seat, flaw, failed):
    project.write_file(_HEAD.format(flaw) + _TEST.format(SEATS[seat], _KNOWN))
    result = project.run("-k", "callback")
    assert (result.parseoutcomes().get("passed"), result.parseoutcomes().get("failed", 0)) == (2 - failed, failed)


def test_an_application_object_is_seen_as_from_a_browser(project):
    seat = "asgi='client_ref.application:factory', login='/login', signed_in='GET /me is 200'"
    project.write_file(_TEST.format(seat, _KNOWN))
    assert project.run("-k", "callback").parseoutcomes()["passed"] == 2


def test_a_command_that_is_not_there_is_an_error_of_the_set_up(project):
    project.write_file(_HEAD.format("") + _TEST.format("adapter=['absent-adapter']", _KNOWN))
    result = project.run("-k", "callback")
    assert result.parseoutcomes()["errors"] == 2
    result.stdout.fnmatch_lines(["oauthspec: ADAPTER_NOT_FOUND: The command 'absent-adapter' cannot be run*"])
