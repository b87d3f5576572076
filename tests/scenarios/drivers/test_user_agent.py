"""The user agent towards the mock: what it opens, over which connection, and that nothing is asked twice."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from mock_server.serving import serve, throw_away_authority
from scenarios.drivers import kept_connections
from scenarios.drivers.driver import SessionFailed
from scenarios.drivers.user_agent import UserAgent

REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://localhost/callback?code=c\r\nContent-Length: 0\r\n\r\n"
LAST = REDIRECT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
PAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno"
HALF = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 9\r\n\r\nha"


class Server:
    """A server that gives one answer after another; nothing is what it says by closing the connection."""

    def __init__(self, *answers: bytes, closes: bool = False) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""
        self._answers = list(answers)
        self._closes = closes
        self.tasks: list[asyncio.Task[None]] = []

    async def connected(self, reader, writer):
        self.connections += 1
        self.tasks.append(asyncio.current_task())
        try:
            while self._answers and (request := await reader.readuntil(b"\r\n\r\n")):
                self.requests.append(request)
                answer = self._answers.pop(0)
                writer.write(answer)
                if self._closes or not answer or answer in (LAST, HALF):
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(*answers, closes=False):
    told = Server(*answers, closes=closes)
    server = await asyncio.start_server(told.connected, "127.0.0.1", 0)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        async with UserAgent(told.url, timeout=5) as user_agent:
            yield told, user_agent
        # No connection is left open, or this would wait.
        await asyncio.gather(*told.tasks)


async def code_of(coroutine):
    with pytest.raises(SessionFailed) as failed:
        await coroutine
    return failed.value.code


async def test_what_is_asked():
    async with serving(REDIRECT) as (server, user_agent):
        url = f'{server.url}/oauth2/auth?scope=a b&state=%7e"#fragment'
        assert await user_agent.visit(url, "flow-1") == "http://localhost/callback?code=c"
    line, *headers = server.requests[0].decode().split("\r\n")
    assert line == "GET /oauth2/auth?scope=a%20b&state=%7e%22 HTTP/1.1"
    assert {f"Host: {server.url[7:]}", "Oauthspec-Flow: flow-1"} <= set(headers)
    assert not any(header.startswith("Authorization") for header in headers)


async def test_user_information_becomes_credentials():
    async with serving(REDIRECT) as (server, user_agent):
        await user_agent.visit(server.url.replace("//", "//me:s%3Acret@") + "/oauth2/auth", "flow-1")
    assert b"Authorization: Basic bWU6czpjcmV0\r\n" in server.requests[0]
    assert f"Host: {server.url[7:]}\r\n".encode() in server.requests[0]


async def test_one_connection_does_for_many():
    async with serving(REDIRECT, PAGE, REDIRECT) as (server, user_agent):
        await user_agent.visit(f"{server.url}/a", "flow-1")
        assert await code_of(user_agent.visit(f"{server.url}/b", "flow-2")) == "AUTHORIZATION_REFUSED"
        await user_agent.visit(f"{server.url}/c", "flow-3")
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_side_by_side_each_has_its_own():
    async with serving(*[REDIRECT] * 4) as (server, user_agent):
        await asyncio.gather(*(user_agent.visit(f"{server.url}/", f"flow-{number}") for number in range(4)))
    assert (server.connections, len(server.requests)) == (4, 4)


@pytest.mark.parametrize("how", ["says so", "closes", "stale"])
async def test_a_connection_that_cannot_be_trusted_is_replaced(how, monkeypatch):
    if how == "stale":
        monkeypatch.setattr(kept_connections, "_FRESH", -1)
    answer = LAST if how == "says so" else REDIRECT
    async with serving(answer, answer, closes=how == "closes") as (server, user_agent):
        for number in (1, 2):
            await user_agent.visit(f"{server.url}/", f"flow-{number}")
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_nothing_is_asked_twice():
    async with serving(REDIRECT, b"", REDIRECT) as (server, user_agent):
        await user_agent.visit(f"{server.url}/", "flow-1")
        assert await code_of(user_agent.visit(f"{server.url}/", "flow-2")) == "BAD_AUTHORIZATION_URL"
        assert len(server.requests) == 2
        await user_agent.visit(f"{server.url}/", "flow-3")
    assert (server.connections, len(server.requests)) == (2, 3)


@pytest.mark.parametrize("answer", [b"", HALF, b"SSH-2.0-OpenSSH\r\n\r\n"])
async def test_what_is_no_answer(answer):
    async with serving(answer) as (server, user_agent):
        assert await code_of(user_agent.visit(f"{server.url}/", "flow-1")) == "BAD_AUTHORIZATION_URL"


async def test_a_server_that_never_answers():
    async with serving(b"HTTP/1.1 ", b"") as (server, _), UserAgent(server.url, timeout=0.01) as user_agent:
        assert await code_of(user_agent.visit(f"{server.url}/", "flow-1")) == "BAD_AUTHORIZATION_URL"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/oauth2/auth", "https://[nowhere", "/oauth2/auth", "http://a@b/c"])
async def test_it_goes_nowhere_else(url):
    async with serving(REDIRECT) as (server, user_agent):
        assert await code_of(user_agent.visit(url, "flow-1")) == "LOGIN_ELSEWHERE"
    assert server.connections == 0


@pytest.mark.slow
async def test_over_tls_it_trusts_the_authority_alone():
    with serve(auto_allow=True, tls=True) as server, throw_away_authority() as other:
        app = server.basic_app
        query = f"response_type=code&client_id={app.client_id}&redirect_uri={app.redirect_uris[0]}&state=12345678"
        url = f"{server.authorization_endpoint}?{query}"
        async with UserAgent(server.url, trust=server.authority.trusting()) as user_agent:
            assert "code=" in await user_agent.visit(url, "flow-1")
            server.present("self_signed")
            assert await code_of(user_agent.visit(url, "flow-2")) == "BAD_AUTHORIZATION_URL"
        server.present("trusted")
        async with UserAgent(server.url, trust=other.trusting()) as user_agent:
            assert await code_of(user_agent.visit(url, "flow-3")) == "BAD_AUTHORIZATION_URL"
