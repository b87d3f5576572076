"""Every block of the README is run, or says why not; every flag, file and target that it names exists.

What a mark over a block means is told in snippets.py. The commands run as installed beside the Python that runs this.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, tracked
from tests.docs.snippets import Snippet, missing_lines, snippets
from tests.processes import environment as own_environment
from tests.processes import finished, served

README = ROOT / "README.md"
DOCUMENTS = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]
BLOCKS = snippets(README)
KINDS = {"run", "fails", "serve", "output", "make", "python", "python serve", "pytest", "none"}


def _code(text: str) -> list[str]:
    return re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL) + re.findall(r"`[^`\n]+`", text)


def of_kind(*kinds: str) -> list[Snippet]:
    return [block for block in BLOCKS if block.kind in kinds]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path) | {"COLUMNS": "120"}


def run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    result = finished(command, cwd=cwd, env=env)
    assert result.returncode == 0, result.stdout
    return result.stdout


def serving(line: str, tmp_path: Path, environment: dict[str, str]):
    return served([*shlex.split(line), "--port", "0"], cwd=tmp_path, env=environment)


def test_every_block_says_how_it_is_tested():
    assert BLOCKS
    assert not [str(block) for block in BLOCKS if block.kind not in KINDS]
    assert not [str(block) for block in of_kind("none") if not block.mark.partition(",")[2].strip()], "no reason"


def test_an_output_stands_below_what_prints_it():
    outputs = [i for i, block in enumerate(BLOCKS) if block.kind == "output"]
    assert all(i and BLOCKS[i - 1].kind in {"run", "fails", "serve"} for i in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("block", of_kind("run"), ids=str)
def test_commands_run(block, tmp_path, environment):
    printed = run(["bash", "-euo", "pipefail", "-c", block.text], cwd=tmp_path, env=environment)
    assert printed.strip(), "a reader would see nothing"
    assert not missing_lines(_output_of(block), printed.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("block", of_kind("fails"), ids=str)
def test_commands_that_find_a_fault_exit_1_and_print_what_is_shown(block, tmp_path, environment):
    result = finished(["bash", "-c", block.text], cwd=tmp_path, env=environment | {"COLUMNS": "400"})
    assert result.returncode == 1, result.stdout
    assert not missing_lines(_output_of(block), result.stdout.splitlines()), result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("block", of_kind("serve"), ids=str)
def test_servers_serve_and_print_what_is_shown(block, tmp_path, environment):
    (line,) = block.commands
    with serving(line, tmp_path, environment) as server:
        assert server.interrupt() in {0, 130}
    assert not missing_lines(_output_of(block), server.lines), "\n".join(server.lines)


def _output_of(block: Snippet) -> str:
    after = BLOCKS[BLOCKS.index(block) + 1 :][:1]
    return after[0].text if after and after[0].kind == "output" else ""


@pytest.mark.slow
@pytest.mark.parametrize("block", of_kind("python", "python serve"), ids=str)
def test_programs_run(block, tmp_path, environment):
    program = tmp_path / "program.py"
    program.write_text(block.text)
    if block.kind == "python":
        run([sys.executable, str(program)], cwd=tmp_path, env=environment)
        return
    with serving("oauthspec serve --auto-allow", tmp_path, environment) as server:
        run([sys.executable, str(program)], cwd=tmp_path, env=environment | {"MOCK": server.url})


@pytest.mark.slow
@pytest.mark.parametrize("block", of_kind("pytest"), ids=str)
def test_tests_pass(block, tmp_path, environment):
    (tmp_path / "test_client.py").write_text(block.text)
    assert " passed" in run([sys.executable, "-m", "pytest", "--strict-markers"], cwd=tmp_path, env=environment)


@pytest.mark.parametrize("block", of_kind("make"), ids=str)
def test_make_blocks_hold_nothing_but_targets(block):
    assert all(re.fullmatch(r"make [a-z]+", line) for line in block.commands)


def targets_named(document: Path) -> set[str]:
    """Return the targets of `make` that a document names in code."""
    return {name for code in _code(document.read_text("utf-8")) for name in re.findall(r"\bmake ([a-z]+)", code)}


@pytest.mark.parametrize("target", sorted(set().union(*map(targets_named, DOCUMENTS))))
def test_targets_exist(target):
    run(["make", target, "--dry-run", "--no-print-directory"], cwd=ROOT)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document):
    folders = r"(?:tests|mock_server|client_ref|scenarios|docs|examples|benchmarks|\.ci)"
    named = re.findall(rf"`({folders}/[\w./-]*)`", document.read_text("utf-8"))
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_folder_of_tests_is_explained():
    """Those named like a package mirror it; the others stand in a table, each with what it holds."""
    folders = {path.parts[1] for path in tracked() if path.parts[0] == "tests" and len(path.parts) > 2}
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert not {folder for folder in folders - {*PACKAGES} if f"| `tests/{folder}/` |" not in contributing}


def flags_named(document: Path) -> set[tuple[str, str]]:
    """Return each verb of `oauthspec` with each flag that stands behind it on the same line, and the verb alone."""
    text = re.sub(r"\\\n\s*", " ", document.read_text("utf-8"))
    found = re.findall(r"\boauthspec ([a-z]+)((?:(?! -- )[^`\n#])*)", "\n".join(_code(text)))
    return {(verb, flag) for verb, rest in found for flag in ["", *re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)]}


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "flag"), sorted(set().union(*map(flags_named, DOCUMENTS))))
def test_verbs_and_flags_exist(verb, flag, tmp_path, environment):
    explained = run(["oauthspec", verb, "--help"], cwd=tmp_path, env=environment)
    assert re.search(rf"(?<!\S){flag}(?![a-z-])", explained)


def test_verbs_and_flags_are_found(tmp_path):
    document = tmp_path / "x.md"
    block = "```sh\noauthspec serve --port 0 \\\n  --app x  # --no\noauthspec run -- app --flag\n```"
    document.write_text(f"{block}\nUse `oauthspec list --tag x`, as oauthspec would --have it.")
    assert flags_named(document) == {
        *{("serve", ""), ("serve", "--port"), ("serve", "--app")},
        *{("run", ""), ("list", ""), ("list", "--tag")},
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text("utf-8"))
    assert not [target for target in targets if not (document.parent / target).exists()]
