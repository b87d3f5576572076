"""Requests as the engine reads them: what counts, what is ignored, and what cannot be read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.decoding import MAXIMUM_PARAMETERS, authorization_request, path_of, token_request
from mock_server.protocol.form import serialize
from mock_server.protocol.provider import FRAMEIO
from mock_server.transcript import ReceivedRequest
from tests.mock_server.in_memory import FORM, get, post

JSON = FRAMEIO.changed({"accepts_json_body": True})
QUERY = FRAMEIO.changed({"accepts_parameters_in_query": True})
any_text = st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
pairs = st.lists(st.tuples(any_text, any_text), max_size=6).map(tuple)


@settings(max_examples=40)
@given(pairs)
def test_a_form_is_read_as_it_was_written(sent):
    assert token_request(post("/", serialize(sent)), FRAMEIO).form.pairs == sent
    assert authorization_request(get("/?" + serialize(sent))).parameters.pairs == sent


@settings(max_examples=40)
@given(pairs, pairs)
def test_the_body_stands_before_the_query(in_body, in_query):
    request = post("/?" + serialize(in_query), serialize(in_body))
    assert authorization_request(request).parameters.pairs == in_body + in_query
    assert token_request(request, FRAMEIO).form.pairs == in_body
    assert token_request(request, QUERY).form.pairs == in_body + in_query


KINDS = ["", "x/y", "multipart/form-data; boundary=x", "application/json", FORM[1]]


@settings(max_examples=40)
@given(st.binary(max_size=80), st.sampled_from(KINDS))
def test_any_bytes_are_read(body, content_type):
    request = post("/?" + body.decode("latin-1"), body, ("content-type", content_type))
    authorization_request(request)
    for provider in (FRAMEIO, JSON, QUERY):
        token_request(request, provider)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "application/x-www-form-urlencoded2"])
def test_a_body_of_another_kind_has_no_parameters(kind):
    request = post("/", "a=b", ("content-type", kind))
    assert token_request(request, FRAMEIO).form.pairs == ()
    assert token_request(request, FRAMEIO).readable


@pytest.mark.parametrize("kind", [FORM[1], FORM[1].upper(), f"{FORM[1]}; charset=utf-8", f" {FORM[1]} ;x"])
def test_spellings_of_the_right_kind(kind):
    assert token_request(post("/", "a=b", ("content-type", kind)), FRAMEIO).form.get("a") == "b"


PART = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "read"),
    [
        (PART.format("a", "b") + PART.format("a", "c") + "--x--\r\n", "boundary=x", (("a", "b"), ("a", "c"))),
        (PART.format("a", "") + "--x--", "boundary=x", (("a", ""),)),
        (PART.format("a", "b"), "boundary=x", None),
        (PART.format("a", "b") + "--x--\r\n", "", None),
        (PART.format("a", "b") + "--x--\r\n", "boundary=y", None),
        ("no parts at all", "boundary=x", None),
        (PART.format('f"; filename="n', "b") + PART.format("a", "b") + "--x--", "boundary=x", (("a", "b"),)),
        (PART.format("a", "b").replace("\r\n\r\n", "\r\nx\r\n\r\n") + "--x--", "boundary=x", None),
    ],
)
def test_multipart(body, kind, read, caplog):
    request = post("/", body, ("content-type", f"multipart/form-data; {kind}"))
    for message in (token_request(request, FRAMEIO), authorization_request(request)):
        parameters = message.form if hasattr(message, "form") else message.parameters
        assert message.readable is (read is not None)
        assert parameters.pairs == (read or ())
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ('{"a": "b", "n": 5}', (("a", "b"), ("n", "5"))),
        ("[1]", ()),
        ("{", ()),
        ("", ()),
        ("[" * 100_000, ()),
        ("1" * 5000, ()),
        # Half a surrogate pair has no bytes; what comes of it must have.
        ('{"a": "\\ud800"}', (("a", "\udced\udca0\udc80"),)),
    ],
    ids=["object", "list", "broken", "empty", "deep", "long", "half a pair"],
)
def test_json_by_leniency(body, read):
    request = post("/", body, ("content-type", "application/json"))
    assert token_request(request, JSON).form.pairs == read
    assert token_request(request, FRAMEIO).form.pairs == ()


def test_a_form_counts_more_than_json():
    assert token_request(post("/", "a=b"), JSON).form.pairs == (("a", "b"),)


@pytest.mark.parametrize("many", [MAXIMUM_PARAMETERS, MAXIMUM_PARAMETERS + 1, 50_000])
def test_thousands_of_parameters(many):
    text = "&".join(f"n{number}=" for number in range(many))
    for message in (
        token_request(post("/", text), FRAMEIO).form,
        authorization_request(get(f"/?{text}")).parameters,
        authorization_request(post(f"/?{text}", text)).parameters,
        token_request(post(f"/?{text}", text), QUERY).form,
    ):
        assert len(message.pairs) == MAXIMUM_PARAMETERS


def test_first_authorization_header_counts():
    request = post("/", "", ("authorization", "one"), ("authorization", "two"))
    assert token_request(request, FRAMEIO).authorization == "one"


def test_path():
    assert path_of(ReceivedRequest("GET", "/a%2Fb?c")) == "/a/b"


def test_json_of_a_real_client():
    sent = {"grant_type": "authorization_code", "code": "abc"}
    request = post("/", json.dumps(sent), ("content-type", "application/json; charset=utf-8"))
    assert dict(token_request(request, JSON).form.pairs) == sent
