"""Nothing that a request carries is shown unescaped on the error page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.protocol.form import serialize
from mock_server.web.application import Application
from tests.mock_server.in_memory import InMemory
from tests.mock_server.web.in_memory_http import call

NAMES = ["error", "error_description", "error_hint"]
APP = Application(InMemory().core)


async def page(**parameters):
    return await call(APP, "GET", f"/oauth2/fallbacks/error?{serialize(parameters.items())}")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(text=st.text(max_size=15))
async def test_no_markup_of_a_request_survives(name, text):
    hostile = f"<script>'\"{text}"
    status, headers, body, _ = await page(**{name: hostile})
    assert status == 400
    assert b"<script>'" not in body
    assert ("x-content-type-options", "nosniff") in headers
    assert any(name == "content-security-policy" and "default-src 'none'" in value for name, value in headers)


async def test_undecodable_values_are_shown_all_the_same():
    status, _, body, _ = await page(error="\udcff", error_description="a\0b")
    assert status == 400
    body.decode("utf-8")
