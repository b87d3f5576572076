"""`docs/adapter-protocol.md` is run: its adapter logs in, its messages fit, its errors are those that one sees."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from mock_server.protocol.resource_owner import Deny
from mock_server.serving import serve
from scenarios.drivers import messages
from scenarios.drivers.driver import CannotStart
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.messages import NEXT_STEPS, Fault, read_reply
from scenarios.drivers.user_agent import UserAgent
from scenarios.model.assignment import PLAIN, Assignment
from scenarios.model.capability import Capability
from tests.docs.snippets import missing_lines, snippets

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "adapter-protocol.md"
TEXT = DOCUMENT.read_text("utf-8")
(ADAPTER, REQUESTS, ANSWERS, ERROR) = (each for each in snippets(DOCUMENT) if each.kind != "none")
SEQ = '{**reply, "seq": request["seq"]}'


@pytest.fixture
def server():
    with serve(auto_allow=True) as server:
        yield server


@pytest.fixture
def start(server, tmp_path):
    """Start the adapter of the document, or one that is changed in one place."""

    async def start(kind: str = "basic", changed: tuple[str, str] = ("", "")):
        assert changed[0] in ADAPTER.text
        (tmp_path / "adapter.py").write_text(ADAPTER.text.replace(*changed))
        driver = JsonLinesDriver([sys.executable, str(tmp_path / "adapter.py")])
        app = server.basic_app if kind == "basic" else server.pkce_app
        return await driver.start(
            Assignment(
                app_kind=kind,
                authorization_endpoint=server.authorization_endpoint,
                token_endpoint=server.token_endpoint,
                revocation_endpoint=None,
                api_url=server.api_url,
                client_id=app.client_id,
                client_secret=app.client_secret,
                redirect_uri=driver.redirect_uri(PLAIN),
                scope="account.read offline",
            )
        )

    return start


def test_every_block_says_how_it_is_tested():
    assert [block.kind for block in (ADAPTER, REQUESTS, ANSWERS, ERROR)] == ["adapter", "requests", "answers", "error"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
async def test_the_adapter_logs_in_and_is_denied(server, start, kind):
    application = await start(kind)
    try:
        async with UserAgent(server.url) as user_agent:
            session, other = application.session(), application.session()
            landing = await user_agent.visit(await session.begin(), "one")
            await other.begin()
            assert (await other.land(landing)).reason == "MismatchingStateError"
            assert (await session.land(landing)).kind == "signed_in"
            server.resource_owner = Deny()
            denied = await other.land(await user_agent.visit(await other.begin(), "two"))
            assert (denied.kind, denied.reason) == ("refused", "AccessDeniedError")
            assert (await application.session().land(landing)).kind == "refused"
    finally:
        await application.stop()


@pytest.mark.slow
async def test_the_error_is_the_one_that_one_sees(start):
    with pytest.raises(CannotStart) as caught:
        await start(changed=(SEQ, "reply"))
    assert not missing_lines(ERROR.text, [str(caught.value)]), caught.value


def test_the_adapter_is_as_short_as_its_heading_says():
    assert "## In thirty lines" in TEXT
    assert len([line for line in ADAPTER.text.splitlines() if line.strip()]) <= 30


def test_the_requests_are_those_of_the_harness():
    found = [msgspec.json.decode(line, type=messages.Request) for line in REQUESTS.text.splitlines()]
    assert [json.loads(messages.encode(each)) for each in found] == [json.loads(line) for line in REQUESTS.commands]
    assert [each.__struct_config__.tag for each in found] == list(messages.ANSWERS)


def test_the_answers_fit():
    found = [read_reply(line.encode()) for line in ANSWERS.text.splitlines()]
    assert not [each for each in found if isinstance(each, Fault)]
    assert {type(each) for each in found} == set(get_args(messages.Reply))


def test_every_code_and_capability_is_explained_and_no_other():
    assert re.findall(r"^\| `([A-Z_]+)` \|", TEXT, re.MULTILINE) == sorted(
        NEXT_STEPS, key=lambda code: TEXT.index(f"| `{code}` |")
    )
    assert not {each.value for each in Capability} - set(re.findall(r"`([a-z_]+)`", TEXT))


def test_every_answer_to_every_request_is_in_the_table():
    for request, kinds in messages.ANSWERS.items():
        (row,) = re.findall(rf"^\| `{request}` \| ([^|]*) \| [^|]* \|$", TEXT, re.MULTILINE)
        told = {str(kind.__struct_config__.tag) for kind in kinds} - {"failed"}
        assert set(re.findall(r"`([a-z_]+)`", row)) == told


def test_files_that_are_named_exist():
    named = re.findall(r"`((?:client_ref|scenarios)/[\w./]+)`", TEXT)
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]
