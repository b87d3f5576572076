"""The reader of these tests: a page that gives way while it is read is read again, and any other trouble is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.reader import Reader

GAVE_WAY = [
    StaleElementReferenceException("stale element reference: stale element not found"),
    WebDriverException('unknown error: {"code":-32000,"message":"Node with given id does not belong to the document"}'),
]


def _reader(*trouble: Exception) -> Reader:
    """A reader of a page that says `Hello`, but only after these errors, one for each attempt to read it."""
    to_come = list(trouble)

    class Body:
        @property
        def text(self) -> str:
            if to_come:
                raise to_come.pop(0)
            return "Hello"

    driver: Any = SimpleNamespace(find_element=lambda *_: Body())
    return Reader(cast("WebDriver", driver))


@pytest.mark.parametrize("trouble", GAVE_WAY, ids=["stale", "of another document"])
def test_a_page_that_gives_way_is_read_again(trouble):
    assert _reader(trouble).text == "Hello"
    _reader(trouble, trouble).sees("Hello")


def test_any_other_trouble_is_told():
    with pytest.raises(WebDriverException, match="the browser is gone"):
        _reader(WebDriverException("the browser is gone")).sees("Hello")


def test_what_does_not_come_is_told_with_the_page(monkeypatch):
    monkeypatch.setattr("tests.browser.reader.PATIENCE", 0.1)
    with pytest.raises(AssertionError, match="the page says:\nHello"):
        _reader().wait(lambda: False)
