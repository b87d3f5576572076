"""What checks of the token request say of one that is wrong: true of that very request."""

import pytest

from scenarios.judging import judge
from scenarios.model.expectation import Follows
from tests.scenarios.evidence import Evidence, a_scenario

FORM = {"grant_type": "authorization_code", "code": "code-of-own", "redirect_uri": "http://localhost:5050/callback"}


def actual(check, form, target=""):
    evidence = Evidence()
    evidence.authorize("own", "client")
    evidence.step("own", "client")
    evidence.exchange("own", "token", form=form, target=target, status=400)
    evidence.outcome("own", "client", "refused")
    return judge(a_scenario(), evidence.case(Follows("client", check))).actual


@pytest.mark.parametrize(
    ("form", "target", "said"),
    [
        ({}, "", "no grant_type"),
        ({}, "/oauth2/token?grant_type=authorization_code", "no grant_type in the body, but one in the query"),
        (FORM | {"grant_type": "password"}, "", "grant_type 'password'"),
        (FORM, "", ""),
    ],
)
def test_grants(form, target, said):
    assert actual("no_other_grant_is_tried", form, target) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [("", "an empty code, or none"), ("code-of", "another code, of 7 characters"), ("code-of-own", "")],
)
def test_codes(code, said):
    assert actual("code_is_unchanged", FORM | {"code": code}) == said


def test_several_findings_are_each_told():
    evidence = Evidence()
    evidence.authorize("own", "client")
    evidence.step("own", "client")
    for form in (FORM | {"grant_type": "password"}, {}, {}):
        evidence.exchange("own", "token", form=form, status=400)
    evidence.outcome("own", "client", "refused")
    verdict = judge(a_scenario(), evidence.case(Follows("client", "no_other_grant_is_tried")))
    assert verdict.actual == "grant_type 'password', no grant_type (2 times)"
