"""What somebody may make of a redirect before a browser opens it."""

import pytest

from scenarios.model.redirect import Redirect

GENUINE = Redirect("http://localhost:5050/callback?app=7&code=c%2Bd&state=s", "flow-1")
PLACE = "http://localhost:5050/callback"


def test_parameter():
    assert GENUINE.parameter("code") == "c+d"
    assert GENUINE.parameter("iss") == ""


@pytest.mark.parametrize(
    ("changed", "query"),
    [
        ({"code": "x&y"}, "app=7&code=x%26y&state=s"),
        ({"code": None, "error": "access_denied"}, "app=7&state=s&error=access_denied"),
        ({"state": ""}, "app=7&code=c%2Bd&state="),
        ({"error": None}, "app=7&code=c%2Bd&state=s"),
    ],
)
def test_with_parameters(changed, query):
    assert GENUINE.with_parameters(**changed) == Redirect(f"{PLACE}?{query}", "flow-1")


def test_repeated_parameters():
    assert GENUINE.twice("state").url == f"{PLACE}?app=7&code=c%2Bd&state=s&state=s"
    assert GENUINE.adding(("code", "x")).url == f"{PLACE}?app=7&code=c%2Bd&state=s&code=x"
    assert GENUINE.preceded_by(("code", "x")).url == f"{PLACE}?code=x&app=7&code=c%2Bd&state=s"
    assert GENUINE.adding(("code", "x")).twice("state").parameter("code") == "c+d"


def test_elsewhere_and_otherwise():
    assert GENUINE.under("evil.example:1").url == "http://evil.example:1/callback?app=7&code=c%2Bd&state=s"
    assert GENUINE.at("/other").url == "http://localhost:5050/other?app=7&code=c%2Bd&state=s"
    assert GENUINE.answering(query="a=b").url == f"{PLACE}?a=b"
    assert GENUINE.answering(fragment="a=b").url == f"{PLACE}#a=b"
