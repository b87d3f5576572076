"""`oauthspec run` and `judge` in processes of their own: exit codes, files, and clients that are hardly any."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from scenarios.reports.record_reading import read

from .commands import ROOT, oauthspec

FEW = ("--select", "callback/state-changed", "--app-kind", "basic")
CLIENTS = Path(__file__).with_name("clients.py")

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """A user's own folder, with a module of clients in it."""
    shutil.copy(CLIENTS, tmp_path / "my_clients.py")
    return tmp_path


def test_0_everything_as_it_should_be(tmp_path):
    result = oauthspec(["run", "--client", "reference", *FEW], tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert "8 scenarios" in result.stderr
    assert "Exit code 0: everything that was judged is as it should be." in result.stderr


def test_1_the_client_failed_and_everything_is_on_file(tmp_path):
    words = ["run", "--client", "flawed:state-ignored", *FEW, "--record", "run.jsonl", "--output", "out"]
    result = oauthspec(words, tmp_path)
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert "Exit code 1: the client failed: 8 scenarios" in result.stderr
    assert len(list((tmp_path / "out").iterdir())) == 8
    recorded = read(tmp_path / "run.jsonl")
    assert (recorded.footer.exit_code, recorded.footer.interrupted, recorded.footer.cases) == (1, False, 8)

    judged = oauthspec(["judge", "run.jsonl"], tmp_path)
    assert judged.returncode == 1
    assert report(judged.stderr) == report(result.stderr)
    assert judged.stderr.endswith("Judged again from the record: 8 verdicts, each as it was.\n")


def report(text: str) -> list[str]:
    """What a run and its record both tell: not the order in which verdicts came, nor the keys of marks."""
    text = re.sub(r"(characters), [0-9a-f]{6}", r"\1", text)
    return [line for line in text.splitlines() if not line.startswith(("FAILED   ", "Traces", "Record", "Judged"))]


def test_the_printed_line_gives_the_same_result(tmp_path):
    result = oauthspec(["run", "--client", "flawed:state-ignored", *FEW, "--timeout", "19"], tmp_path)
    line = next(line for line in result.stderr.splitlines() if "again" in line and "[empty]" in line)
    words = shlex.split(line.partition("again")[2])
    assert words[0] == "oauthspec"
    assert words[-4:] == ["--timeout", "19", "--client", "flawed:state-ignored"]
    again = oauthspec(words[1:], tmp_path)
    assert again.returncode == 1
    assert message(again.stderr, "[empty]") == message(result.stderr, "[empty]")


def message(text: str, row: str) -> str:
    (found,) = re.findall(rf"(?m)^FAILED  callback/state-changed{re.escape(row)}.*\n(?:  .*\n)+", text)
    found = re.sub(r"(characters), [0-9a-f]{6}|exchange \d+", r"\1", found)
    return re.sub(r"\b[0-9a-f]{16}\b", "", found)


def test_2_a_mistake_on_the_command_line(tmp_path):
    result = oauthspec(["run", "--client", "reference", "--select", "nothing"], tmp_path)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_2_a_damaged_record(tmp_path):
    (tmp_path / "run.jsonl").write_text("{}")
    result = oauthspec(["judge", "run.jsonl"], tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("oauthspec: NOT_A_RECORD: run.jsonl is no record of oauthspec")


@pytest.mark.parametrize(
    ("client", "code"),
    [
        ("not_there:factory", "CLIENT_NOT_IMPORTABLE"),
        ("my_clients:not_there", "CLIENT_NOT_IMPORTABLE"),
        ("my_clients:__name__", "CLIENT_NOT_CALLABLE"),
    ],
)
def test_3_no_client_to_be_had(folder, client, code):
    result = oauthspec(["run", "--client", client, *FEW], folder)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith(f"oauthspec: {code}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("client", "code"),
    [
        ("lacks_begin", "CLIENT_LACKS_METHOD"),
        ("raises", "FACTORY_RAISED"),
        ("hangs", "FACTORY_HUNG"),
        ("Nonsense", "CANNOT_LOG_IN"),
        ("Exits", "CANNOT_LOG_IN"),
        ("Raises", "CANNOT_LOG_IN"),
        ("StopsItsLoop", "CANNOT_LOG_IN"),
    ],
)
def test_3_nothing_could_be_judged_and_the_cause_is_told_once(folder, client, code):
    result = oauthspec(["run", "--client", f"my_clients:{client}", *FEW, "--record", "run.jsonl"], folder)
    assert (result.returncode, result.stdout) == (3, "")
    assert f"{code}: all 8 scenarios" in result.stderr
    assert result.stderr.count("  cause  ") == 1
    assert "Exit code 3: incomplete: nothing was judged." in result.stderr
    assert "of-somebody-else" not in result.stderr
    assert "\x1b" not in result.stderr
    assert "Traceback" not in result.stderr
    assert read(folder / "run.jsonl").footer.cases == 8


def test_a_command_that_does_not_exist_is_told_once(tmp_path):
    for seat in (["--adapter"], ["--login", "/login"]):
        result = oauthspec(["run", *seat, *FEW, "--", "not-there-at-all"], tmp_path)
        assert result.returncode == 3
        assert result.stderr.count("  cause  ") == 1
        assert "not-there-at-all" in result.stderr


def test_an_adapter_is_judged_like_the_client_in_it(tmp_path):
    words = ["run", "--adapter", *FEW, "--output", "out", "--", "python", "-m", "client_ref.adapter"]
    result = oauthspec(words, tmp_path)
    assert result.returncode == 0, result.stderr
    assert list((tmp_path / "out").rglob("*stderr*")), "what the adapter wrote is not kept"


def test_what_a_client_prints_is_no_data(folder):
    result = oauthspec(["run", "--client", "my_clients:Prints", *FEW], folder)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert re.search(r"The client printed \d+ lines to stdout; --output DIR keeps them.", result.stderr)
    assert "landed at" not in result.stderr
    oauthspec(["run", "--client", "my_clients:Prints", *FEW, "--output", "out"], folder)
    assert "landed at http://localhost:5050/callback" in (folder / "out" / "client.stdout.txt").read_text()


def test_a_terminal_is_told_nothing_in_colour_alone(tmp_path):
    """Piped output has no escapes; every verdict is a word."""
    result = oauthspec(["run", "--client", "flawed:state-ignored", *FEW, "-v"], tmp_path)
    assert "\x1b" not in result.stderr
    assert result.stderr.isascii()
    assert result.stderr.count("FAILED") >= 8
    assert "rule/state-never-repeats" in result.stderr


def test_both_kinds_of_app_are_the_default(tmp_path):
    result = oauthspec(["run", "--client", "reference", "--select", "callback/genuine-callback"], tmp_path)
    assert "2 scenarios (callback/genuine-callback), as a Basic app and a PKCE app" in result.stderr


def test_make_run_expects_what_it_shows():
    text = (ROOT / "Makefile").read_text()
    assert "oauthspec run --client reference" in text
    assert "test $$code -eq 1" in text
