"""Runs of a client in this process, for tests of what is reported of them: each is made once."""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from scenarios.collection import Selected, collect, performances
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.model.case import Case
from scenarios.model.verdict import Verdict
from scenarios.reports.console import Console
from scenarios.reports.header import Header
from scenarios.reports.record import Record
from scenarios.reports.trace import Traces
from scenarios.running import Plan, run
from scenarios.summary import Summary

CATALOGUE = collect()

# What a run for these tests performs: a part of the catalogue in which each flaw of theirs shows, for the sake of time.
SAMPLE = ("callback/*", "token-request/*", "token-response/*", "token-response-members/*", "refresh/*", "pkce/*")


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    judgements: list[tuple[Selected, Case, Verdict]] = field(default_factory=list)

    def begun(self, plan):
        pass

    def prepared(self, ground, app_kind, kind, learned):
        pass

    def judged(self, selected, case, verdict):
        self.judgements.append((selected, case, verdict))

    def ended(self, summary):
        pass


@dataclass(frozen=True)
class Reported:
    """A run with all that was reported of it."""

    header: Header
    summary: Summary
    judgements: list[tuple[Selected, Case, Verdict]]
    console: str
    record: bytes
    traces: dict[str, str]

    def failures(self):
        return [each for each in self.judgements if each[2].status in ("failed", "warned")]


def header(client: str, selected: int, selectors=(), kinds=("basic",)) -> Header:
    return Header(
        version="0.0.0",
        seat="in process",
        flags=("--client", client),
        command=(),
        provider="frameio",
        lanes=8,
        limit=20.0,
        app_kinds=kinds,
        selectors=selectors,
        selected=selected,
    )


@cache
def reported(client: str, selectors: tuple[str, ...] = SAMPLE, kinds=("basic",), verbose: bool = False) -> Reported:
    selected = performances(CATALOGUE, kinds, selectors)
    told = header(client, len(selected), selectors, kinds)
    heard, screen = Heard(), io.StringIO()
    with TemporaryDirectory() as folder:
        traces, path = Traces(Path(folder) / "traces", told), Path(folder) / "record"
        with Record(path, told) as record:
            listeners = [record, traces, Console(told, selected, verbose=verbose, file=screen), heard]
            plan = Plan(InProcessDriver(load_factory(client)), selected)
            summary = asyncio.run(run(plan, listeners))
        assert not record.trouble
        assert not traces.trouble
        written = {file.name: file.read_text() for file in traces.folder.iterdir()}
        return Reported(told, summary, heard.judgements, screen.getvalue(), path.read_bytes(), written)


def normalised(text: str) -> str:
    """A report without what differs from run to run: numbers of exchanges, marks, ids, ports."""
    text = re.sub(r"(exchanges?) \d+(, \d+)*", r"\1 N", text)
    text = re.sub(r"\[(\d+) characters, [0-9a-f]{6}\]", r"[\1 characters, *]", text)
    text = re.sub(r"(code_challenge=)[\w-]{43}", r"\1<challenge>", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "<client_id>", text)
    return re.sub(r"(localhost|127\.0\.0\.1):\d+", r"\1:PORT", text)
