"""What must hold of the pages that a browser is shown in a landing: checks of `run`, asked whatever comes."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from scenarios.checks import pages
from scenarios.checks.pages import PageCheck, Seen
from scenarios.fuzzing.violation import Violation
from scenarios.model.outcome import Page
from scenarios.model.requirement import DERIVED, SHOULD_NOT
from scenarios.specifications import RFC6749, RFC9700


class ScriptLinked(Violation):
    identifier = "callback/script-behind-a-link"
    requirement = DERIVED("offer no script behind a link", RFC6749.section("4.1.2.1"), security=True)
    risk = "a link to the callback runs the attacker's script in the application, with the user's session"
    fix = "make no link of error_uri; or only of http and https"


class ForeignLoaded(Violation):
    identifier = "callback/foreign-script-beside-the-code"
    requirement = SHOULD_NOT("load anything of others at the redirection endpoint", RFC6749.section("3.1.2.5"))
    risk = "a script of others, in the page under the address with the code, reads the code"
    fix = "answer the callback with a redirect, and load nothing before it"


class CodeTold(Violation):
    identifier = "callback/code-told-as-referer"
    requirement = SHOULD_NOT("tell others the code as Referer", RFC9700.section("4.2.4"))
    risk = "the code is in the history, in logs, and in what other sites are told"
    fix = "send Referrer-Policy: no-referrer with every page of the callback"


_CHECKS: Mapping[type[Violation], PageCheck] = MappingProxyType(
    {
        ScriptLinked: pages.links_run_no_script,
        ForeignLoaded: pages.page_loads_nothing_foreign,
        CodeTold: pages.links_do_not_tell_the_code,
    }
)


def judge_pages(shown: tuple[Page, ...], redirect_uris: tuple[str, ...], code: str) -> Iterator[Violation]:
    """What is wrong with the pages of a landing; `code` is the genuine code that was delivered, where one was."""
    if not shown:
        return
    seen = Seen(shown, redirect_uris, {code: "code"} if code else {})
    for kind, check in _CHECKS.items():
        found = next(check(seen), None)
        if found is not None:
            yield kind(found[1])
