"""What is remembered to save time: bounded, and the same answer as without it."""

import gc
import importlib
import pkgutil
import sys
from dataclasses import replace

import msgspec
import pytest

import mock_server
from mock_server import serving, transcript
from mock_server.protocol import authorization_endpoint, client_authentication, form, redirect_uri
from mock_server.transcript import Answer, Exchange, ReceivedRequest
from mock_server.web import endpoints
from tests.mock_server.in_memory import BASIC, InMemory, basic

# Each cache with arguments for its nth call.
CACHES = {
    transcript._first: lambda n: ((("a", "b"), ("x", f"{n}")), "x"),
    endpoints.read_head: lambda n: (((b"Host", b"%d" % n),), "http"),
    client_authentication.basic_credentials: lambda n: (basic(BASIC, f"secret-{n}")[1],),
    form._decoded: lambda n: (f"scope=a+{n}",),
    form._escaped: lambda n: (f"a {n}",),
    form._quoted_name: lambda n: (f"name {n}",),
    authorization_endpoint._scopes: lambda n: (f"a  {n}",),
    authorization_endpoint.first_not_allowed: lambda n: (("a", f"a.{n}"), ("a", "b.*"), "wildcard"),
    authorization_endpoint._each_once: lambda n: (("a", f"{n}", "a"),),
    redirect_uri._scheme_and_host: lambda n: (f"http://host-{n}/",),
    redirect_uri._base_and_query: lambda n: (f"http://host/?a={n}",),
}
MORE_KEYWORDS = {authorization_endpoint._scopes: {"blank_ones": False}}
LARGEST = 256
OURS = ("mock_server.web.", "mock_server.tls", "mock_server.certificates", "mock_server.changes")


def caches_of_the_server():
    for module in pkgutil.walk_packages(mock_server.__path__, "mock_server."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if hasattr(value, "cache_info") and value.__module__ == module.name:
                    yield value


def _is_of_ours(cache):
    return cache.__module__ != endpoints.__name__ and cache.__module__.startswith(OURS)


def test_every_cache_of_what_clients_send_is_bounded_and_listed_here():
    """The others are of what we wrote ourselves: templates, names of deviations."""
    found = [cache for cache in caches_of_the_server() if not _is_of_ours(cache)]
    assert {cache.__qualname__: cache.cache_info().maxsize for cache in found} == {
        cache.__qualname__: LARGEST for cache in CACHES
    }


@pytest.mark.parametrize("cache", CACHES, ids=lambda cache: cache.__qualname__)
def test_a_cache_answers_as_without_it_and_forgets(cache):
    keywords = MORE_KEYWORDS.get(cache, {})
    for number in (*range(LARGEST + 50), 0, LARGEST):
        arguments = CACHES[cache](number)
        assert cache(*arguments, **keywords) == cache.__wrapped__(*arguments, **keywords)
    assert cache.cache_info().currsize == LARGEST


@pytest.mark.parametrize("secret", ["changed", "secret-of-the-basic-app"])
def test_credentials_that_were_read_before_are_judged_anew(secret):
    """What is remembered is how a header reads, not that it was good."""
    server = InMemory()
    right = secret == BASIC.client_secret
    assert server.redeem(server.code()).answer.status == 200
    server.core.store.register(replace(BASIC, client_secret=secret))
    assert server.redeem(server.code()).answer.status == (200 if right else 401)


def test_values_made_ahead():
    values = [serving.new_value() for _ in range(3 * serving._AHEAD)]
    assert len(set(values)) == len(values)
    assert {(len(value), value[43], value.count(".")) for value in values} == {(87, ".", 1)}
    assert set("".join(values)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(serving._VALUES) < serving._AHEAD
    assert not set(serving._VALUES) & set(values)


# What the collector does not look at: it must not have to.
_LEAVES = (str, bytes, int, float, type(None))


def reachable(value):
    yield value
    if isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    else:
        inner = value if isinstance(value, tuple) else ()
    for each in inner:
        yield from reachable(each)


def test_nothing_in_an_exchange_can_lead_back_to_it():
    """`gc=False` says that there is no ring of references: so it holds nothing but values that cannot be changed."""
    server = InMemory()
    server.login()
    server.me("unknown")
    server.authorize(state="short")
    exchanges = server.core.transcript.exchanges
    assert {type(value) for exchange in exchanges for value in reachable(exchange)} <= {
        Exchange, ReceivedRequest, Answer, tuple, *_LEAVES,
    }  # fmt: skip
    assert not any(gc.is_tracked(exchange) for exchange in exchanges)


def test_what_is_forgotten_is_gone():
    """An exchange beyond the journal's capacity is given back at once, without the collector."""
    server = InMemory(journal=10, grants=10)
    for _ in range(20):
        server.login()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        for _ in range(100):
            server.login()
        # A flow is some thirty blocks of memory.
        assert sys.getallocatedblocks() - before < 500
    finally:
        gc.enable()
