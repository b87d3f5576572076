"""A provider as a value: changes by name, errors that help, evidence for every point, presets."""

from dataclasses import fields, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.protocol.leniency import lenient
from mock_server.protocol.provider import (
    FRAMEIO,
    LENIENCIES,
    PROVIDERS,
    STRICT,
    EvidenceKind,
    Provider,
    check_point,
    explained,
)

POINTS = {field.name: field for field in fields(Provider)}


@pytest.mark.parametrize("name", POINTS)
def test_every_point_has_its_evidence(name):
    evidence = POINTS[name].metadata
    assert evidence["kind"] in get_args(EvidenceKind)
    assert evidence["where"].strip() == evidence["where"] != ""


@pytest.mark.parametrize("name", sorted(set(POINTS) - {"name"}))
def test_every_default_is_a_value_that_its_point_can_have(name):
    check_point(name, POINTS[name].default)


@pytest.mark.parametrize("preset", PROVIDERS.values(), ids=list(PROVIDERS))
def test_every_preset_has_values_that_its_points_can_have(preset):
    for name in set(POINTS) - {"name"}:
        check_point(name, getattr(preset, name))
    assert FRAMEIO.changed({name: getattr(preset, name) for name in set(POINTS) - {"name"}}) == replace(
        preset, name="frameio"
    )


def test_presets_are_known_by_their_names():
    assert {name: provider.name for name, provider in PROVIDERS.items()} == {name: name for name in PROVIDERS}
    assert {"frameio", "strict", "fosite-0.32.2", "fosite-0.40.2", "fosite-0.42.2"} == set(PROVIDERS)
    assert PROVIDERS["frameio"] == FRAMEIO == Provider()


def test_leniencies_are_the_points_that_forgive():
    assert set(LENIENCIES) == {name for name in POINTS if name.startswith("accepts_")}
    for name, sentence in LENIENCIES.items():
        assert POINTS[name].default is False
        assert sentence


def test_strict_forgives_nothing():
    assert not any(getattr(STRICT, name) for name in LENIENCIES)


def test_changed():
    changed = FRAMEIO.changed({"code_lifetime": 5, "response_modes": ("query",)})
    assert (changed.code_lifetime, changed.response_modes) == (5, ("query",))
    assert FRAMEIO.changed({}) == FRAMEIO


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_lifetime", "600"),
        ("code_lifetime", 600.0),
        ("code_lifetime", True),
        ("code_lifetime", None),
        # Beyond any clock: a sum with it would not be a time.
        ("access_token_lifetime", 10**400),
        ("metadata", 1),
        ("metadata", "yes"),
        ("token_type", None),
        ("redirect_status", 301),
        ("redirect_status", "302"),
        ("redirect_status", 302.0),
        ("error_format", "E2"),
        ("error_format", ["E1"]),
        ("response_modes", ["query"]),
        ("response_modes", "query"),
        ("response_modes", ("query", 1)),
        ("response_modes", ("bogus",)),
        ("cors_origins", "https://app.example"),
        ("refresh_token_reuse", ""),
    ],
)
def test_bad_value_is_named_with_its_point(name, value):
    with pytest.raises(ValueError, match=rf"^{name} cannot be .*; expected .+"):
        FRAMEIO.changed({name: value})


@pytest.mark.parametrize("name", ["", "name", "pkce", "PKCE_required", "code_lifetime "])
def test_unknown_point_is_named_with_the_known_ones(name):
    with pytest.raises(ValueError, match=r"unknown point of a provider: .*; known: .*access_token_lifetime"):
        FRAMEIO.changed({name: 1})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@given(st.sampled_from(sorted(POINTS)), json_values)
def test_any_value_is_taken_or_refused_by_name(name, value):
    try:
        check_point(name, value)
    except ValueError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert FRAMEIO.changed({name: value}) == replace(FRAMEIO, **{name: value})
    assert not said or name in said


def test_explained_lists_every_point_once_and_says_what_differs():
    assert [name for name, *_ in explained(FRAMEIO)] == list(POINTS)
    told = {name: (value, kind, where) for name, value, kind, where in explained(STRICT)}
    assert told["metadata"] == (True, "assumed", "strict; Frame.io: False")
    assert told["code_lifetime"][2] == POINTS["code_lifetime"].metadata["where"]


def test_lenient():
    forgiving = lenient(FRAMEIO, ["accepts_json_body", "accepts_short_state"])
    assert forgiving == replace(FRAMEIO, accepts_json_body=True, accepts_short_state=True)
    assert lenient(FRAMEIO, ()) == FRAMEIO


@pytest.mark.parametrize("name", ["metadata", "accepts", "", "code_lifetime"])
def test_unknown_leniency_is_named_with_the_known_ones(name):
    with pytest.raises(ValueError, match=f"unknown leniency: {name!r}; known: .*accepts_json_body"):
        lenient(FRAMEIO, [name])
