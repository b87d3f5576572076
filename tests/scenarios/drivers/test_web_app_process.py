"""However a command starts or refuses to stop: a named result in bounded time, and nothing is left of it."""

import asyncio
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scenarios.drivers import process, process_tree
from scenarios.drivers.capture import MOST_IN_FILE, MOST_IN_MEMORY
from scenarios.drivers.driver import ApplicationDied, CannotStart, SessionFailed
from scenarios.drivers.environment import port_of
from scenarios.drivers.process import is_free
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.capability import Capability
from tests.scenarios.drivers.apps.assigned import HABITS, assigned, habitual, of

pytestmark = pytest.mark.slow

linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    """One that ignores SIGTERM is not waited for; tests of well-behaved ones end before that."""
    monkeypatch.setattr(process, "GRACE", 0.2)


@asynccontextmanager
async def started(driver):
    assignment = of(driver)
    application = await driver.start(assignment)
    try:
        yield application
    finally:
        await application.stop()
        assert is_free(port_of(assignment.redirect_uri)), "something still listens"


async def refusal(driver, assignment=None):
    """What `start` says instead of starting."""
    assignment = assignment or of(driver)
    with pytest.raises(CannotStart) as caught:
        await driver.start(assignment)
    assert is_free(port_of(assignment.redirect_uri)) or caught.value.code == "PORT_TAKEN"
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize("start", ["serves", "serves-at-six", "ignores-sigterm", "forks", "becomes-daemon"])
async def test_it_serves_and_nothing_is_left_of_it(start):
    async with started(habitual(start)) as application:
        assert (await application.session().begin()).startswith(application.assignment.authorization_endpoint)
    await application.stop()  # once more does no harm


async def test_where_nobody_stays_behind_nobody_is_looked_for_twice(monkeypatch):
    looked, members = [], process_tree.members
    async with started(habitual("serves")):
        monkeypatch.setattr(process_tree, "members", lambda *of: looked.append(of) or members(*of))
    assert len(looked) == 1


async def test_one_that_serves_one_request_at_a_time_is_not_kept_waiting():
    async with started(habitual("serves-one-at-a-time")) as application:
        sessions = [application.session() for _ in range(8)]
        assert len(await asyncio.gather(*(session.begin() for session in sessions))) == 8


@pytest.mark.parametrize(
    ("start", "code", "words"),
    [
        ("fails", "EXITED_AT_ONCE", ("exit code 3", "first | secret: … | last words")),
        ("ends", "EXITED_AT_ONCE", ("exit code 0", "wrote nothing", "foreground")),
        ("killed", "EXITED_AT_ONCE", ("killed by SIGKILL",)),
        ("finds-port-taken", "PORT_TAKEN", ("Address already in use",)),
        ("reads-stdin", "EXITED_AT_ONCE", ("read 0 characters",)),
    ],
)
async def test_one_that_ends_before_it_listens(start, code, words):
    error = await refusal(habitual(start))
    assert error.code == code
    assert all(word in str(error) for word in words)


async def test_one_that_never_listens():
    error = await refusal(habitual("never-listens", ready_timeout=0.3))
    assert (error.code, "0.3 s" in error.cause, "instead" in error.cause) == ("NEVER_LISTENED", True, False)


@linux
async def test_one_that_listens_on_another_port_is_told_on_which(monkeypatch):
    driver = habitual("listens-elsewhere")
    assignment = of(driver)
    ours = f"REDIRECT_URI={assignment.redirect_uri}"

    async def listening_anywhere(*_):
        assert await process.until(lambda: process_tree.listening_ports(process_tree.members(0, ours)) != [], 60)
        return ""

    monkeypatch.setattr(process, "first_listening", listening_anywhere)
    error = await refusal(driver, assignment)
    assert error.code == "NEVER_LISTENED"
    assert "it listens on " in error.cause


@linux
async def test_one_that_listens_elsewhere_is_not_waited_for_to_the_end(monkeypatch):
    monkeypatch.setattr(process, "_ELSEWHERE", 0.1)
    error = await refusal(habitual("listens-elsewhere", ready_timeout=600.0))
    assert (error.code, "it listens on " in error.cause) == ("NEVER_LISTENED", True)


async def test_one_that_floods_its_error_output_is_not_waited_for():
    error = await refusal(habitual("floods-stderr-and-never-listens", ready_timeout=0.5))
    assert error.code == "NEVER_LISTENED"
    assert len(str(error)) < 3000


async def test_output_is_bounded_and_its_end_is_kept(tmp_path):
    async with started(habitual("floods-stdout", output=tmp_path)) as application:
        written = application._process._stdout
        assert await process.until(lambda: written.total > 20 * MOST_IN_FILE, 60)
        # It is served all the while.
        assert await application.session().begin()
    stdout = (tmp_path / "application-1-basic.stdout.txt").read_bytes()
    assert MOST_IN_FILE < len(stdout) < MOST_IN_FILE + MOST_IN_MEMORY + 100
    assert b"bytes left out]" in stdout
    assert (tmp_path / "application-1-basic.stderr.txt").read_bytes() == b""


async def test_what_it_was_told_is_in_its_output(tmp_path):
    await refusal(habitual("prints-environment", output=tmp_path / "new", env={"OAUTH_ID": "{client_id}"}))
    told = dict(
        line.split("=", 1) for line in (tmp_path / "new/application-1-basic.stdout.txt").read_text().splitlines()
    )
    assert (told["OAUTH_ID"], told["CLIENT_ID"], told["SCOPE"]) == ("an-app", "an-app", "offline account.read")
    assert told["REDIRECT_URI"] == f"http://localhost:{told['PORT']}/callback"


async def test_output_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    assert (await refusal(habitual("serves", output=tmp_path / "file"))).code == "OUTPUT_NOT_WRITABLE"


async def test_a_port_that_is_taken():
    driver = habitual("serves")
    with socket.create_server(("127.0.0.1", 0)) as other:
        assignment = assigned(redirect_uri=f"http://localhost:{other.getsockname()[1]}/callback")
        assert (await refusal(driver, assignment)).code == "PORT_TAKEN"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ([], "COMMAND_NOT_FOUND", "no command"),
        ([""], "COMMAND_NOT_FOUND", "no command"),
        (["there-is-no-such-command"], "COMMAND_NOT_FOUND", "PATH"),
        (["python app.py"], "COMMAND_NOT_FOUND", "words of their own"),
        ([str(HABITS)], "COMMAND_NOT_EXECUTABLE", "Permission denied"),
        (["/"], "COMMAND_NOT_EXECUTABLE", "cannot be run"),
        (["a\0b"], "COMMAND_NOT_FOUND", "a\\x00b"),
    ],
)
async def test_commands_that_cannot_be_run(command, code, words):
    error = await refusal(WebAppDriver(command, login="/login"))
    assert (error.code, words in str(error)) == (code, True)


@pytest.mark.parametrize("first_line", ["#!/no/such/interpreter", "\x7fELF"])
async def test_files_that_cannot_be_run(tmp_path, first_line):
    program = tmp_path / "my program"
    program.write_text(f"{first_line}\n")
    program.chmod(0o755)
    error = await refusal(WebAppDriver([str(program)], login="/login"))
    assert error.code == "COMMAND_NOT_EXECUTABLE"


async def test_blanks_and_quotes_in_a_command_are_part_of_it(tmp_path):
    folder = tmp_path / "it's a \"folder\""
    folder.mkdir()
    (folder / "my app.py").write_text(HABITS.read_text())
    driver = habitual("serves", folder=folder)
    driver.command = (*driver.command[:-2], "my app.py", "serves")
    async with started(driver) as application:
        assert await application.session().begin()


async def test_a_folder_that_is_not_there(tmp_path):
    assert (await refusal(habitual("serves", folder=tmp_path / "none"))).code == "NO_SUCH_FOLDER"


async def test_a_restart_keeps_address_and_cookies():
    async with started(habitual("serves", signed_in="GET /me is 200")) as application:
        assert Capability.RESTART in application.capabilities
        session = application.session()
        uri = application.assignment.redirect_uri
        assert (await session.land(f"{uri}?code=good")).kind == "signed_in"
        await application.restart()
        assert (await session.land(f"{uri}?code=same")).kind == "signed_in"


@pytest.mark.parametrize(("code", "how"), [("exits", "exit code 7"), ("killed", "SIGKILL")])
async def test_one_that_dies_on_landing(code, how):
    async with started(habitual("serves")) as application:
        session = application.session()
        with pytest.raises(ApplicationDied, match=how) as caught:
            await session.land(f"{application.assignment.redirect_uri}?code={code}")
        assert caught.value.code == "APPLICATION_DIED"
        for step in (session.begin, application.session().begin):
            with pytest.raises(ApplicationDied):
                await step()


async def test_attached_it_is_found_and_left_running():
    async with started(habitual("serves")) as running:
        uri = running.assignment.redirect_uri
        driver = WebAppDriver(None, login="/login", fixed_redirect_uri=uri)
        attached = await driver.start(of(driver))
        assert Capability.RESTART not in attached.capabilities
        assert await attached.session().begin()
        with pytest.raises(CannotStart, match="NOT_OURS"):
            await attached.restart()
        await attached.stop()
        assert await running.session().begin()
        await running.stop()
        with pytest.raises(ApplicationDied, match="APPLICATION_GONE"):
            await attached.session().begin()


async def test_https_where_there_is_none():
    async with started(habitual("serves")) as running:
        uri = running.assignment.redirect_uri.replace("http:", "https:")
        driver = WebAppDriver(None, login="/login", fixed_redirect_uri=uri)
        attached = await driver.start(of(driver))
        with pytest.raises(SessionFailed, match=r"BAD_ANSWER.*TLS"):
            await attached.session().begin()


async def test_attached_to_nothing():
    driver = WebAppDriver(None, login="/login", fixed_redirect_uri="http://localhost:1/callback", ready_timeout=0.1)
    with pytest.raises(CannotStart, match="NOT_RUNNING"):
        await driver.start(of(driver))


async def test_cancelled_while_it_waits_nothing_is_left():
    driver = habitual("never-listens")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await driver.start(of(driver))


def test_without_proc_nothing_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(process_tree, "_PROC", tmp_path / "none")
    assert process_tree.members(1, "A=B") == []
    assert process_tree.listening_ports([1]) == []
