"""The fuzzer's figures: `python -m benchmarks.fuzzing`; with `table`, which flaw is found after how many examples.

With `rest`, those that count as not revealed are tried all the same, with the target that comes nearest.

Processor time is this process's own: Hypothesis, the mock and the client under test together. Hypothesis's own share
is what the same examples take when nothing is done with them.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.revealed import NOT_REVEALED, REVEALED, UNSEEN
from benchmarks.tables import table
from client_ref.flaws import pages
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.drivers.web_app import WebAppDriver
from scenarios.fuzzing import strategies
from scenarios.fuzzing.arena import Arena, CannotGoOn
from scenarios.fuzzing.campaign import Found, Fuzzer
from scenarios.fuzzing.examples import Target
from scenarios.model.assignment import AppKind

_DOCUMENT = Path(__file__).parents[1] / "docs" / "fuzzing.md"
_SEEDS = (1, 2, 3)
_KINDS: tuple[AppKind, ...] = ("basic", "pkce")


def measure(examples: int) -> str:
    """Fuzz the reference client in process and as a web application; the figures as a table."""
    rows = [_row("callback, in process", "callback", InProcessDriver(load_factory("reference")), examples)]
    rows.append(_row("token-response, in process", "token-response", _in_process("reference"), examples))
    rows.append(_row("refresh-response, in process", "refresh-response", _in_process("reference"), examples))
    rows.append(_row("callback, a web application", "callback", _web(), examples))
    began = time.process_time()
    _nothing(examples)
    own = (time.process_time() - began) / examples
    head = ["", "callbacks", "per second", "per processor second"]
    share = f"{own * 1000:.2f} ms of processor time for each callback example"
    return f"{table(head, rows)}\nHypothesis's own share: {share}"


def _row(name: str, target: Target, driver: Driver, examples: int) -> list[str]:
    with Arena(driver, "basic") as arena:
        began = time.process_time()
        campaign = Fuzzer(arena, target, seed=1).run(examples)
        busy = time.process_time() - began
    return [name, str(campaign.callbacks), f"{campaign.rate:.0f}", f"{campaign.callbacks / busy:.0f}"]


def _in_process(name: str) -> Driver:
    return InProcessDriver(load_factory(name))


def _web(flaw: str = "") -> Driver:
    env = {"CLIENT_REF_FLAW": flaw} if flaw else {}
    return WebAppDriver([sys.executable, "-m", "client_ref"], login="/login", signed_in="GET /me is 200", env=env)


def _seat(flaw: str) -> Driver:
    """The seat in which a flaw shows: the client alone, or the web application around it."""
    return _web(flaw) if flaw in {each.name for each in pages.FLAWS} else _in_process(f"flawed:{flaw}")


def _nothing(examples: int) -> None:
    def nothing(example: object) -> None:
        del example

    chosen = settings(
        max_examples=examples, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    seed(1)(chosen(given(strategies.callback_examples())(nothing)))()


def found(flaw: str, target: Target, kind: AppKind, limit: int, seeds: Sequence[int] = _SEEDS) -> list[Found | None]:
    """What is found first from each seed, within so many examples; nothing where nothing is."""
    first = list[Found | None]()
    for each in seeds:
        with Arena(_seat(flaw), kind) as arena:
            campaign = Fuzzer(arena, target, seed=each).run(limit, most=1)
        within = (found for found in campaign.found.values() if found.after <= limit)
        first.append(next(within, None))
    return first


def row(flaw: str, target: Target, limit: int) -> list[str]:
    """A row of the table: what is found first, how small it gets, and after how many examples from each seed."""
    kinds = {kind: _found_as(flaw, target, kind, limit) for kind in _KINDS}
    first = [each for several in kinds.values() for each in several or () if each is not None]
    what = f"{first[0].violation.identifier} ({first[0].violation.severity})" if first else "not revealed"
    size = str(max((each.example.mutations for each in first), default=""))
    return [flaw, target, what, size, *(_counts(several) for several in kinds.values())]


def _found_as(flaw: str, target: Target, kind: AppKind, limit: int) -> list[Found | None] | None:
    try:
        return found(flaw, target, kind, limit)
    except CannotGoOn:
        return None


def _counts(several: list[Found | None] | None) -> str:
    if several is None:
        return "cannot log in"
    return ", ".join("-" if each is None else str(each.after) for each in several)


def rest(limit: int) -> None:
    """Print what is found of the flaws that count as not revealed; there should be nothing."""
    for (flaw, target), kind in product(NOT_REVEALED.items(), _KINDS):
        try:
            told = _counts(found(flaw, target, kind, limit, seeds=(1,)))
        except CannotGoOn as error:
            told = error.code
        print(f"{flaw} | {target} | {kind} | {told}", flush=True)


def markdown(rows: list[list[str]]) -> str:
    """The rows as a table of the document."""
    head = ["flawed client", "target", "found first", "mutations", "Basic app: after", "PKCE app: after"]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def reasons() -> str:
    """Why the others are not revealed, as a table of the document."""
    rows = [["what it would take", "flawed clients"], ["---", "---"]]
    rows += [[each.why, ", ".join(each.flaws)] for each in UNSEEN]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Read the command line, measure, print; or write the table into the document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzzing", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["figures", "table", "rest"], default="figures")
    parser.add_argument("flaws", nargs="*", help="of the table, these alone, and what it lacks")
    parser.add_argument("--examples", type=int, default=2_000)
    given_words = parser.parse_args()
    if given_words.what == "figures":
        print(measure(given_words.examples))
    elif given_words.what == "rest":
        rest(given_words.examples)
    else:
        _write(given_words.examples, given_words.flaws)


def _write(limit: int, anew: Sequence[str]) -> None:
    """Write the table into the document; where some flaws are named, the other rows stay."""
    text = _DOCUMENT.read_text("utf-8")
    stored = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    kept = {cells[0]: cells for cells in stored if anew and cells[0] not in anew}
    rows = list[list[str]]()
    for flaw, target in REVEALED.items():
        if flaw not in kept:
            kept[flaw] = row(flaw, target, limit)
            print(" | ".join(kept[flaw]), flush=True)
        rows.append(kept[flaw])
    text = _filled(_filled(text, "table", markdown(rows)), "reasons", reasons())
    _DOCUMENT.write_text(text, "utf-8")


def _filled(text: str, name: str, lines: str) -> str:
    marked = rf"(<!-- {name} -->\n).*?(<!-- end of the {name} -->)"
    return re.sub(marked, lambda match: f"{match[1]}\n{lines}\n\n{match[2]}", text, flags=re.DOTALL)


if __name__ == "__main__":
    main()
