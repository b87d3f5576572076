"""Each example app is judged by one command, and oauthspec says of it what was expected before the first run."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.examples import expected
from tests.examples.runs import every, oauthspec, run_app

pytestmark = pytest.mark.slow

@pytest.fixture(scope="module", params=every(expected.NAMES))
def app(request):
    return expected.read(request.param)


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
    statuses = Counter(status for kind in app.app_kinds for status in run.verdicts(kind).values())
    assert len(found) == statuses["failed"] + statuses["warned"]
    assert not [identifier for identifier, numbers in found if not numbers or not set(numbers) <= run.exchanges]


def test_the_exit_code_says_whether_the_app_failed(app, run):
    failed = any("failed" in app.verdicts(kind).values() for kind in app.app_kinds)
    assert run.exit_code == (1 if failed else 0), run.printed


@pytest.mark.parametrize("app", every(["guide-sample", "openid-client"]), indirect=True)
def test_the_record_is_judged_the_same_again(app, run, tmp_path):
    again = oauthspec("judge", run.record, home=tmp_path, folder=app.folder)
    assert again.returncode == run.exit_code
    assert "each as it was" in again.stdout


def test_the_secret_is_in_no_line_that_is_shown(run):
    secrets = {line["app"]["client_secret"] for line in run.of("prepared") if line["app"].get("client_secret")}
    assert secrets
    assert not {secret for secret in secrets if secret in run.printed}


@pytest.mark.requires("node")
@pytest.mark.parametrize("name", [name for name in expected.NAMES if (expected.APPS / name / "package.json").is_file()])
def test_the_versions_of_a_node_app_are_those_that_are_installed(name):
    app = expected.read(name)
    pinned = json.loads((app.folder / "package.json").read_text("utf-8"))["dependencies"]
    assert {version: pinned[version.split()[0]] for version in app.versions} == {v: v.split()[1] for v in app.versions}


def test_the_guides_sample_fails_and_its_mended_copy_does_not():
    """In words of the expectations alone: the mend leaves nothing that could be judged and is not passed."""
    sample, mended = expected.read("guide-sample"), expected.read("guide-sample-mended")
    for kind in ("basic", "pkce"):
        before, after = sample.verdicts(kind), mended.verdicts(kind)
        assert "failed" in before.values()
        assert {status for name, status in after.items() if before[name] != "not_applicable"} == {"passed"}
