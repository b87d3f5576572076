"""`python -m benchmarks [flows] [start] [memory] [catalogue]`: measure and print; all of them where none is named."""

from __future__ import annotations

import argparse

from benchmarks import catalogue, flows, memory, start


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", help="flows, start, memory, catalogue")
    parser.add_argument("--rounds", type=int, default=7, help="turns that each subject gets (7)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn (2)")
    parser.add_argument("--flows", type=int, default=1_000_000, help="flows of the memory figure (1000000)")
    given = parser.parse_args()
    figures = {
        "flows": lambda: flows.measure(given.rounds, given.seconds),
        "start": lambda: start.measure(given.rounds),
        "memory": lambda: memory.measure(given.flows),
        # A turn takes as long as it takes: some seconds, and eight times as many.
        "catalogue": lambda: catalogue.measure(min(given.rounds, 3)),
    }
    unknown = set(given.what) - figures.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(figures)}")
    for what in given.what or figures:
        print(figures[what](), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
