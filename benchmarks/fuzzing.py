"""The fuzzer's figures: `python -m benchmarks.fuzzing`; with `table`, which flaw is found after how many examples.

Processor time is this process's own: Hypothesis, the mock and the client under test together. Hypothesis's own share
is what the same examples take when nothing is done with them.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.tables import table
from client_ref.flaws import landing, refresh, state, token_answer
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.drivers.web_app import WebAppDriver
from scenarios.fuzzing import strategies
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.campaign import Fuzzer
from scenarios.fuzzing.examples import Target

_DOCUMENT = Path(__file__).parents[1] / "docs" / "fuzzing.md"
_NOT_REVEALED = frozenset(
    {
        # The client's own clock, an issuer that nobody configures, calls at once, TLS, slow and endless answers.
        *("login-never-expires", "issuer-ignored", "issuer-optional", "issuer-normalized", "issuer-of-error-ignored"),
        *("refresh-races", "certificate-not-verified", "time-out-absent", "answer-unbounded", "answer-unpacked"),
        "long-token-refused",
        # Answers of the API, which are not fuzzed, and what is left to the caller.
        *("api-called-for-ever", "forbidden-repeated", "scheme-as-received", "refused-refresh-token-kept"),
        *("old-token-after-refresh", "refreshed-for-want-of-scope", "api-errors-swallowed", "token-in-json-body"),
        *("token-in-two-places", "refresh-token-to-the-api", "challenge-compared-with-case"),
    }
)
_BY_THE_LOGIN = ("refresh-carries-more", "refresh-scope-configured")
_FLAWS: dict[Target, tuple[str, ...]] = {
    "callback": tuple(flaw.name for flaw in (*state.FLAWS, *landing.FLAWS)),
    "token-response": (*(flaw.name for flaw in token_answer.FLAWS), *_BY_THE_LOGIN),
    "refresh-response": tuple(flaw.name for flaw in refresh.FLAWS if flaw.name not in _BY_THE_LOGIN),
}
_SEEDS = (1, 2, 3)


def measure(examples: int) -> str:
    """Fuzz the reference client in process and as a web application; the figures as a table."""
    rows = [_row("callback, in process", "callback", InProcessDriver(load_factory("reference")), examples)]
    rows.append(_row("token-response, in process", "token-response", _in_process("reference"), examples))
    rows.append(_row("refresh-response, in process", "refresh-response", _in_process("reference"), examples))
    app = WebAppDriver([sys.executable, "-m", "client_ref"], login="/login", signed_in="GET /me is 200")
    rows.append(_row("callback, a web application", "callback", app, examples))
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
    return InProcessDriver(load_factory(name), step_timeout=2.0)


def _nothing(examples: int) -> None:
    def nothing(example: object) -> None:
        del example

    chosen = settings(
        max_examples=examples, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    seed(1)(chosen(given(strategies.callback_examples())(nothing)))()


def found(target: Target, flaw: str, limit: int) -> list[str]:
    """A row of the table: what is found first, how small it gets, and after how many examples from each seed."""
    invariant, size, after = "", 0, []
    for each in _SEEDS:
        with Arena(_in_process(f"flawed:{flaw}"), "basic") as arena:
            campaign = Fuzzer(arena, target, seed=each).run(limit, most=1)
        if not campaign.found:
            after.append("-")
            continue
        first = next(iter(campaign.found.values()))
        invariant = invariant or f"{first.violation.identifier} ({first.violation.severity})"
        size = max(size, first.example.mutations)
        after.append(str(first.after))
    return [flaw, target, invariant or "not revealed", str(size) if invariant else "", ", ".join(after)]


def markdown(rows: list[list[str]]) -> str:
    """The rows as a table of the document."""
    head = ["flawed client", "target", "found first", "mutations", "after so many examples"]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def main() -> None:
    """Read the command line, measure, print; or write the table into the document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzzing", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["figures", "table"], default="figures")
    parser.add_argument("--examples", type=int, default=2_000)
    given_words = parser.parse_args()
    if given_words.what == "figures":
        print(measure(given_words.examples))
        return
    rows = list[list[str]]()
    for target, flaws in _FLAWS.items():
        for flaw in sorted(set(flaws) - _NOT_REVEALED, key=flaws.index):
            rows.append(found(target, flaw, given_words.examples))
            print(" | ".join(rows[-1]), flush=True)
    text = _DOCUMENT.read_text("utf-8")
    marked = r"(<!-- table -->\n).*?(<!-- end of the table -->)"
    filled = re.sub(marked, lambda match: f"{match[1]}\n{markdown(rows)}\n\n{match[2]}", text, flags=re.DOTALL)
    _DOCUMENT.write_text(filled, "utf-8")


if __name__ == "__main__":
    main()
