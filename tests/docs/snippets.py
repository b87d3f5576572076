"""Fenced blocks of a document, each with the mark that says how it is tested.

A mark is an HTML comment on the line above the fence, invisible to readers:

    <!-- test: run -->       every line is run, one after another, by one shell; it must succeed
    <!-- test: fails -->     the same, and it must exit with 1: it has found a fault
    <!-- test: serve -->     the one command is started on a port of the system's choice, and stopped
    <!-- test: output -->    what the block above printed; `...` stands for what differs from run to run
    <!-- test: make -->      every line is a target of the Makefile (the tests are themselves run by it)
    <!-- test: python -->    a program of its own; it must succeed
    <!-- test: python serve --> the same while `oauthspec serve --auto-allow` runs; MOCK in the environment tells where
    <!-- test: pytest -->    a file of tests; all of them must pass
    <!-- test: none, REASON -->  not run, and why
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:^<!-- test: (?P<mark>[^\n]+) -->\n+)?^(?P<fence>```+)\w*\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Snippet:
    """One fenced block: where it starts, how it is tested (empty where nobody said), and its text."""

    document: str
    line: int
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def kind(self) -> str:
        return self.mark.partition(",")[0]

    @property
    def commands(self) -> list[str]:
        """The lines without blank ones and comments."""
        lines = (line.split("  #")[0].strip() for line in self.text.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def snippets(document: Path) -> list[Snippet]:
    """Return the fenced blocks of a document, in order."""
    text = document.read_text("utf-8")
    return [
        Snippet(document.name, text.count("\n", 0, found.start("fence")) + 1, found["mark"] or "", found["text"])
        for found in _BLOCK.finditer(text)
    ]


def missing_lines(expected: str, printed: list[str]) -> list[str]:
    """Return the lines of a document's sample that were not printed, or not in that order.

    `...` matches anything; a port matches any port, and runs of blanks any other.
    """
    rest = iter(printed)
    return [line for line in expected.splitlines() if line.strip() and not any(_like(line, seen) for seen in rest)]


def _like(sample: str, seen: str) -> bool:
    literal = (re.escape(_plain(part)) for part in re.split(r"\.\.\.|…", sample))
    return re.fullmatch(".*".join(literal), _plain(seen)) is not None


def _plain(line: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"(localhost|127\.0\.0\.1):\d+", r"\1:PORT", line)).strip()
