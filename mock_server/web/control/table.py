"""Every operation of the control API: the router and the OpenAPI document are both made from this table."""

from mock_server.web.control import documents as d
from mock_server.web.control import journal_operations as journal
from mock_server.web.control import operations as o
from mock_server.web.control.call import Operation
from mock_server.web.written import ChangesDocument

_APP, _FLOW = "/apps/{client_id}", "/flows/{identifier}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/health", o.health, d.HealthDocument),
    Operation("GET", "/changes", o.list_changes, d.NamesDocument),
    Operation("GET", "/apps", o.list_apps, d.AppsDocument),
    Operation(
        "POST", "/apps", o.create_app, d.AppDocument, 201, body=d.NewApp, problems=("bad_app", "app_exists")
    ),
    Operation("GET", _APP, o.read_app, d.AppDocument, problems=("unknown_app",)),
    Operation("PUT", _APP, o.change_app, d.AppDocument, body=d.NewApp, problems=("unknown_app", "bad_app")),
    Operation("DELETE", _APP, o.delete_app, None, 204, problems=("unknown_app",)),
    Operation("GET", "/flows", o.list_flows, d.FlowsDocument),
    Operation(
        "POST", "/flows", o.open_flow, d.FlowDocument, 201, body=d.NewFlow, problems=("bad_change", "flow_exists")
    ),
    Operation("GET", _FLOW, o.read_flow, d.FlowDocument, problems=("unknown_flow",)),
    Operation(
        "PUT", f"{_FLOW}/changes", o.change_flow, d.FlowDocument, body=ChangesDocument,
        problems=("unknown_flow", "bad_change"),
    ),
    Operation("DELETE", _FLOW, o.close_flow, None, 204, problems=("unknown_flow",)),
    Operation("GET", "/resource-owner", o.read_resource_owner, d.OwnerDocument),
    Operation("PUT", "/resource-owner", o.change_resource_owner, d.OwnerDocument, body=d.OwnerDocument),
    Operation("GET", "/provider", o.read_provider, d.ProviderDocument),
    Operation(
        "PUT", "/provider", o.change_provider, d.ProviderDocument, body=d.ProviderChoice, problems=("bad_provider",)
    ),
    Operation("POST", "/time", o.let_time_pass, None, 204, body=d.Step, problems=("unknown_flow",)),
    Operation("GET", "/journal", journal.read_journal, d.JournalDocument, query=d.JournalQuery),
    Operation(
        "GET", "/journal/{number}", journal.read_exchange, d.EntryDocument, query=d.ExchangeQuery,
        problems=("unknown_exchange",),
    ),
    Operation("DELETE", "/journal", journal.clear_journal, None, 204),
    Operation("POST", "/reset", o.reset, None, 204),
)  # fmt: skip
