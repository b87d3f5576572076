"""The cookie jar does what browsers do; where httpx's own does otherwise, it is said."""

import pytest

from scenarios.drivers.cookies import MOST_COOKIES, CookieJar, parse_date, site

APP = "http://localhost:5050/callback"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jar(clock):
    return CookieJar(clock)


def after(jar, line, at="http://localhost:5050/", set_at=APP, **navigation):
    """What is sent back to `at` once `set_at` has set a cookie."""
    jar.take(set_at, [line])
    return jar.header(at, **navigation)


@pytest.mark.parametrize("line", ["a=b", "a=b; HttpOnly", " a = b ;", "a=b; Odd; Odd=1", "a=b;;; ;"])
def test_a_plain_cookie_comes_back(jar, line):
    assert after(jar, line) == "a=b"


@pytest.mark.parametrize("line", ["s=1; Secure", "__Host-s=1; Secure; Path=/", "__Secure-s=1; Secure"])
@pytest.mark.parametrize("host", ["localhost:5050", "127.0.0.1:5050", "app.localhost", "[::1]:80"])
def test_secure_cookies_come_back_over_http_to_this_machine(jar, line, host):
    """httpx's jar does not return them."""
    assert after(jar, line, f"http://{host}/", f"http://{host}/").endswith("s=1")


def test_secure_cookies_are_not_for_http_elsewhere(jar):
    assert after(jar, "s=1; Secure", "http://app.example/", "http://app.example/") == ""
    assert after(jar, "s=1; Secure", "http://app.example/", "https://app.example/") == ""
    assert jar.header("https://app.example/") == "s=1"


def test_a_plain_page_does_not_overwrite_a_secure_cookie(jar):
    jar.take("https://app.example/", ["s=safe; Secure"])
    assert after(jar, "s=planted", "https://app.example/", "http://app.example/") == "s=safe"


@pytest.mark.parametrize(
    "line",
    [
        "__Host-s=1; Path=/",
        "__Host-s=1; Secure",
        "__Host-s=1; Secure; Path=/deep",
        "__Host-s=1; Secure; Path=/; Domain=127.0.0.1",
        "__host-s=1",
        "__Secure-s=1",
        "=__Host-s=1; Secure; Path=/",
        "__Secure-alone",
        "s=1; SameSite=None",
        "s=1; Domain=other.example",
        "s=1; Domain=1",
        "s=\x01",
        "",
        ";",
        "=",
        "s=" + "x" * 5000,
    ],
)
def test_what_browsers_refuse_is_not_kept(jar, line):
    assert after(jar, line, "http://127.0.0.1/", "http://127.0.0.1/") == ""


@pytest.mark.parametrize(
    ("same_site", "from_another_site", "posted_from_there"),
    [("Strict", "", ""), ("Lax", "s=1", ""), ("None; Secure", "s=1", "s=1"), ("Odd", "s=1", "")],
)
def test_same_site(jar, same_site, from_another_site, posted_from_there):
    assert after(jar, f"s=1; SameSite={same_site}") == "s=1"
    assert jar.header(APP, same_site=False) == from_another_site
    assert jar.header(APP, method="POST", same_site=False) == posted_from_there


def test_without_the_attribute_it_is_lax(jar):
    assert after(jar, "s=1", same_site=False) == "s=1"
    assert jar.header(APP, method="POST", same_site=False) == ""


def test_mock_and_application_are_two_sites_and_ports_do_not_matter(jar):
    assert site("http://127.0.0.1:1/a") != site("http://localhost:1/a")
    assert site("http://localhost:1/a") == site("http://localhost:2/b")
    assert site("http://a.app.example/") == site("http://b.app.example/") != site("https://app.example/")
    assert after(jar, "a=b", "http://localhost:9999/") == "a=b"


@pytest.mark.parametrize(
    ("line", "reaches", "misses"),
    [
        ("a=b", "http://app.example/", "http://www.app.example/"),
        ("a=b; Domain=app.example", "http://www.app.example/", "http://myapp.example/"),
        ("a=b; Domain=.APP.example", "http://www.app.example/", "http://example/"),
        ("a=b; Path=/deep", "http://app.example/deep/er", "http://app.example/deeper"),
        ("a=b; Path=/deep", "http://app.example/deep", "http://app.example/"),
        ("a=b; Path=relative", "http://app.example/other", "http://other.example/"),
    ],
)
def test_domain_and_path(jar, line, reaches, misses):
    assert after(jar, line, reaches, "http://app.example/page") == "a=b"
    assert jar.header(misses) == ""


def test_the_default_path_is_the_folder_of_the_page(jar):
    assert after(jar, "a=b", "http://localhost/deep/er", "http://localhost/deep/page") == "a=b"
    assert jar.header("http://localhost/page") == ""


def test_domain_localhost_is_of_that_host_alone(jar):
    assert after(jar, "a=b; Domain=localhost") == "a=b"
    assert jar.header("http://app.localhost/") == ""


def test_expiry(jar, clock):
    jar.take(APP, ["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=1", "c=1; Max-Age=0"])
    assert jar.header(APP) == "a=1; b=1"
    clock.now += 61
    assert jar.header(APP) == "b=1"
    assert after(jar, "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT") == ""


def test_longer_paths_first_then_the_elder_one(jar):
    jar.take("http://localhost/", ["b=1", "a=1", "deep=1; Path=/x", "b=2"])
    assert jar.header("http://localhost/x") == "deep=1; b=2; a=1"


def test_a_jar_is_bounded(jar):
    jar.take(APP, (f"c{n}=v" for n in range(1000)))
    assert len(jar.values()) == MOST_COOKIES
    assert "c999=v" in jar.header("http://localhost/")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480),
        ("Wed, 21-Oct-15 07:28:00 GMT", 1445412480),
        ("Wed Oct 21 7:28:00 2015", 1445412480),
        ("21 OCTOBER 2015 07:28:00", 1445412480),
        ("Thu, 01 Jan 70 00:00:00 GMT", 0),
        ("Wed, 31 Feb 2015 07:28:00 GMT", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_dates_as_servers_write_them(text, seconds):
    assert parse_date(text) == seconds
