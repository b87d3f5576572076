"""Fixtures for pytest: a running mock, and each scenario as an item of its own.

Every run of pytest loads this where oauthspec is installed, so it imports nothing of ours until a fixture is used.
`docs/pytest.md` is for those who use it.
"""

from collections.abc import Iterator
from importlib import import_module, util
from pathlib import Path
from typing import Any

import pytest

_HOME = Path(__file__).resolve().parents[1]
_MARKER = """\
oauthspec(client, command, adapter, select, app_kind, ...): the client that `oauthspec_case` puts through scenarios; \
see docs/pytest.md"""


class ClientWarned(UserWarning):
    """A client does what it SHOULD NOT, or not what it SHOULD; for `filterwarnings`."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of each scenario and each rule, for a test that uses `oauthspec_case`."""
    if "oauthspec_case" in metafunc.fixturenames:
        _ours("scenarios.in_pytest.items").parametrize(metafunc)


@pytest.fixture
def oauthspec_server() -> Iterator[Any]:
    """A mock authorization server on a free port, new for each test (2 ms); it allows every login.

    The object of `mock_server.serving.serve`: `authorization_endpoint`, `token_endpoint`, `api_url`, `basic_app`,
    `pkce_app`, `resource_owner`, `provider`, `advance(seconds)`, `transcript`.
    """
    with _ours("mock_server.serving").serve(auto_allow=True) as server:
        yield server


@pytest.fixture(scope="module")
def _oauthspec_benches(request: pytest.FixtureRequest) -> Iterator[Any]:
    benches = _ours("scenarios.in_pytest.benches").Benches(request.session)
    yield benches
    benches.close()


@pytest.fixture
def oauthspec_case(request: pytest.FixtureRequest, _oauthspec_benches: Any) -> Any:
    """One scenario, or one rule, for the client of the marker `oauthspec`; `check()` performs and judges it."""
    return _ours("scenarios.in_pytest.items").case(request, _oauthspec_benches, ClientWarned)


def _ours(name: str) -> Any:
    """A module of ours; a project's own folder of the same name would give another, or half of another."""
    for package in ("mock_server", "scenarios") if name.startswith("scenarios") else ("mock_server",):
        _check_not_shadowed(package)
    return import_module(name)


def _check_not_shadowed(package: str) -> None:
    right = str(_HOME / package)
    found = _places(package)
    if found != [right]:
        pytest.fail(
            f"SHADOWED: `{package}` is {' and '.join(found) or 'nowhere'}, and oauthspec's own is {right}: "
            "something of that name in this project stands before it. Run `oauthspec` as a command, which is not "
            "affected (`oauthspec run --help`), or give the folder another name.",
            pytrace=False,
        )


def _places(package: str) -> list[str]:
    """Where a package would be imported from, or was; several places for a folder without `__init__.py`."""
    try:
        spec = util.find_spec(package)
    except ValueError:  # a module without a spec, as pytest makes up for folders of tests
        return ["a module without a place"]
    if spec is None:
        return []
    places = spec.submodule_search_locations or ([spec.origin] if spec.origin else [])
    return list(dict.fromkeys(str(Path(place).resolve()) for place in places))
