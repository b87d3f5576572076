"""The form encoding: what is written is read back, any bytes, repeats and order kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.protocol import form
from mock_server.protocol.form import Parameters, byte_length, parse, quote, serialize, unquote

# Any bytes, as the server holds them: UTF-8 where it is UTF-8, surrogates for the rest.
any_text = st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
pairs = st.lists(st.tuples(any_text, any_text), max_size=8).map(tuple)


@settings(max_examples=40)
@given(pairs, st.sampled_from(["+", "%20"]))
def test_what_is_written_is_read_back(sent, space):
    assert parse(serialize(sent, space=space)).pairs == sent


@settings(max_examples=40)
@given(pairs)
def test_repeats_are_kept_in_order(sent):
    parameters = parse(serialize(sent))
    for name, value in sent:
        assert parameters.all(name) == tuple(v for n, v in sent if n == name)
        assert parameters.get(name) == next(v for n, v in sent if n == name)
        assert value in parameters.all(name)


@settings(max_examples=40)
@given(any_text)
def test_one_value_survives(text):
    written = quote(text)
    assert unquote(written) == text
    assert written.isascii()
    assert not set(written) & set(" &=;#?\n")


@given(st.text(max_size=60))
def test_any_text_is_read_without_harm(text):
    parsed = parse(text)
    assert bool(parsed) == bool(parsed.pairs)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        ("&&", ()),
        ("a", (("a", ""),)),
        ("=b", (("", "b"),)),
        ("a=1&a=2", (("a", "1"), ("a", "2"))),
        ("a=b=c", (("a", "b=c"),)),
        ("a=1+2%2B3", (("a", "1 2+3"),)),
        # Recorded: such a pair is dropped as a whole and does no other harm.
        ("a=%zz&b=1", (("b", "1"),)),
        ("%=1&b=1", (("b", "1"),)),
        ("a=1;b=2&c=3", (("c", "3"),)),
        ("a=%ff", (("a", "\udcff"),)),
        ("a=%C3%A9", (("a", "é"),)),
        ("a=%00", (("a", "\0"),)),
    ],
)
def test_odd_forms(text, read):
    assert parse(text).pairs == read


def test_first_value_counts_and_absence_is_empty():
    parameters = Parameters((("a", "1"), ("a", "2")))
    assert (parameters.get("a"), parameters.get("b"), parameters.all("b")) == ("1", "", ())


@pytest.mark.parametrize(
    ("names", "repeated"), [("", ""), ("ab", ""), ("aba", "a"), ("abba", "b"), ("aa", "a")]
)
def test_the_first_repeat_is_named(names, repeated):
    assert Parameters(tuple((name, "") for name in names)).repeated() == repeated


@settings(max_examples=40)
@given(st.binary(max_size=40))
def test_length_is_counted_in_bytes(raw):
    assert byte_length(raw.decode("utf-8", "surrogateescape")) == len(raw)


def test_parameters_are_values():
    one, same, other = (Parameters(pairs) for pairs in ((("a", "1"),), (("a", "1"),), ()))
    assert one == same != other
    assert len({one, same, other}) == 2
    assert repr(one) == "Parameters((('a', '1'),))"


def test_an_escape_that_is_none_decodes_to_nothing():
    assert form.unquote("%4") is None
    assert form.unquote("100%") is None
