"""Each example app is judged by one command, and oauthspec says of it what was expected before the first run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter

import pytest

from tests.examples import expected
from tests.examples.runs import oauthspec, run_app
from tests.processes import finished

pytestmark = pytest.mark.slow

_NODE = expected.APPS / "passport-oauth2"


@pytest.fixture(scope="session")
def node_modules():
    if not (_NODE / "node_modules").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        installed = finished([npm, "ci", "--no-audit", "--no-fund"], cwd=_NODE, env=os.environ)
        assert installed.returncode == 0, installed.stdout


@pytest.fixture(
    scope="module",
    params=[
        "guide-sample",
        "guide-sample-mended",
        "authlib",
        pytest.param("passport-oauth2", marks=pytest.mark.requires("node")),
    ],
)
def app(request):
    app = expected.read(request.param)
    if app.command[0] == "node":
        request.getfixturevalue("node_modules")
    return app


@pytest.fixture(scope="module")
def run(app, tmp_path_factory):
    return run_app(app, tmp_path_factory.mktemp(app.name))


def test_the_verdicts_are_the_expected_ones(app, run):
    for kind in app.app_kinds:
        assert run.verdicts(kind) == app.verdicts(kind), f"{kind}; expected of {', '.join(app.versions) or app.name}"


def test_the_server_forgives_no_more_than_expected(app, run):
    assert run.leniencies == app.leniencies


def test_every_finding_names_exchanges_that_are_stored(app, run):
    found = list(run.findings)
    statuses = Counter(status for kind in app.app_kinds for status in app.verdicts(kind).values())
    assert len(found) == statuses["failed"] + statuses["warned"]
    assert not [identifier for identifier, numbers in found if not numbers or not set(numbers) <= run.exchanges]


def test_the_exit_code_says_whether_the_app_failed(app, run):
    failed = any("failed" in app.verdicts(kind).values() for kind in app.app_kinds)
    assert run.exit_code == (1 if failed else 0), run.printed


def test_the_record_is_judged_the_same_again(app, run, tmp_path):
    again = oauthspec("judge", run.record, home=tmp_path, folder=app.folder)
    assert again.returncode == run.exit_code
    assert "each as it was" in again.stdout


def test_the_secret_is_in_no_line_that_is_shown(run):
    secrets = {line["app"]["client_secret"] for line in run.of("prepared") if line["app"].get("client_secret")}
    assert secrets
    assert not {secret for secret in secrets if secret in run.printed}


@pytest.mark.requires("node")
def test_the_versions_of_the_node_app_are_those_that_are_installed(node_modules):
    told = subprocess.run(
        ["node", "-p", "JSON.stringify(Object.entries(require('./package.json').dependencies))"],
        cwd=_NODE, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert all(f'["{name}","{number}"]' in told for name, number in map(str.split, expected.read(_NODE.name).versions))


def test_the_guides_sample_fails_and_its_mended_copy_does_not():
    """In words of the expectations alone: the mend leaves nothing that could be judged and is not passed."""
    sample, mended = expected.read("guide-sample"), expected.read("guide-sample-mended")
    for kind in ("basic", "pkce"):
        before, after = sample.verdicts(kind), mended.verdicts(kind)
        assert "failed" in before.values()
        assert {status for name, status in after.items() if before[name] != "not_applicable"} == {"passed"}
