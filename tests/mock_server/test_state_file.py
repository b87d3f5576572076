"""Grants that outlive a restart: read at the start, written whole or not at all."""

import stat

import pytest

from mock_server import state_file
from mock_server.settings import SettingsError
from tests.mock_server.in_memory import InMemory


def test_round_trip(tmp_path):
    path = tmp_path / "grants.json"
    one, two = InMemory(), InMemory()
    assert state_file.load(one.core, path) == 0
    token = one.login()
    state_file.save(one.core, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state_file.load(two.core, path) == 1
    assert two.me(token["access_token"]).answer.status == 200
    assert [file.name for file in tmp_path.iterdir()] == ["grants.json"]


@pytest.mark.parametrize("bad", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_a_file_of_another_kind(tmp_path, bad):
    path = tmp_path / "grants.json"
    path.write_bytes(bad)
    with pytest.raises(SettingsError, match=r"BAD_STATE_FILE: .* holds no grants of this mock"):
        state_file.load(InMemory().core, path)
    assert path.read_bytes() == bad


def test_places_that_cannot_be_used(tmp_path):
    for use in (state_file.load, state_file.save):
        with pytest.raises(SettingsError, match="BAD_STATE_FILE"):
            use(InMemory().core, tmp_path / "nowhere" / "grants.json")
    with pytest.raises(SettingsError, match="cannot be read"):
        state_file.load(InMemory().core, tmp_path)
