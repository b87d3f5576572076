"""Each example adapter keeps to the protocol, and the client in it is judged as was expected before the first run."""

from __future__ import annotations

import json
from collections import Counter
from importlib import metadata

import pytest

from tests.examples import expected
from tests.examples.expected import ADAPTERS
from tests.examples.runs import every, oauthspec, prepared, run, selecting

NAMES = sorted(path.parent.name for path in ADAPTERS.glob("*/expected.toml"))
ENTRIES = [(name, entry) for name in NAMES for entry in expected.read(name, ADAPTERS).entries]


@pytest.fixture(scope="module", params=every(NAMES, ADAPTERS))
def adapter(request):
    return expected.read(request.param, ADAPTERS)


@pytest.fixture(scope="module")
def home(adapter, tmp_path_factory):
    return tmp_path_factory.mktemp(adapter.name)


@pytest.fixture(scope="module")
def folder(adapter, home):
    return prepared(adapter, home)


@pytest.fixture(scope="module")
def judged(adapter, home, folder):
    return run([*selecting(expected.SEEDS), *adapter.options, "--", *adapter.command], home, folder)


@pytest.mark.slow
def test_it_keeps_to_the_protocol(adapter, home, folder):
    ended = oauthspec("adapter", "check", "--", *adapter.command, home=home, folder=folder)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
def test_the_verdicts_are_the_expected_ones(adapter, judged):
    for kind in adapter.app_kinds:
        assert judged.verdicts(kind) == adapter.verdicts(kind), f"{kind}; expected of {adapter.versions[0]}"
    assert judged.leniencies == adapter.leniencies


@pytest.mark.slow
def test_every_finding_names_exchanges_that_are_stored(adapter, judged):
    found = list(judged.findings)
    statuses = Counter(status for kind in adapter.app_kinds for status in judged.verdicts(kind).values())
    assert len(found) == statuses["failed"] + statuses["warned"]
    assert not [identifier for identifier, numbers in found if not numbers or not set(numbers) <= judged.exchanges]


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[f"{n}-{e['checks'][0]}" for n, e in ENTRIES])
def test_an_expectation_has_a_reason_and_matches_something(name, entry):
    adapter = expected.read(name, ADAPTERS)
    assert entry["why"].endswith(".")
    assert entry["clause"]
    assert entry["line"] in (adapter.folder / entry["file"]).read_text("utf-8")
    for check in entry["checks"]:
        for kind in entry.get("app_kinds", adapter.app_kinds):
            assert expected.matching(check, dict.fromkeys(expected.identifiers(kind), "")), (check, kind)


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_is_short_and_its_readme_has_the_commands(name):
    (source,) = (ADAPTERS / name).glob("adapter.*")
    lines = [line.strip() for line in source.read_text("utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith(("#", "//"))]) < 120
    readme = (ADAPTERS / name / "README.md").read_text("utf-8")
    command = " ".join(expected.read(name, ADAPTERS).command)
    assert f"oauthspec adapter check -- {command}\n" in readme
    assert f"oauthspec run --adapter -- {command}\n" in readme


def test_the_versions_are_those_that_are_judged():
    (authlib,) = expected.read("python", ADAPTERS).versions
    assert authlib == f"authlib {metadata.version('authlib')}"
    (node,) = expected.read("javascript", ADAPTERS).versions
    pinned = json.loads((ADAPTERS / "javascript" / "package.json").read_text("utf-8"))["dependencies"]
    assert node == f"openid-client {pinned['openid-client']}"
