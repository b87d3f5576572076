"""Every test runs under three guards; each is a plugin of its own, with its own tests in tests/guards."""

pytest_plugins = ("pytester", "tests.guards.kinds", "tests.guards.leftovers", "tests.guards.network")
