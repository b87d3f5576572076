"""Every test runs under three guards; each is a plugin of its own, with its own tests in tests/guards."""

from hypothesis import settings

pytest_plugins = ("pytester", "tests.guards.kinds", "tests.guards.leftovers", "tests.guards.network")

# No test is timed: an example that takes long says how busy the machine is, and nothing about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
