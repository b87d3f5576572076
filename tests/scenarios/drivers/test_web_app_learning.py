"""Landings are told apart by whatever tells good from denied, and by nothing else."""

import json
import secrets

import pytest

from scenarios.drivers.learning import learn, observed, place_of, words_of

TOKEN_ANSWER = {
    "access_token": "ZQ8xkv2bZyjk0bX4u1l9Yw.3mVq8",
    "expires_in": 3600,
    "refresh_token": "n2jfPQ9xkv2b0bX4uZyjk1l9",
    "scope": "account.read asset.read offline",
    "token_type": "bearer",
}
FORM = "<form><input type=hidden name=csrf value='{}'><script nonce={}>x()</script><p>{}</p></form>"


def page(status=200, body="", place="/callback", cookies=()):
    return observed(status, place, frozenset(cookies), body)


def token_shown(**changed):
    members = {name: value for name, value in (TOKEN_ANSWER | changed).items() if value is not None}
    return page(body=json.dumps(members))


# What the sample in Frame.io's guide answers: always 200, the token's JSON as text or `Error: ` and the error.
GUIDE = (token_shown(), page(body="Error: access_denied"))

SHAPES = {
    "status": (page(200, "x"), page(400, "x")),
    "place": (page(place="/"), page(place="/login")),
    "query of the place": (page(place="/?login=ok"), page(place="/?login=denied")),
    "page": (page(body="Welcome back, Kim"), page(body="That did not work")),
    "notice above the home page": (page(body="Home. Log in"), page(body="<b>Access was denied</b> Home. Log in")),
    "something more for those signed in": (page(body="Home. Your projects, your account"), page(body="Home.")),
    "cookie": (page(cookies={"sid"}), page()),
    "cookie of the denied": (page(), page(cookies={"flash"})),
    "guide": GUIDE,
    "redirect without a page": (page(302, place="/app"), page(302, place="https://login.example:443/")),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_good_and_denied_are_told_apart(shape):
    signal = learn(*shape)
    assert signal is not None
    assert [signal.likeness(landing) for landing in shape] == ["good", "unlike"]


def varying(words):
    return FORM.format(secrets.token_urlsafe(32), secrets.token_hex(8), words) + secrets.token_hex(16)


@pytest.mark.parametrize(
    ("good", "denied"),
    [
        (page(), page()),
        (page(body=varying("Fine")), page(body=varying("Fine"))),
        (page(body='{"id": "1f0c", "at": 1700000000}'), page(body='{"id": "77ab", "at": 1700000009}')),
        (page(cookies={"sess-8f3a2c91"}), page(cookies={"sess-0b1c2d3e"})),
        (page(body="It is 07:28:00"), page(body="It is 07:28:31")),
    ],
)
def test_what_changes_by_itself_tells_nothing(good, denied):
    assert learn(good, denied) is None


@pytest.mark.parametrize(
    ("landing", "likeness"),
    [
        (token_shown(access_token="bR7y-other", refresh_token="Qw12-other"), "good"),
        (token_shown(refresh_token=None), "good"),
        (token_shown(scope="account.read", token_type="Bearer", id_token="eyJhbGciOi"), "good"),
        (page(body="Error: server_error"), "unlike"),
        (page(body='{"error":"invalid_grant","error_description":"No such code.","status_code":400}'), "unlike"),
        (page(body=""), "unlike"),
        (page(500, "Internal Server Error"), "unlike"),
    ],
)
def test_the_sample_of_the_guide(landing, likeness):
    assert learn(*GUIDE).likeness(landing) == likeness


def test_the_right_place_with_another_page_is_not_good():
    """An application that goes home after everything, and says there what happened."""
    signal = learn(page(place="/", body="Logged in. Log out"), page(place="/login", body="Access denied. Log in"))
    assert signal.likeness(page(place="/", body="Welcome. Invalid state!")) == "unlike"


def test_the_right_place_with_other_contents_is_good():
    signal = learn(page(place="/", body="Logged in. Log out. Cats Dogs Birds"), page(place="/login", body="Log in"))
    assert signal.likeness(page(place="/", body="Logged in. Log out. Trees Flowers Shrubs")) == "good"


def test_a_page_between_the_two_is_unclear():
    signal = learn(page(body="one two three four five"), page(body="six seven eight"))
    assert signal.likeness(page(body="one two")) == "unclear"


def test_a_cookie_set_before_counts_only_where_nothing_else_tells():
    signal = learn(page(place="/", cookies={"sid"}), page(place="/login"))
    assert signal.likeness(page(place="/")) == "good"


@pytest.mark.parametrize(
    ("url", "redirected", "place"),
    [
        ("http://localhost:1/callback?code=a&state=b", False, "/callback"),
        ("http://localhost:1/done?code=a&state=b", True, "/done"),
        ("http://localhost:1", True, "/"),
        ("http://localhost:1/?login=denied&at=1700000000", True, "/?at=*&login=denied"),
        ("http://localhost:1/s/3f2a9c/home?error=access_denied", True, "/s/*/home?error=access_denied"),
    ],
)
def test_places(url, redirected, place):
    assert place_of(url, redirected=redirected) == place


@pytest.mark.parametrize("piece", ["<script>", "<!--", 'value="', "data-", "data-a=", "a_", "&", "x1" * 20, " value"])
def test_a_hostile_page_takes_one_pass(piece):
    assert len(words_of(piece * (1024 * 1024 // len(piece)))) <= 2


def test_words():
    markup = "<!-- a1 --><style>p{}</style><p data-token='abc'>Log&nbsp;in, <b>Kim</b>! <a href='/log-out'>x</a></p>"
    assert {"log", "in", "kim", "out"} <= words_of(markup)
    assert not {"style", "data", "abc", "token"} & words_of(markup)
    assert words_of("Zürich accessToken 42 2b1f9c00 aGVsbG9Xb3JsZEFnYWlu") == {"zürich", "accesstoken"}
