"""Seeds and scenarios, in both directions: a seed of a family that is built has scenarios, and a scenario has seeds.

And the reports of defects in published clients: each is named by the scenarios that would have caught it.
"""

import re

import pytest
from click.testing import CliRunner

from client_ref.flawed import FLAWS
from oauthspec.__main__ import main
from scenarios.collection import collect, performances

COUNTS = {
    "S-AUTH": 6,
    "S-CB": 19,
    "S-MIX": 7,
    "S-TOK": 9,
    "S-RSP": 13,
    "S-REF": 11,
    "S-RES": 5,
    "S-PKCE": 6,
    "S-URI": 1,
    "S-NAT": 4,
    "S-LOG": 1,
    "S-TLS": 2,
}
SEEDS = {f"{family}-{number:02}" for family, count in COUNTS.items() for number in range(1, count + 1)}

# What waits for a part of the harness: two authorization servers, a cache, native listeners.
LATER = {"S-MIX-04", "S-MIX-06", "S-MIX-07", "S-RSP-13", *(f"S-NAT-{number:02}" for number in range(1, 5))}
SCENARIOS = collect()

# A report of a defect in a published client, and the seeds whose scenarios it is a reason for.
REPORTS = {
    "CVE-2025-68158": ("S-CB-01",),
    "CVE-2026-41425": ("S-CB-01",),
    "CVE-2025-14546": ("S-CB-01", "S-CB-02", "S-AUTH-01"),
    "CVE-2025-68481": ("S-CB-01", "S-CB-03"),
    "CVE-2023-31999": ("S-CB-01", "S-AUTH-05"),
    "CVE-2023-27490": ("S-CB-01", "S-PKCE-03"),
    "CVE-2012-6134": ("S-CB-01",),
    "CVE-2025-65107": ("S-CB-02",),
    "CVE-2017-1000069": ("S-CB-02",),
    "streamlit-oauth #25": ("S-CB-02", "S-PKCE-01"),
    "fastapi-sso #266": ("S-CB-02", "S-PKCE-05"),
    "first-tree PR #2202": ("S-CB-10",),
    "oauthlib #290": ("S-CB-04", "S-CB-05"),
    "vscode #252651": ("S-CB-04",),
    "react-oauth2-pkce #39": ("S-CB-09",),
    "CVE-2025-66040": ("S-CB-11",),
    "CVE-2021-32702": ("S-CB-11",),
    "flask-dance PR #230": ("S-CB-12",),
    "next-auth #7894": ("S-CB-16",),
    "openid-client 5.7.1": ("S-CB-06", "S-RSP-02", "S-RSP-04"),
    "openid-client #248": ("S-RSP-02", "S-RES-05"),
    "spring-security-oauth #354": ("S-RSP-02", "S-RES-05"),
    "oauthlib #674": ("S-RSP-02",),
    "pyoidc #130": ("S-RSP-02",),
    "slack-api-docs #68": ("S-RSP-03",),
    "claude-code #17733": ("S-AUTH-01",),
    "python-sdk #3505": ("S-AUTH-02",),
    "simple-oauth2 #335": ("S-AUTH-02",),
    "oauth2-client PR #196": ("S-AUTH-02",),
    "social-core #1681": ("S-PKCE-01",),
    "django-allauth #3237": ("S-PKCE-01",),
    "requests-oauthlib PR #568": ("S-TOK-02",),
    "requests-oauthlib #330": ("S-TOK-03",),
    "client-oauth2 #196": ("S-TOK-03", "S-REF-01"),
    "oauth2-client #128": ("S-TOK-02", "S-TOK-03"),
    "golang/oauth2 #373": ("S-TOK-05",),
    "golang/oauth2 #237": ("S-TOK-02",),
    "golang/oauth2 #441": ("S-RSP-04",),
    "CVE-2018-18074": ("S-TOK-06", "S-RES-02"),
    "superagent #1844": ("S-TOK-06", "S-RES-02"),
    "CVE-2021-41580": ("S-RSP-04", "S-RSP-05", "S-TOK-06"),
    "requests-oauthlib #446": ("S-RSP-06",),
    "requests_oauth2client #15": ("S-RSP-07",),
    "oauthlib #562": ("S-RSP-08",),
    "requests-oauthlib #387": ("S-RSP-08",),
    "CVE-2022-31690": ("S-RSP-08",),
    "python-sdk #2270": ("S-REF-02",),
    "simple-oauth2 PR #434": ("S-REF-02",),
    "league/oauth2-client #658": ("S-REF-02",),
    "rust-sdk #949": ("S-REF-02",),
    "opencode PR #43074": ("S-REF-04",),
    "opencode #28234": ("S-REF-04",),
    "hermes-agent PR #30391": ("S-REF-04",),
    "picard PR #3320": ("S-REF-05",),
    "angular-auth-oidc-client #1938": ("S-REF-05",),
    "requests-oauthlib #451": ("S-REF-07",),
}


def test_every_scenario_has_seeds_and_every_seed_exists():
    assert [each.identifier for each in SCENARIOS if not each.seeds] == []
    assert {seed for each in SCENARIOS for seed in each.seeds} <= SEEDS - LATER


@pytest.mark.parametrize("seed", sorted(SEEDS - LATER))
def test_every_seed_selects_scenarios(seed):
    assert performances(SCENARIOS, ("basic", "pkce"), (seed,))


def test_list_takes_a_seed():
    result = CliRunner().invoke(main, ["list", "S-CB-07"], prog_name="oauthspec")
    assert result.exit_code == 0
    assert "callback-parameters/code-of-any-kind" in result.output


@pytest.mark.parametrize("report", REPORTS)
def test_a_published_defect_is_named_where_it_would_have_been_caught(report):
    named = {seed for each in SCENARIOS if report in each.incidents for seed in each.seeds}
    assert set(REPORTS[report]) <= named


def test_what_a_flaw_is_a_copy_of_is_named_by_a_scenario_of_its_rows():
    for flaw in FLAWS.values():
        named = {name for each in SCENARIOS if set(each.seeds) & set(flaw.rows) for name in each.incidents}
        assert set(flaw.incidents) <= named, flaw.name


def test_names_of_reports_are_public_references():
    """A CVE, an issue or pull request of a project, or a version of a library."""
    pattern = re.compile(r"CVE-\d{4}-\d+|[\w./ -]+ (PR )?#\d+|[\w-]+ (changelog )?\d+\.\d+(\.\d+)?|omniauth-frameio .+")
    odd = {name for each in SCENARIOS for name in each.incidents if not pattern.fullmatch(name)}
    assert odd == set()
