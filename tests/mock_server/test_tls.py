"""The mock over https: who is let in, what becomes of a handshake that comes to nothing, and what is left of it all."""

import queue
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mock_server.apps import SettingsError
from mock_server.certificates import Authority
from mock_server.changes import Changes
from mock_server.command import serve as command
from mock_server.delivery import Delivery, Drip, HalfBody, Redirect, Reset
from mock_server.environment import environment, trusting
from mock_server.serving import BASIC_APP, serve
from mock_server.transcript import Event
from tests.mock_server.in_memory import authorization_parameters, basic, code_form
from tests.mock_server.over_sockets import PATIENCE, connected, cut

BAD = ("self_signed", "expired", "wrong_name", "unknown_authority")


@pytest.fixture(scope="module")
def shared_tls_server():
    with serve(auto_allow=True, tls=True) as running:
        yield running


@pytest.fixture
def server(shared_tls_server, silent):
    shared_tls_server.present("trusted")
    shared_tls_server.reset()
    return shared_tls_server


@pytest.fixture
def handshakes(server):
    """What became of handshakes, as it is noted; reading waits for the next."""
    noted = queue.SimpleQueue()
    stop = server.transcript.listen(lambda entry: isinstance(entry, Event) and noted.put(entry))
    yield lambda: (event := noted.get(timeout=PATIENCE)).kind == "handshake" and event.detail
    stop()
    assert noted.empty()


@pytest.fixture(scope="module")
def trust(shared_tls_server):
    """What a client makes of the file that it is given, as programs read such files."""
    return ssl.create_default_context(cafile=str(shared_tls_server.authority.ca_file))


@pytest.fixture
def client(trust):
    with httpx.Client(verify=trust, trust_env=False, timeout=PATIENCE) as client:
        yield client


def anybody() -> ssl.SSLContext:
    """A client that looks at no certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def redeemed(server, client, changes=None):
    """Log in under changes, up to the token answer."""
    flow = server.core.open_flow(changes).identifier if changes else ""
    parameters, named = authorization_parameters(BASIC_APP), {"oauthspec-flow": flow}
    redirect = client.get(server.authorization_endpoint, params=parameters, headers=named)
    code = httpx.URL(redirect.headers["location"]).params["code"]
    return client.post(server.token_endpoint, data=code_form(code, BASIC_APP), headers=[basic(BASIC_APP)])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_login_by_each_name(server, client, name):
    assert redeemed(server, client).status_code == 200
    token = redeemed(server, client).json()["access_token"]
    url = server.api_url.replace("127.0.0.1", name)
    assert client.get(f"{url}/me", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert server.url == server.core.issuer == f"https://127.0.0.1:{server.port}"
    assert server.transcript.exchanges[-1].request.origin == f"https://{name}:{server.port}"


def test_our_own_client_trusts_this_authority_and_no_other(server):
    trust = server.authority.trusting()
    assert httpx.get(server.url + "/v2/me", verify=trust).status_code == 401
    with serve(tls=True) as other, pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(other.url + "/v2/me", verify=trust)


@pytest.mark.parametrize("certificate", BAD)
def test_a_bad_certificate_is_broken_off_with(server, client, handshakes, certificate):
    server.present(certificate)
    with pytest.raises(httpx.ConnectError, match="certificate"):
        client.get(server.url + "/v2/me")
    noted = handshakes()
    assert (noted["certificate"], noted["how"]) == (certificate, "broken off")
    assert noted["said"] in ("bad certificate", "certificate expired", "unknown ca")
    assert not server.transcript.exchanges


@pytest.mark.parametrize("certificate", BAD)
def test_a_client_that_looks_at_none_is_seen(server, handshakes, certificate):
    server.present(certificate)
    assert httpx.get(server.url + "/v2/me", verify=anybody()).status_code == 401
    assert handshakes() == {"certificate": certificate, "how": "used", "said": ""}


def test_one_that_looks_afterwards_leaves_without_a_word(server, handshakes):
    server.present("expired")
    with anybody().wrap_socket(connected(server.port)):
        pass
    assert handshakes() == {"certificate": "expired", "how": "left", "said": ""}


def test_one_that_hangs_up_in_the_midst_of_it(server, handshakes):
    server.present("expired")
    connected(server.port).close()
    assert handshakes()["how"] == "broken off"


def test_one_that_speaks_in_the_clear(server, handshakes):
    with connected(server.port) as connection:
        connection.sendall(b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(100) == b""
    assert handshakes() == {"certificate": "trusted", "how": "cleartext", "said": ""}


def test_one_that_speaks_something_else(server, handshakes):
    with connected(server.port) as connection:
        connection.sendall(b"\0" * 100)
        connection.recv(100)
    assert handshakes()["how"] == "failed"


def test_the_renewed_certificate_is_another_good_one(server, client):
    def shown() -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as plain:
            secured = server.authority.trusting().wrap_socket(plain, server_hostname="127.0.0.1")
            with secured:
                return secured.getpeercert(binary_form=True)

    first = shown()
    server.present("renewed")
    assert shown() != first
    assert client.get(server.url + "/v2/me").status_code == 401


def test_nobody_goes_on_under_the_certificate_before(server, client, handshakes):
    assert client.get(server.url + "/v2/me").status_code == 401
    server.present("expired")
    with pytest.raises(httpx.ConnectError, match="expired"):
        client.get(server.url + "/v2/me")
    assert handshakes()["how"] == "broken off"


def test_a_server_without_an_authority_presents_nothing():
    with serve() as plain, pytest.raises(ValueError, match="no certificate"):
        plain.present("expired")


def test_it_speaks_http_at_a_third_address(server, client):
    flow = Changes(delivery=Delivery(Redirect(307, "cleartext")))
    there = redeemed(server, client, flow).headers["location"]
    assert there.startswith("http://127.0.0.1:")
    assert client.post(there).json()["token_type"] == "bearer"


def test_without_tls_cleartext_is_the_second_origin(silent):
    with serve(auto_allow=True) as plain, httpx.Client(trust_env=False) as client:
        there = redeemed(plain, client, Changes(delivery=Delivery(Redirect(307, "cleartext")))).headers["location"]
    assert there.startswith("http://")
    assert not there.startswith(plain.url)


@pytest.mark.parametrize("how", [Reset(), Reset("headers"), Reset("half_body"), HalfBody()], ids=str)
def test_broken_answers_break_as_over_http(server, client, how):
    with pytest.raises(httpx.TransportError):
        redeemed(server, client, Changes(delivery=Delivery(how)))
    assert redeemed(server, client).status_code == 200


def test_an_answer_in_drops(server, client):
    assert redeemed(server, client, Changes(delivery=Delivery(Drip(50, 0.0001)))).status_code == 200


def test_it_stops_in_the_midst_of_a_handshake(silent):
    with serve(tls=True) as running:
        half = connected(running.port)
    cut(half)


# The file.


def test_the_file_holds_ours_first_and_goes_with_the_server(tmp_path, monkeypatch):
    usual = tmp_path / "usual.pem"
    usual.write_text("# what this machine trusts\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(usual))
    from mock_server import certificates

    monkeypatch.setattr(certificates, "_trusted_here", certificates._trusted_here.__wrapped__)
    with Authority() as authority:
        text = authority.ca_file.read_text()
        assert text.index(authority.pem) < text.index("# what this machine trusts")
    assert not authority.ca_file.exists()
    assert not authority.ca_file.parent.exists()


def test_a_file_that_is_named_stays_and_is_written_again(tmp_path):
    path = tmp_path / "ca.pem"
    with Authority((), path) as first:
        pass
    assert first.pem in path.read_text()
    with Authority((), path) as second:
        assert second.pem in path.read_text()
    assert first.pem not in path.read_text()


@pytest.mark.parametrize("there", ["a file of somebody else", "a folder", "nowhere"])
def test_a_file_that_cannot_be_written(tmp_path, there):
    path = tmp_path / "ca.pem"
    if there == "a folder":
        path.mkdir()
    elif there == "nowhere":
        path = tmp_path / "nowhere" / "ca.pem"
    else:
        path.write_text("precious")
    with pytest.raises(SettingsError, match=r"BAD_CA_FILE: .*--tls-ca"):
        Authority((), path)
    assert there != "a file of somebody else" or path.read_text() == "precious"


def test_the_variables_that_runtimes_read():
    assert trusting(None) == {}
    lines = environment("https://127.0.0.1:4444", BASIC_APP, "/tmp/ca.pem")
    named = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    assert [lines[name] for name in named] == ["/tmp/ca.pem"] * 4
    assert not set(named) & set(environment("http://127.0.0.1:4444", BASIC_APP))


@pytest.mark.parametrize(
    ("flags", "code"),
    [(["--tls-ca", "ca.pem"], "NO_TLS"), (["--tls", "--tls-ca", "/nowhere/ca.pem"], "BAD_CA_FILE")],
)
def test_a_wrong_flag_is_one_line(flags, code):
    result = CliRunner().invoke(command, ["--port", "0", *flags])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"oauthspec: {code}: ")


def test_what_went_wrong_before_it_listens_leaves_no_file(server, monkeypatch):
    made = []
    monkeypatch.setattr("mock_server.certificates.Authority.__enter__", lambda self: made.append(self) or self)
    result = CliRunner().invoke(command, ["--tls", "--port", str(server.port)])
    assert "PORT_TAKEN" in result.stderr
    assert not Path(made[0].ca_file).exists()
