"""Scenarios, rules and verdicts: what an OAuth 2 client must do, and how it is shown."""
