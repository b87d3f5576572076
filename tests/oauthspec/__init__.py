"""Mirrors the package `oauthspec`: the command is tested in tests/scenarios/cli, the plugin here."""
