"""Findings that a fleet shares: two runs, one Redis."""

from __future__ import annotations

import socket
import subprocess

import pytest

from scenarios.cli.fuzz import _database
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.campaign import Fuzzer

pytestmark = [pytest.mark.slow, pytest.mark.requires("redis")]


@pytest.fixture
def redis(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.communicate()


def test_what_one_run_has_found_the_next_one_begins_with(redis):
    database = _database(redis)
    try:
        runs = [_fuzzed(database), _fuzzed(database)]
    finally:
        database.redis.close()
    first = {identifier for identifier, found in runs[1].found.items() if found.after == 1}
    assert first & runs[0].found.keys()


def _fuzzed(database):
    with Arena(InProcessDriver(load_factory("flawed:state-compared-when-present")), "basic") as arena:
        return Fuzzer(arena, "callback", database=database).run(400, most=1)
