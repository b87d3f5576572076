"""What every test runs under: required kinds, nothing left behind, no network. Loaded by tests/conftest.py."""
