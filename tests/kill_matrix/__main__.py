"""`python -m tests.kill_matrix`: run every flawed client over the catalogue, and say or store what is different."""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import msgspec

from client_ref import flawed
from scenarios.kill_matrix import STORED, Flaw, Kills, kill_matrix, read
from tests.kill_matrix.columns import differences, measured, text
from tests.kill_matrix.page import PAGE, page


def main() -> None:
    """Read the command line, measure, tell or write."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__)
    parser.add_argument("flaws", nargs="*", metavar="FLAW", help="flawed clients; all of them where none is named")
    parser.add_argument("--select", action="append", default=[], metavar="WHAT", help="scenarios; all by default")
    parser.add_argument("--write", action="store_true", help="store what was found, and the page that is made of it")
    parser.add_argument("--page", action="store_true", help="run nothing: make the page of what is stored")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    stored = {flaw.name: flaw for flaw in kill_matrix().flaws}
    names = [] if given.page else given.flaws or list(flawed.FLAWS)
    with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn")) as pool:
        for flaw in pool.map(measured, names, [stored.get(name) for name in names], repeat(tuple(given.select))):
            for line in differences(stored.get(flaw.name, msgspec.structs.replace(flaw, both=Kills())), flaw):
                print(line, flush=True)
            stored[flaw.name] = flaw
            if given.write:
                _write(stored)
    if given.page:
        _write(stored)


def _write(flaws: Mapping[str, Flaw]) -> None:
    """Store flaws in the order of their modules; what is written by hand stays."""
    known = read(STORED.read_text("utf-8"))
    matrix = msgspec.structs.replace(known, flaws=tuple(flaws[name] for name in flawed.FLAWS if name in flaws))
    STORED.write_text(text(matrix), "utf-8")
    PAGE.write_text(page(matrix), "utf-8")


if __name__ == "__main__":
    main()
