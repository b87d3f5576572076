"""What starts fast stays fast: the server loads no test library, no HTTP client, and nothing from above.

Seen from outside, in a fresh interpreter: import contracts see the lines of our code, this sees what they lead to.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.processes import environment, served

NOT_FOR_SERVING = {"hypothesis", "httpx", "rich", "pytest", "client_ref", "scenarios", "trustme", "cryptography"}

pytestmark = pytest.mark.slow


def loaded(importtime: str) -> set[str]:
    """Return the top-level names in what `python -X importtime` printed."""
    names = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", importtime, re.MULTILINE)
    return {name.split(".")[0] for name in names}


def importing(statement: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-c", statement]
    return loaded(subprocess.run(command, check=True, capture_output=True, text=True).stderr)


def test_the_library_loads_only_what_serving_needs():
    assert not importing("import mock_server.serving") & NOT_FOR_SERVING


def test_the_command_loads_only_what_its_verb_needs():
    assert not importing("import oauthspec.__main__") & {*NOT_FOR_SERVING, "starlette", "uvicorn"}


def test_the_pytest_plugin_loads_nothing_of_ours_until_it_is_used():
    """Every run of pytest where oauthspec is installed pays for it."""
    ours = importing("import oauthspec.pytest_plugin") - importing("import pytest")
    assert ours == {"oauthspec"}


@pytest.mark.parametrize(
    ("command", "besides"),
    # The verb names what breaks a rule, and rules are the harness's; they bring nothing else with them.
    [(["mock_server"], set()), (["oauthspec", "serve"], {"scenarios"})],
    ids=["mock_server", "oauthspec serve"],
)
def test_a_running_server_has_loaded_only_what_serving_needs(command, besides, tmp_path):
    line = [sys.executable, "-X", "importtime", "-m", *command, "--port", "0"]
    with served(line, cwd=tmp_path, env=environment(tmp_path)) as server:
        assert server.interrupt() in {0, 130}
    seen = loaded("\n".join(server.lines))
    assert {"mock_server", "uvicorn"} <= seen, "the server's own imports are missing, so this looked at nothing"
    assert not seen & NOT_FOR_SERVING - besides


def test_what_is_loaded_is_seen():
    assert {"hypothesis", "json"} <= importing("import hypothesis, json.decoder")
