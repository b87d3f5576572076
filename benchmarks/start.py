"""From the command to its first answer, beside the start of a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from statistics import median

from benchmarks.processes import running
from benchmarks.subjects import MOCK
from benchmarks.tables import table

_SERVE = [sys.executable, "-m", "oauthspec", "serve", "--port", "0", "--auto-allow"]


def measure(rounds: int) -> str:
    """Start each in turns; the figures as a table, in seconds."""
    served, bare = [], []
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {"HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        # As for whoever has installed it: compiled once and for all, whatever this environment says of that.
        env |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": home}
        # Once for nothing: it compiles, and fills the system's cache.
        _first_answer(env)
        for _ in range(rounds):
            served.append(_first_answer(env))
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", ""], check=True)
            bare.append(time.perf_counter() - began)
    rows = [
        ["oauthspec serve, to its first answer", f"{median(served):.3f}", f"{min(served):.3f}"],
        ["python -c ''", f"{median(bare):.3f}", f"{min(bare):.3f}"],
    ]
    return f"Start, {rounds} rounds in turns\n{table(['', 'median s', 'least s'], rows)}"


def _first_answer(env: dict[str, str]) -> float:
    began = time.perf_counter()
    with running(_SERVE, env=env) as (_, port):
        path = MOCK.order(port).authorize[0].split()[1]
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"{path}first-answer")
        answer = connection.getresponse()
        took = time.perf_counter() - began
        connection.close()
    if answer.status != 302:
        raise RuntimeError(f"the first answer was {answer.status}")
    return took
