"""Documents are run, not only read."""
