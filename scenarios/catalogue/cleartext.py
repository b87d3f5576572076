"""Settings in the clear: http, to another machine.

Somebody writes http where https is meant, in a file of settings that nobody looks at again; everything works, and
everybody on the way reads along. A client is the last who could say no. http within one machine is nobody's harm: all
that is judged elsewhere is judged over it.
"""

from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows
from scenarios.model.requirement import DERIVED, MUST
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import OAUTH21, RFC6749, RFC6750

TOKEN_ENDPOINT = AssignmentKind(cleartext="token")
API = AssignmentKind(cleartext="api")
WITHIN = AssignmentKind(cleartext="within")

_REFUSE = "refuse an address with http where the client is made, unless its host is this machine"


@scenario(
    requirement=MUST("send codes and secrets over https alone", OAUTH21.section("1.5"), RFC6749.section("10.4")),
    needs={Capability.OTHER_NAMES},
    assignment=TOKEN_ENDPOINT,
    risk="whoever is on the way reads the app's secret and the tokens of everybody who logs in",
    fix=_REFUSE,
    settings_may_be_refused=True,
    seeds=("S-TLS-02",),
)
async def token_endpoint_of_another_machine(stage: Stage) -> Follows:
    """The token endpoint is http at the name of another machine: the application refuses that, or sends nothing."""
    client = stage.session()
    await client.log_in()
    return follows(client, "nothing_is_sent_in_the_clear", if_any=True)


@scenario(
    requirement=MUST("use TLS with every access token", RFC6750.section("5.3"), RFC6749.section("10.3")),
    needs={Capability.OTHER_NAMES, Capability.CALL_API},
    assignment=API,
    risk="whoever is on the way reads the token, and does with it what the user may do",
    fix=_REFUSE,
    settings_may_be_refused=True,
    seeds=("S-RES-04",),
)
async def api_of_another_machine(stage: Stage) -> Follows:
    """The API is http at the name of another machine: the application refuses that, or its token does not leave it."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "token_stays_out_of_the_clear", of="resource_request", if_any=True)


@scenario(
    requirement=DERIVED("take http within one machine", RFC6749.section("10.3"), OAUTH21.section("1.5")),
    needs={Capability.OTHER_NAMES, Capability.CALL_API},
    assignment=WITHIN,
    risk="nobody can try the application out before it is live",
    fix="take 127.0.0.1, ::1 and localhost for this machine, and refuse http to every other host",
    control=True,
    seeds=("S-RES-04", "S-TLS-02"),
)
async def endpoints_of_this_machine(stage: Stage) -> Accepts:
    """Token endpoint and API are http at localhost: a login works, and so does a call of the API."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return accepts(client, step="call_api")
