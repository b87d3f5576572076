"""What the control API does; each function is one operation, its docstring the summary in the OpenAPI document."""

import inspect
from dataclasses import fields, replace
from importlib.metadata import version
from typing import Any, get_type_hints

import msgspec

from mock_server.apps import SettingsError, app_named, with_overrides
from mock_server.authorization_server import AuthorizationServer
from mock_server.changes import DEVIATIONS, Changes
from mock_server.environment import environment
from mock_server.flow import Flow
from mock_server.protocol.leniency import lenient
from mock_server.protocol.provider import LENIENCIES, PROVIDERS, Provider
from mock_server.protocol.records import App
from mock_server.protocol.resource import User
from mock_server.protocol.resource_owner import Allow, Ask, Deny, DenyByServer
from mock_server.web.apps_page import AppExists, create
from mock_server.web.control import documents as d
from mock_server.web.control.call import Call
from mock_server.web.control.problems import Problem
from mock_server.web.misbehaving import delivery_choices, deviations
from mock_server.web.written import DELIVERIES, ChangesDocument, changes_from, document_of, parameters_of

_MOST_FLOWS = 1000


async def health(call: Call) -> d.HealthDocument:
    """Say that the mock is there, and how much it holds."""
    core = call.core
    return d.HealthDocument(
        status="ok",
        mock=True,
        version=version("oauthspec"),
        provider=core.provider.name,
        issuer=core.issuer,
        apps=len(core.store.apps),
        flows=len(core.flows),
        grants=len(core.store),
        entries=len(core.transcript),
    )


async def list_changes(_: Call) -> d.NamesDocument:
    """List every change that can be named, with its arguments."""
    return d.NamesDocument(
        deviations=[
            d.ChangeDocument(choice.name, choice.text, _arguments(DEVIATIONS[choice.name]))
            for choices in deviations().values()
            for choice in choices
        ],
        deliveries=[
            d.ChangeDocument(choice.name, choice.text, _arguments(DELIVERIES[choice.name]))
            for choice in delivery_choices()
        ],
        leniencies=dict(LENIENCIES),
        variation={f.name: getattr(PROVIDERS["frameio"], f.name) for f in fields(Provider) if f.name != "name"},
    )


def _arguments(make: Any) -> list[d.ArgumentDocument]:
    hints = get_type_hints(make) if isinstance(make, type) else {}
    return [
        d.ArgumentDocument(
            name,
            str(hints.get(name, each.annotation)).replace("typing.", "").removeprefix("<class '").removesuffix("'>"),
            None if each.default is inspect.Parameter.empty else each.default,
            each.default is inspect.Parameter.empty,
        )
        for name, each in parameters_of(make).items()
    ]


# Apps.


def app_document(core: AuthorizationServer, app: App) -> d.AppDocument:
    """An app as the control API shows it."""
    return d.AppDocument(
        client_id=app.client_id,
        name=app.name,
        redirect_uris=list(app.redirect_uris),
        scopes=list(app.scopes),
        pkce=app.is_public,
        client_secret=app.client_secret,
        env=environment(core.issuer, app),
    )


async def list_apps(call: Call) -> d.AppsDocument:
    """List the registered apps."""
    return d.AppsDocument([app_document(call.core, app) for app in call.core.store.apps.values()])


async def create_app(call: Call) -> d.AppDocument:
    """Register an app."""
    try:
        return app_document(call.core, create(call.core, _made(call.body)))
    except AppExists as error:
        raise Problem("app_exists", f"{error.cause} {error.next_step}") from None


def _made(new: d.NewApp) -> App:
    try:
        return app_named(
            new.name,
            redirect_uris=tuple(new.redirect_uris),
            scopes=tuple(new.scopes),
            pkce=new.pkce,
            client_id=new.client_id,
            client_secret=new.client_secret,
        )
    except SettingsError as error:
        raise Problem("bad_app", f"{error.cause} {error.next_step}") from None


async def read_app(call: Call) -> d.AppDocument:
    """Show one app."""
    return app_document(call.core, _app(call))


def _app(call: Call) -> App:
    client_id = call.path["client_id"]
    app = call.core.store.apps.get(client_id)
    if app is None:
        raise Problem("unknown_app", f"No app has the client_id {client_id!r}.")
    return app


async def change_app(call: Call) -> d.AppDocument:
    """Give an app other redirect URIs and scopes, another name; its id stays, and what is left out stays too."""
    app, new = _app(call), call.body
    try:
        changed = with_overrides((replace(app, name=new.name),), tuple(new.redirect_uris), tuple(new.scopes))[0]
    except SettingsError as error:
        raise Problem("bad_app", f"{error.cause} {error.next_step}") from None
    if new.client_id not in ("", app.client_id) or new.pkce != app.is_public:
        raise Problem("bad_app", "client_id and pkce of an app cannot be changed: register another one.")
    if new.client_secret:
        if app.is_public:
            raise Problem("bad_app", "A PKCE app has no secret.")
        changed = replace(changed, client_secret=new.client_secret)
    call.core.store.register(changed)
    return app_document(call.core, changed)


async def delete_app(call: Call) -> None:
    """Forget an app; what it was granted is refused from now on."""
    call.core.store.unregister(_app(call).client_id)


# Flows.


def flow_document(flow: Flow) -> d.FlowDocument:
    """A flow as the control API shows it."""
    return d.FlowDocument(
        flow.identifier, document_of(flow.changes), flow.email, f"Oauthspec-Flow: {flow.identifier}"
    )


async def list_flows(call: Call) -> d.FlowsDocument:
    """List the newest flows, with what is changed for each."""
    flows = tuple(call.core.flows.values())
    return d.FlowsDocument([flow_document(flow) for flow in reversed(flows[-_MOST_FLOWS:])], len(flows))


async def open_flow(call: Call) -> d.FlowDocument:
    """Open a flow under changes; an authorization request takes part by its header, or by being the next."""
    new: d.NewFlow = call.body
    if new.identifier is not None and new.identifier in call.core.flows:
        raise Problem("flow_exists", f"There is a flow {new.identifier!r}.")
    changes = _changes(new.changes)
    flow = call.core.open_flow(changes, new.identifier or "")
    if new.next_login:
        call.core.await_flow(flow)
    return flow_document(flow)


def _changes(document: ChangesDocument) -> Changes:
    try:
        return changes_from(msgspec.to_builtins(document))
    except ValueError as error:
        raise Problem("bad_change", str(error)) from None


async def read_flow(call: Call) -> d.FlowDocument:
    """Show one flow."""
    return flow_document(_flow(call))


def _flow(call: Call) -> Flow:
    identifier = call.path["identifier"]
    flow = call.core.flows.get(identifier)
    if flow is None:
        raise Problem("unknown_flow", f"No flow is called {identifier!r}.")
    return flow


async def change_flow(call: Call) -> d.FlowDocument:
    """Put a flow under other changes, from its next answer on; occasions are counted anew."""
    return flow_document(call.core.change_flow(_flow(call).identifier, _changes(call.body)))


async def close_flow(call: Call) -> None:
    """Forget a flow: what it knows no longer names it, and what it was granted goes unchanged."""
    call.core.close_flow(_flow(call).identifier)


# The resource owner, the provider, and time.


async def read_resource_owner(call: Call) -> d.OwnerDocument:
    """Say what the resource owner decides, and who it is."""
    owner, user = call.core.resource_owner, call.core.user
    document = d.OwnerDocument(email=user.email, name=user.name)
    if isinstance(owner, Allow):
        document.decision = "allow"
        document.scopes = None if owner.scopes is None else list(owner.scopes)
    elif isinstance(owner, Deny):
        document.decision = "deny"
        document.error, document.error_description = owner.error, owner.error_description
    elif isinstance(owner, DenyByServer):
        document.decision = "deny_by_server"
    return document


async def change_resource_owner(call: Call) -> d.OwnerDocument:
    """Decide for the resource owner: ask in the browser, allow, or deny."""
    new: d.OwnerDocument = call.body
    words = {"scopes": new.scopes, "error": new.error, "error_description": new.error_description}
    written = {"decision": new.decision} | {key: value for key, value in words.items() if value is not None}
    try:
        owner = changes_from({"resource_owner": written}).resource_owner
    except ValueError as error:
        raise Problem("bad_body", str(error)) from None
    call.core.resource_owner = owner or Ask()
    call.core.user = User(new.email, new.name)
    return await read_resource_owner(call)


async def read_provider(call: Call) -> d.ProviderDocument:
    """Show every point of the provider."""
    provider = call.core.provider
    points = {f.name: getattr(provider, f.name) for f in fields(Provider) if f.name != "name"}
    return d.ProviderDocument(provider.name, points)


async def change_provider(call: Call) -> d.ProviderDocument:
    """Choose a provider, with other points if need be, for the flows that begin from now on."""
    new: d.ProviderChoice = call.body
    if new.name not in PROVIDERS:
        raise Problem("bad_provider", f"There is no provider {new.name!r}; known: {', '.join(PROVIDERS)}.")
    variation = {name: tuple(value) if isinstance(value, list) else value for name, value in new.variation.items()}
    try:
        call.core.provider = lenient(PROVIDERS[new.name].changed(variation), new.leniencies)
    except ValueError as error:
        raise Problem("bad_provider", str(error)) from None
    return await read_provider(call)


async def let_time_pass(call: Call) -> None:
    """Let time pass for the grants of one flow, or for all: they grow older at once."""
    step: d.Step = call.body
    if step.flow is not None and step.flow not in call.core.flows:
        raise Problem("unknown_flow", f"No flow is called {step.flow!r}.")
    call.core.advance(step.seconds, step.flow)


async def reset(call: Call) -> None:
    """Forget grants, flows, waiting logins and the journal; the apps of the start stay."""
    call.core.reset()
    call.live.cleared()
