"""The figures of the budgets: `make bench`, or `python -m benchmarks flows start memory`.

Nothing here is asserted: a figure depends on the machine. What is compared is measured side by side in one run, in
turns, and the median of each is shown with its ratio.
"""
