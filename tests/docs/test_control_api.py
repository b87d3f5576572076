"""docs/control-api.md is run with curl from top to bottom; what it lists is what there is. So are other examples."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

from mock_server.web.control.problems import CODES
from mock_server.web.control.table import OPERATIONS
from tests.architecture.tree import PACKAGES, ROOT
from tests.docs.snippets import missing_lines, snippets
from tests.processes import environment, finished, served

PAGE = ROOT / "docs" / "control-api.md"
OFFLINE = ROOT / "docs" / "offline-development.md"
BREAK = "@@@ the next block @@@"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="no `curl` on the path; on Debian `apt-get install curl`")
def test_curl_is_told_what_the_page_says(tmp_path):
    """One shell for the whole page, so that what one block sets, the next ones use."""
    blocks = [block for block in snippets(PAGE) if block.kind != "none"]
    commands = [block for block in blocks if block.kind == "curl"]
    assert {block.kind for block in blocks} == {"curl", "output"}
    with served([sys.executable, "-m", "mock_server", "--port", "0"], cwd=tmp_path, until="Ctrl-C") as server:
        script = f"\necho; echo '{BREAK}'\n".join(block.text for block in commands)
        script = script.replace("http://127.0.0.1:4444", server.url)
        result = finished(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == 0, result.stdout
    printed = result.stdout.split(f"\n{BREAK}\n")
    assert len(printed) == len(commands)
    for number, block in enumerate(blocks):
        if block.kind == "output":
            above = printed[commands.index(blocks[number - 1])]
            # JSON answers end without a line break, so that two of them are on one line.
            lines = above.replace("}{", "}\n{").splitlines()
            assert not missing_lines(block.text, lines), f"{block}: {above}"


def test_every_code_and_every_operation_is_on_the_page():
    """The page's own words: the codes are those of the API, and every operation is named."""
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {code: (int(status), title) for status, code, title in rows} == dict(CODES)
    text = re.sub(r"[`,;]", " ", PAGE.read_text("utf-8"))
    for operation in OPERATIONS:
        assert re.search(rf"(?<!\S){operation.path}(?!\S)", text.replace("?", " ")), operation.path


@pytest.mark.slow
def test_programs_of_the_offline_page_run(tmp_path):
    programs = [block for block in snippets(OFFLINE) if block.kind == "python"]
    assert programs
    for block in programs:
        result = finished([sys.executable, "-c", block.text], cwd=tmp_path, env=environment(tmp_path))
        assert result.returncode == 0, f"{block}: {result.stdout}"


@pytest.mark.parametrize("page", [PAGE, OFFLINE], ids=lambda page: page.name)
def test_links_and_files_of_the_pages_are_there(page):
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert not [target for target in targets if not (page.parent / target).exists()]
    assert not [block for block in snippets(page) if not block.mark]


@pytest.mark.slow
@pytest.mark.parametrize("page", [PAGE, OFFLINE], ids=lambda page: page.name)
def test_flags_of_the_pages_exist(page, tmp_path):
    text = re.sub(r"\n", " ", page.read_text("utf-8"))
    flags = {flag for code in re.findall(r"`(oauthspec serve[^`]*)`", text) for flag in re.findall(r"--[a-z-]+", code)}
    told = finished([sys.executable, "-m", "mock_server", "--help"], cwd=tmp_path, env=environment(tmp_path)).stdout
    assert not [flag for flag in flags if not re.search(rf"{flag}(?![a-z-])", told)]


def instructions(text: str) -> list[tuple[str, str]]:
    """A Containerfile's instructions, continued lines joined."""
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line and line[0] not in "# "]


def test_the_container_holds_what_is_there_and_is_not_root():
    made = instructions((ROOT / "Containerfile").read_text("utf-8"))
    kinds = [kind for kind, _ in made]
    assert kinds[0] == "FROM"
    assert set(kinds) <= {"FROM", "RUN", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}
    assert "USER" in kinds
    assert kinds.index("USER") < kinds.index("ENTRYPOINT")
    sources = [word for kind, words in made if kind == "COPY" for word in words.split()[:-1]]
    assert not [source for source in sources if not (ROOT / source).exists()]
    assert set(PACKAGES) <= set(sources)


def test_the_composition_keeps_the_mock_on_this_machine():
    text = (ROOT / "compose.yaml").read_text("utf-8")
    ports = re.findall(r'^ +- "([\d.:]+)"$', text, re.MULTILINE)
    assert ports == ["127.0.0.1:4444:4444"]
    assert "\t" not in text
    assert "dockerfile: Containerfile" in text


@pytest.mark.slow
def test_what_the_container_is_told_is_what_serve_takes(tmp_path):
    """The example's command line, on this machine: others can reach it, so it has a control token."""
    made = dict(instructions((ROOT / "Containerfile").read_text("utf-8")))
    words = re.findall(r'"([^"]+)"', made["ENTRYPOINT"] + made["CMD"])
    own = environment(tmp_path) | {"OAUTHSPEC_CONTROL_TOKEN": "a-token-of-this-test"}
    with served([*words, "--port", "0"], cwd=tmp_path, env=own, until="Ctrl-C") as server:
        assert any("control token" in line and "a-token-of-this-test" in line for line in server.lines)
        assert server.interrupt() in {0, 130}


@pytest.mark.slow
@pytest.mark.parametrize("token", ["short", "with a blank in its middle", "nön-ascii-characters"])
def test_control_token_that_is_none(tmp_path, token):
    own = environment(tmp_path) | {"OAUTHSPEC_CONTROL_TOKEN": token}
    result = finished([sys.executable, "-m", "mock_server", "--port", "0"], cwd=tmp_path, env=own)
    assert (result.returncode, "BAD_CONTROL_TOKEN" in result.stdout) == (2, True)
