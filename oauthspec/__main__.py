"""The command `oauthspec`: each verb is loaded when it is called, so that `serve` starts without the harness."""

import gc
from importlib import import_module

import click

# verb: module and name of its click command, and one line for the list of verbs.
_VERBS = {
    "serve": ("scenarios.cli.serve:command", "Run the mock authorization server."),
    "init": ("scenarios.cli.init:command", "Write oauthspec.toml and a CI workflow."),
    "run": ("scenarios.cli.run:command", "Judge a client, and say why."),
    "doctor": ("scenarios.cli.doctor:command", "See whether a client is wired up to be judged."),
    "fuzz": ("scenarios.cli.fuzz:command", "Throw generated messages at a client."),
    "replay": ("scenarios.cli.replay:command", "Perform what fuzz has found once more."),
    "baseline": ("scenarios.cli.baseline:command", "Write a baseline from a record."),
    "judge": ("scenarios.cli.judge:command", "Judge a stored record again."),
    "list": ("scenarios.cli.listing:command", "List scenarios and rules."),
    "explain": ("scenarios.cli.explain:command", "Say what a scenario, a rule or a provider is."),
    "adapter": ("scenarios.cli.adapter:command", "See whether an adapter keeps to its protocol."),
    "coverage": ("scenarios.cli.coverage:command", "Say which obligations have a check."),
}


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module, _, name = _VERBS[cmd_name][0].partition(":")
        # What is loaded stays: the collector would walk over it again and again, a seventh of the start, for nothing.
        gc.disable()
        try:
            command: click.Command = getattr(import_module(module), name)
        finally:
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in _VERBS.items()])


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oauthspec", prog_name="oauthspec")
def main() -> None:
    """Prove that an OAuth 2 client is right: a faithful mock of Frame.io's authorization server, and more."""


if __name__ == "__main__":
    main(prog_name="oauthspec")
