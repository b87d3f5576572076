"""`oauthspec init`: a commented `oauthspec.toml` and a workflow for CI, to begin with."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import jinja2

from scenarios.baseline import quoted
from scenarios.cli.client_flags import CLIENT, flags_alone, wanted
from scenarios.cli.seats import Wanted, check_one_seat
from scenarios.cli.settings_file import NAME
from scenarios.cli.verb import Misuse, Verb
from scenarios.reports.whole_file import WholeFile

_WORKFLOWS = {"github": Path(".github/workflows/oauthspec.yml"), "gitlab": Path(".gitlab/oauthspec.yml")}


@click.command("init", cls=Verb, takes_client=True, short_help="Write oauthspec.toml and a CI workflow.")
@flags_alone
@click.option("--ci", type=click.Choice([*_WORKFLOWS, "none"]), default="github", help="Whose CI.  [default: github]")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.pass_obj
def command(client_command: tuple[str, ...] | None, /, ci: str, force: bool, **flags: Any) -> None:
    """Write oauthspec.toml and a workflow for CI in this folder; what is said of the client is filled in.

    \b
      oauthspec init --login /login -- python app.py
      oauthspec init --client my_module:factory --ci gitlab
      oauthspec init --adapter -- node adapter.js
    """
    client = wanted(client_command, flags)
    if _says_nothing(client) and _at_a_terminal():
        client = _asked()
    if not _says_nothing(client):
        check_one_seat(client)
    files = {Path(NAME): _settings(client, _others(flags))}
    if ci != "none":
        files[_WORKFLOWS[ci]] = _template(f"{ci}.yml").render()
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        are, them = ("are", "them") if len(there) > 1 else ("is", "it")
        raise Misuse("FILE_EXISTS", f"{' and '.join(there)} {are} there already.", f"Add --force to replace {them}.")
    for path, text in files.items():
        _write(path, text)
    _tell(files, client, ci)


def _says_nothing(client: Wanted) -> bool:
    return not (client.client or client.login or client.adapter or client.command)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _asked() -> Wanted:
    """What a person at a terminal says of the client."""
    seat = click.prompt(
        "How is the client plugged in?", type=click.Choice(["web", "python", "adapter"]), default="web", err=True
    )
    if seat == "python":
        return Wanted(client=click.prompt("Which factory", default="my_module:factory", err=True))
    words = tuple(shlex.split(click.prompt("Which command starts it", default="python app.py", err=True)))
    if seat == "adapter":
        return Wanted(adapter=True, command=words)
    return Wanted(login=click.prompt("Where does its login begin", default="/login", err=True), command=words)


# What the template has a line for; whatever else is said is written as it was said.
_IN_THE_TEMPLATE = frozenset({"client", "login", "adapter", "app_kind", "callback", "signed_in", "refresh", "api_call"})


def _others(flags: Mapping[str, Any]) -> dict[str, str]:
    """Further flags that were given, as keys and values of TOML."""
    names = {name: name.replace("_", "-") for name in CLIENT - _IN_THE_TEMPLATE - {"env"}}
    return {key: _toml(flags[name]) for name, key in sorted(names.items()) if flags[name]}


def _toml(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return quoted(str(value))


def _settings(client: Wanted, others: Mapping[str, str]) -> str:
    # The template asks for what the web seat alone has, so it is there in any case.
    nothing = dict.fromkeys(("--signed-in", "--callback", "--refresh", "--api-call"))
    told = {"web": nothing | dict(client.web), "others": others, "setting": _setting}
    told["env"] = dict(variable.split("=", 1) for variable in client.env if "=" in variable)
    return _template("oauthspec.toml").render(vars(client) | told)


def _setting(key: str, value: str | None, example: str, about: str) -> str:
    """A key with what was said; as a comment with an example where nothing was."""
    line = f"# {key} = {quoted(example)}" if value is None else f"{key} = {quoted(value)}"
    return f"# {about}\n{line}" if about else line


def _template(name: str) -> jinja2.Template:
    # TOML and YAML are no HTML: what is put in is quoted by our own filter.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["quoted"] = quoted
    return environment.get_template(f"{name}.jinja")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with WholeFile(path) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise Misuse("FILE_NOT_WRITABLE", f"{path} cannot be written: {error.strerror}.", "Make way for it.") from None
    if file.trouble:
        raise Misuse("FILE_NOT_WRITABLE", f"{path} cannot be written: {file.trouble}.", "Make room.")


def _tell(files: Mapping[Path, str], client: Wanted, ci: str) -> None:
    lines = [f"Wrote {path}." for path in files]
    if _says_nothing(client):
        lines.append(f"Next: say in {NAME} which client it is about.")
    step = "Then" if _says_nothing(client) else "Next"
    lines.append(f"{step}: `oauthspec doctor` looks at the wiring, and `oauthspec run` judges, without further flags.")
    if ci == "gitlab":
        lines.append("For GitLab to find the job, .gitlab-ci.yml has to include .gitlab/oauthspec.yml.")
    if ci != "none":
        lines.append("Say in the workflow where oauthspec is installed from, and what your client needs.")
    for line in lines:
        click.echo(line, err=True)
