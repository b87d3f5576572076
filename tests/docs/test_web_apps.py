"""The page on web applications: every code that a user can meet is explained, every flag and field is there."""

from __future__ import annotations

import re

import pytest

from scenarios.cli.doctor import command
from scenarios.drivers.environment import FIELDS
from scenarios.drivers.probe import parse_probe
from tests.architecture.tree import ROOT

TEXT = (ROOT / "docs" / "web-apps.md").read_text()
SOURCES = (
    *("diagnosis", "limits", "ground"),
    *(f"drivers/{name}" for name in ("web_app", "web_session", "process", "user_agent")),
)
# What only a caller in Python can meet, or who mistypes, in whose message everything is said.
ELSEWHERE = {"NO_REDIRECT_URI", "NOT_OURS", "NO_SUCH_STEP", "OUTPUT_NOT_WRITABLE"}


@pytest.mark.parametrize("source", SOURCES)
def test_every_code_is_explained(source):
    code = (ROOT / "scenarios" / f"{source}.py").read_text()
    raised = re.findall(r'(?:Diagnosis|CannotStart|SessionFailed|ApplicationDied|NotAssignable)\(\s*"([A-Z_]+)"', code)
    raised += re.findall(r'^\s+"[a-z ]+": \("([A-Z_]+)", ', code, re.MULTILINE)
    assert raised
    assert [each for each in raised if f"`{each}`" not in TEXT and each not in ELSEWHERE] == []


def test_every_flag_and_field_is_there():
    flags = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    mentioned = set(re.findall(r"--[a-z][a-z-]+", TEXT))
    assert flags - mentioned <= {"--config"}
    assert mentioned - flags == {"--timeout", "--output"}, "these are flags of run"
    assert all(f"`{{{field}}}`" in TEXT for field in FIELDS)


def test_the_probes_are_probes():
    probes = re.findall(r"'((?:GET|POST) [^']+ (?:is|is not|contains|lacks) [^']+)'", TEXT)
    assert len(set(probes)) == 4
    assert all(parse_probe(probe) for probe in probes)
