"""The harness's concepts as values: nothing here does I/O or reads a clock."""
