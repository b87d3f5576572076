"""What is recorded of the pages that a browser saw: no cookie but one that holds a token, and never what it holds."""

from scenarios.model.outcome import Outcome, Page
from scenarios.seeing import as_recorded
from tests.scenarios.evidence import Evidence

TELLING = ("content-type", "text/html")


def recorded(*cookies: str) -> tuple[tuple[str, str], ...]:
    evidence = Evidence()
    evidence.exchange("flow", "token", form={}, sent={"access_token": "AT-1.secret", "token_type": "bearer"})
    page = Page("http://localhost:5050/", 200, headers=(TELLING, *(("set-cookie", cookie) for cookie in cookies)))
    return as_recorded(Outcome("signed_in", pages=(page,)), evidence.entries).pages[0].headers


def test_the_cookies_of_the_application_are_not_recorded():
    assert recorded("session=of-somebody; HttpOnly", "theme=dark") == (TELLING,)


def test_a_cookie_that_holds_a_token_is_recorded_without_it():
    told = (TELLING, ("set-cookie", "t=access_token; Path=/; Secure"))
    assert recorded("t=AT-1.secret; Path=/; Secure") == told
    assert recorded("t=%22AT-1%2Esecret%22; Path=/; Secure") == told
    assert recorded("t=AT-1.secret") == (TELLING, ("set-cookie", "t=access_token"))
