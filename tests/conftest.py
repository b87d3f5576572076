"""Every test runs under three guards; each is a plugin of its own, with its own tests in tests/guards."""

import os

from hypothesis import settings

pytest_plugins = ("pytester", "tests.guards.kinds", "tests.guards.leftovers", "tests.guards.network")

# No test is timed: an example that takes long says how busy the machine is, and nothing about the code.
settings.register_profile("untimed", deadline=None)
# Where a run makes promises it tries the same each time: what CI says of a commit today it says tomorrow. All others
# go on searching.
settings.register_profile("repeatable", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("repeatable" if os.environ.get("REQUIRE") else "untimed")
