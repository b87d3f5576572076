"""The address of the callback, which holds a code, and the pages that follow.

A page that stays under that address hands the code to whatever it loads, to the browser's history, and to the next site
as Referer. Most applications redirect at once, and have nothing to fear.
"""

from scenarios.model.capability import Capability
from scenarios.model.expectation import Shows
from scenarios.model.requirement import DERIVED, SHOULD, SHOULD_NOT
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, shows
from scenarios.specifications import OAUTH21, RFC6749, RFC6750, RFC7636, RFC9700

HTML = {Capability.HTML}
_LEAK = "the code is in the history, in logs, and in what other sites are told"


@scenario(
    requirement=SHOULD("take the code out of the address", RFC6749.section("3.1.2.5")),
    needs=HTML,
    risk=_LEAK,
    fix="answer the callback with a redirect to a page of the application",
    seeds=("S-CB-13",),
)
async def address_after_the_login(stage: Stage) -> Shows:
    """A plain login: the browser does not end at an address that holds the code."""
    client = stage.session()
    await client.log_in()
    return shows(client, "code_leaves_the_address")


@scenario(
    requirement=SHOULD_NOT(
        "load anything of others at the redirection endpoint", RFC6749.section("3.1.2.5"), RFC9700.section("4.2.4")
    ),
    needs=HTML,
    risk="a script of others, in the page under the address with the code, reads the code",
    fix="answer the callback with a redirect, and load nothing before it",
    seeds=("S-CB-13",),
)
async def page_of_the_callback(stage: Stage) -> Shows:
    """A plain login: a page under the address with the code loads no script, image, style or frame of others."""
    client = stage.session()
    await client.log_in()
    return shows(client, "page_loads_nothing_foreign")


@scenario(
    requirement=SHOULD_NOT("tell others the code as Referer", RFC9700.section("4.2.4")),
    needs=HTML,
    risk=_LEAK,
    fix="send Referrer-Policy: no-referrer with every page of the callback",
    seeds=("S-CB-13",),
)
async def links_of_the_callback(stage: Stage) -> Shows:
    """A plain login: no page under the address with the code links elsewhere under a policy that tells all."""
    client = stage.session()
    await client.log_in()
    return shows(client, "links_do_not_tell_the_code")


@scenario(
    requirement=SHOULD_NOT("put a token into the address of a page", RFC6750.section("5.3"), OAUTH21.section("7.1.3")),
    needs=HTML,
    risk="the token is in the history, in logs, and in what other sites are told: whoever reads one has it",
    fix="keep tokens on the server, or hand them to the page in its body",
    seeds=("S-URI-01", "S-CB-13"),
)
async def token_in_an_address(stage: Stage) -> Shows:
    """A plain login: no address that the browser is sent to holds a token."""
    client = stage.session()
    await client.log_in()
    return shows(client, "page_address_holds_no_token")


@scenario(
    requirement=DERIVED("show the verifier to nobody", RFC7636.section("7.1"), security=True),
    needs=HTML,
    risk="whoever reads the page, or its address, has the verifier",
    fix="keep the verifier on the server, or in a cookie that no script can read",
    seeds=("S-PKCE-05",),
)
async def verifier_on_a_page(stage: Stage) -> Shows:
    """A plain login: no page and no address holds the code_verifier."""
    client = stage.session()
    await client.log_in()
    return shows(client, "page_holds_no_verifier")
