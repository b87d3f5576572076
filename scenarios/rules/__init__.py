"""Rules: what holds in every login, whatever the scenario."""
