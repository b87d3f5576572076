"""Checks of what a browser was shown: what they object to, and what they leave alone."""

import pytest

from scenarios.checks.pages import EVIL, MARK, PAGE_CHECKS, Seen
from scenarios.model.outcome import Page

CALLBACK = "http://localhost:5050/callback"
WITH_CODE = f"{CALLBACK}?code=the-code&state=s"
SECRETS = {"the-code": "code", "the-token": "access_token", "the-verifier": "code_verifier"}
HTML = (("content-type", "text/html; charset=utf-8"),)
HOME = Page("http://localhost:5050/", 200, headers=HTML, text="<p>Welcome</p>")


def page(text, url=WITH_CODE, headers=HTML):
    return Page(url, 200, headers=headers, text=text)


def to(location):
    return Page(WITH_CODE, 302, location)


def found(check, *pages):
    return list(PAGE_CHECKS[check](Seen(pages, (CALLBACK,), SECRETS)))


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (f"<p>Error: <{MARK} {MARK}=1></p>", True),
        (f'<input value="" {MARK}="1">', True),
        (f"<title>x</title><{MARK}>", True),
        (f"<script>var e = \"</script><{MARK}>\"</script>", True),
        (f"<p>&lt;{MARK} {MARK}=1&gt;</p>", False),
        (f"<p>\" {MARK}=\"1</p>", False),
        (f'<input value="&quot; {MARK}=&quot;1">', False),
        (f"<script>var e = '\\u003c{MARK}\\u003e';</script>", False),
        (f"<!-- <{MARK}> -->", False),
        (f"<textarea>&quot; {MARK}=1</textarea>", False),
    ],
)
def test_text_is_not_taken_for_markup(text, bad):
    assert bool(found("text_is_not_taken_for_markup", page(text))) is bad


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8"])
def test_what_is_no_html_has_no_markup(kind):
    shown = page(f"<{MARK} {MARK}=1>", headers=(("content-type", kind),))
    assert not found("text_is_not_taken_for_markup", shown)


def test_headers():
    assert found("text_makes_no_header", page("", headers=((MARK, "1"),)))
    assert not found("text_makes_no_header", page("", headers=(("referrer-policy", MARK),)))


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (f'<a href="javascript:{MARK}()">more</a>', True),
        (f"<a href=' java\tscript:{MARK}()'>more</a>", True),
        (f"<p>javascript:{MARK}()</p>", False),
        ('<a href="javascript:history.back()">back</a>', False),
        (f'<a href="https://docs.example/?{MARK}">more</a>', False),
    ],
)
def test_links_run_no_script(text, bad):
    assert bool(found("links_run_no_script", page(text))) is bad


@pytest.mark.parametrize(
    ("location", "bad"),
    [
        (f"https://{EVIL}/", True),
        (f"//{EVIL}/", True),
        (f"http://localhost@{EVIL}/", True),
        (f"\t/\\{EVIL}", True),
        ("javascript:alert(1)", True),
        ("http://localhost:5050/", False),
        ("http://localhost:3000/app", False),
        ("https://app.example/", False),
        (f"http://localhost:5050/?next=https://{EVIL}/", False),
    ],
)
def test_browser_is_not_sent_away(location, bad):
    assert bool(found("browser_is_not_sent_away", to(location))) is bad


def test_a_page_may_send_away_too():
    assert found("browser_is_not_sent_away", page(f'<meta http-equiv="Refresh" content="0; url=//{EVIL}/">'))
    assert found("browser_is_not_sent_away", page("", headers=(*HTML, ("refresh", f"0;url=https://{EVIL}"))))
    assert not found("browser_is_not_sent_away", page('<meta http-equiv="refresh" content="0; url=/home">'))


@pytest.mark.parametrize(
    ("pages", "bad"),
    [
        ((to("http://localhost:5050/"), HOME), False),
        ((page("<p>Welcome</p>"),), True),
        ((page("<script>history.replaceState({}, '', '/')</script>"),), False),
        ((to("http://localhost:5050/done?code=the-code"), page("", "http://localhost:5050/done?code=the-code")), True),
        ((to("https://app.example/signed-in"),), False),
    ],
)
def test_code_leaves_the_address(pages, bad):
    assert bool(found("code_leaves_the_address", *pages)) is bad


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('<script src="https://analytics.example/a.js"></script>', True),
        ("<img src=//pixel.example/p.gif>", True),
        ('<link rel=stylesheet href="https://fonts.example/f.css">', True),
        ('<script src="/own.js"></script><img src="http://localhost:5050/p.png">', False),
        ('<img src="data:image/png;base64,AAAA">', False),
        ('<a href="https://help.example/">help</a>', False),
    ],
)
def test_page_loads_nothing_foreign(text, bad):
    assert bool(found("page_loads_nothing_foreign", page(text))) is bad
    assert not found("page_loads_nothing_foreign", page(text, "http://localhost:5050/")), "the code is gone by then"


def test_links_tell_the_code_only_where_a_policy_says_so():
    link = '<a href="https://help.example/">help</a>'
    assert not found("links_do_not_tell_the_code", page(link))
    assert not found("links_do_not_tell_the_code", page(link, headers=(*HTML, ("referrer-policy", "no-referrer"))))
    assert found("links_do_not_tell_the_code", page(link, headers=(*HTML, ("referrer-policy", "unsafe-url"))))


def test_secrets():
    assert found("page_address_holds_no_token", to("http://localhost:5050/#access_token=the-token"))
    assert not found("page_address_holds_no_token", to("http://localhost:5050/"), page("the-token"))
    assert found("page_holds_no_verifier", page("<script>var v = 'the-verifier'</script>"))
    assert not found("page_holds_no_verifier", HOME)


@pytest.mark.parametrize(
    ("attributes", "bad"),
    [("", True), ("; Path=/; SameSite=lax", True), ("; HttpOnly", False), ("; path=/; secure", False)],
)
def test_a_token_in_a_cookie_is_protected(attributes, bad):
    cookie = ("set-cookie", f"access_token=access_token{attributes}")
    assert bool(found("cookies_hold_no_bare_token", page("", headers=(*HTML, cookie)))) is bad
