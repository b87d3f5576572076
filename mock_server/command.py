"""`oauthspec serve`: a mock that a developer runs in the place of Frame.io."""

import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mock_server import state_file
from mock_server.authorization_server import AuthorizationServer
from mock_server.environment import env_lines, environment
from mock_server.protocol.records import App
from mock_server.redaction import redacted_url
from mock_server.serving import (
    LOOPBACK,
    LOOPBACK_HOSTS,
    RunningServer,
    authorization_server,
    throw_away_authority,
)
from mock_server.settings import (
    Settings,
    SettingsError,
    app_named,
    check_public_url,
    from_file,
    provider_named,
    with_overrides,
)
from mock_server.stopping import Stop
from mock_server.transcript import Entry, Exchange

if TYPE_CHECKING:
    from mock_server.certificates import Authority

_CONTROL_TOKEN = "OAUTHSPEC_CONTROL_TOKEN"
_SHORTEST_TOKEN = 16


@click.command(short_help="Run the mock authorization server.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 is any free one.  [default: 4444]")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--public-url", help="Address that others reach the server by (containers).")
@click.option("--provider", "provider_name", help="Whose behaviour: frameio, strict, or a recorded engine.")
@click.option("--auto-allow", is_flag=True, help="Consent to everything at once, without login and consent pages.")
@click.option("--app", "names", multiple=True, help="Name of an app to register; repeat for several.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Redirect URI of the apps; repeat for several.")
@click.option("--scope", "scopes", multiple=True, help="Scope that the apps may ask for; repeat for several.")
@click.option("--pkce", is_flag=True, help="The apps named with --app are PKCE apps, without a secret.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file with a [server] and several [[apps]].")
@click.option("--write-env", type=click.Path(path_type=Path), help="Write the .env lines of the first app to a file.")
@click.option("--force", is_flag=True, help="Let --write-env replace a file that is there.")
@click.option("--state", "state", type=click.Path(path_type=Path), help="Keep grants in a file across restarts.")
@click.option("--tls", is_flag=True, help="Speak https, with a certificate of a throw-away authority.")
@click.option("--tls-ca", type=click.Path(path_type=Path), help="Where to write what the apps have to trust.")
@click.option("--i-know-this-is-a-mock", "exposed", is_flag=True, help="Needed for a --host that others can reach.")
def serve(
    port: int | None,
    host: str | None,
    public_url: str | None,
    provider_name: str | None,
    auto_allow: bool,
    names: tuple[str, ...],
    redirect_uris: tuple[str, ...],
    scopes: tuple[str, ...],
    pkce: bool,
    config: Path | None,
    write_env: Path | None,
    force: bool,
    state: Path | None,
    tls: bool,
    tls_ca: Path | None,
    exposed: bool,
) -> None:
    """Run a mock of Frame.io's authorization server until Ctrl-C.

    It prints where it listens and the .env lines of each registered app. Ids and secrets stay the same across restarts.
    """
    try:
        settings = from_file(config) if config is not None else Settings()
        if names:
            settings = replace(settings, apps=tuple(app_named(name, pkce=pkce) for name in names))
        elif pkce:
            raise SettingsError("NO_APP_NAMED", "--pkce says of which kind an app is.", "Name one with --app.")
        settings = replace(settings, apps=with_overrides(settings.apps, redirect_uris, scopes))
        settings = _with_flags(settings, port, host, public_url, provider_name, auto_allow)
        _check_host(settings.host, exposed)
        settings = replace(settings, tls=settings.tls or tls)
        if tls_ca is not None and not settings.tls:
            raise SettingsError("NO_TLS", "--tls-ca is about https, and the server speaks http.", "Add --tls.")
        with _authority(settings, tls_ca) as authority:
            _run(settings, write_env, force, state, authority)
    except SettingsError as error:
        fail(error)


def fail(error: SettingsError) -> NoReturn:
    """One line with cause and next step, and exit 2."""
    click.echo(f"oauthspec: {error}", err=True)
    sys.exit(2)


def _with_flags(
    settings: Settings,
    port: int | None,
    host: str | None,
    public_url: str | None,
    provider_name: str | None,
    auto_allow: bool,
) -> Settings:
    return replace(
        settings,
        port=settings.port if port is None else port,
        host=settings.host if host is None else host,
        public_url=settings.public_url if public_url is None else check_public_url(public_url),
        provider=settings.provider if provider_name is None else provider_named(provider_name),
        auto_allow=settings.auto_allow or auto_allow,
    )


def _check_host(host: str, exposed: bool) -> None:
    if host not in LOOPBACK_HOSTS and not exposed:
        cause = f"Others can reach {host}, and whoever reaches a mock gets tokens for the asking."
        raise SettingsError("NOT_LOOPBACK", cause, "Leave --host out, or add --i-know-this-is-a-mock.")


def _authority(settings: Settings, ca_file: Path | None) -> "AbstractContextManager[Authority | None]":
    if not settings.tls:
        return nullcontext()
    return throw_away_authority(settings.host, settings.public_url, None if ca_file is None else ca_file.absolute())


def _run(
    settings: Settings, write_env: Path | None, force: bool, state: Path | None, authority: "Authority | None"
) -> None:
    core = authorization_server(provider=settings.provider, apps=settings.apps, auto_allow=settings.auto_allow)
    if write_env is not None:
        _may_write(write_env, force)
    kept = state_file.load(core, state) if state is not None else 0
    running = _listening(settings, core, authority)
    core.transcript.listen(_print_entry)
    with Stop() as stop, running:
        _print_banner(running, settings, kept)
        if write_env is not None:
            _write_env(write_env, running, settings.apps[0])
        # Whoever calls this command may watch the server: rules are known above this floor, not here. They look at
        # what has come before as well, so that nobody's first request waits until they are loaded.
        for watch in click.get_current_context().obj or ():
            watch(core)
        click.echo("Ctrl-C stops the server. Requests as they come:", err=True)
        stop.wait()
    if state is not None:
        state_file.save(core, state)
    click.echo("Stopped.", err=True)


def _listening(settings: Settings, core: AuthorizationServer, authority: "Authority | None") -> RunningServer:
    host = LOOPBACK if settings.host == "localhost" else settings.host
    try:
        return RunningServer(
            core,
            host=host,
            port=settings.port,
            public_url=settings.public_url,
            control_token=_control_token(),
            authority=authority,
        )
    except OSError as error:
        cause = f"{host}:{settings.port} cannot be listened on: {error.strerror}."
        raise SettingsError("PORT_TAKEN", cause, "Choose another with --port, or --port 0 for a free one.") from None


def _control_token() -> str:
    """The token that the environment chooses; none lets the server choose one where it needs one."""
    token = os.environ.get(_CONTROL_TOKEN, "")
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        cause = f"{_CONTROL_TOKEN} is no token of {_SHORTEST_TOKEN} characters or more, without blanks."
        raise SettingsError("BAD_CONTROL_TOKEN", cause, "Choose another, or leave it out.")
    return token


def _may_write(path: Path, force: bool) -> None:
    if not path.parent.is_dir():
        raise SettingsError("BAD_ENV_FILE", f"{path.parent} is no directory.", "Name another file with --write-env.")
    if not path.exists() or force:
        return
    if sys.stdin.isatty() and click.confirm(f"{path} is there already. Replace it?", err=True):
        return
    raise SettingsError("ENV_FILE_EXISTS", f"{path} is there already.", "Add --force, or name another file.")


def _write_env(path: Path, running: RunningServer, app: App) -> None:
    try:
        path.write_text(env_lines(environment(running.url, app, _ca_file(running))), "utf-8")
    except OSError as error:
        cause = f"{path} cannot be written: {error.strerror}."
        raise SettingsError("BAD_ENV_FILE", cause, "Name another file with --write-env.") from None
    click.echo(f"Wrote the lines of {app.name!r} to {path}.", err=True)


def _print_banner(running: RunningServer, settings: Settings, kept: int) -> None:
    say = [
        "This is a MOCK of Frame.io's authorization server. Never let it guard anything.",
        f"  authorization endpoint  {running.authorization_endpoint}",
        f"  token endpoint          {running.token_endpoint}",
        f"  revocation endpoint     {running.revocation_endpoint}",
        f"  API                     {running.api_url}/me",
        f"  provider                {settings.provider.name}",
        f"  resource owner          {'allows everything' if settings.auto_allow else 'asked in the browser'}",
    ]
    say.append(f"  journal and apps        {running.url}/")
    if running.authority:
        say.append(f"  certificate authority   {running.authority.ca_file}")
    if running.control_token:
        say.append(f"  control token           {running.control_token}")
    if kept:
        say.append(f"  grants kept             {kept}")
    click.echo("\n".join(say) + "\n", err=True)
    for app in settings.apps:
        _print_app(running, app)


def _print_app(running: RunningServer, app: App) -> None:
    kind = "PKCE app, without a secret" if app.is_public else "authenticates with Basic"
    click.echo(f"# {app.name} ({kind})\n{env_lines(environment(running.url, app, _ca_file(running)))}")


def _ca_file(running: RunningServer) -> str | None:
    return str(running.authority.ca_file) if running.authority else None


_HANDSHAKES = {
    "broken off": "a client has broken off: it does not trust the certificate authority, or this name of the server",
    "cleartext": "a client speaks http here; the address begins with https",
    "failed": "a client speaks no TLS that the server knows",
}


def _print_entry(entry: Entry) -> None:
    """One line for each request, without its secrets, and for each that did not come about."""
    if not isinstance(entry, Exchange):
        if entry.kind == "handshake" and (what := _HANDSHAKES.get(str(entry.detail.get("how")))):
            said = f" ({entry.detail['said']})" if entry.detail.get("said") else ""
            click.echo(f"{time.strftime('%H:%M:%S')} TLS  {what}{said}", err=True)
        return
    request = entry.request
    line = f"{time.strftime('%H:%M:%S')} {entry.flow or 'stray'}  {request.method} {redacted_url(request.target)}"
    line += f" -> {entry.sent.status}"
    if entry.changes:
        line += f"  [{'; '.join(entry.changes)}]"
    if entry.error:
        line += f"  {entry.error}: {entry.explanation}"
    click.echo(line.encode("ascii", "backslashreplace").decode(), err=True)
