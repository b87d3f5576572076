"""Somebody at a browser: finds things by what they are called, and waits for what is to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException, WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 15.0
"""Seconds until what does not come is missed."""

Value = TypeVar("Value")


class Reader:
    """A person with a mouse and a keyboard."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver
        self._expected: list[str] = []

    def expect(self, *parts: str) -> None:
        """Say which lines on the browser's console are no fault: the app's page that is not there, say."""
        self._expected += parts

    def expects(self, line: str) -> bool:
        return any(part in line for part in self._expected)

    def wait(self, for_: Callable[[], Value], what: str = "") -> Value:
        def now(_: WebDriver) -> Value | bool:
            try:
                return for_() or False
            except WebDriverException as error:
                if not _page_gave_way(error):
                    raise
                return False

        # Looking again every 50 ms, as a person would not; the default of half a second is a pause in each step.
        try:
            result = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(now)
        except TimeoutException:
            raise AssertionError(what or f"This did not come to be; the page says:\n{self.text[:2000]}") from None
        assert not isinstance(result, bool) or result
        return result  # type: ignore[return-value]

    def get(self, url: str) -> None:
        try:
            self.driver.get(url)
        except WebDriverException as error:
            # The app that the redirect leads to is not there; the address bar says where that is.
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def text(self) -> str:
        (text,) = self.wait(lambda: (self.driver.find_element(By.TAG_NAME, "body").text,), "no page has a body")
        return text

    def sees(self, text: str) -> None:
        self.wait(lambda: text in self.text, f"{text!r} is not on the page")

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.wait(lambda: (self.all(selector) or [None])[0], selector)

    def named(self, name: str, tags: tuple[str, ...] = ("button", "a", "summary")) -> WebElement:
        """The thing to click that is called so."""

        def find() -> WebElement | None:
            found = [e for tag in tags for e in self.all(tag) if e.is_displayed() and _name(e) == name]
            return found[0] if found else None

        return self.wait(find, f"nothing here is called {name!r}")

    def click(self, name: str) -> None:
        element = self.named(name)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def leaves_by(self, name: str) -> str:
        """Click what leads away from here, and return where it leads."""
        here = self.url
        self.click(name)
        self.wait(lambda: self.url != here, f"{name!r} leads nowhere")
        return self.url

    def field(self, label: str) -> WebElement:
        """The field with that label."""
        path = f"//label[starts-with(normalize-space(.), '{label}')]"
        (element, *_) = self.driver.find_elements(By.XPATH, path)
        of = element.get_attribute("for")
        if of:
            return self.driver.find_element(By.ID, of)
        return element.find_element(By.CSS_SELECTOR, "input, select, textarea")

    def ticks(self, label: str) -> None:
        field = self.field(label)
        self.run("arguments[0].scrollIntoView({block: 'center'})", field)
        field.click()

    def types(self, label: str, text: str) -> None:
        field = self.field(label)
        field.clear()
        field.send_keys(text)

    def run(self, script: str, *arguments: object) -> object:
        return self.driver.execute_script(script, *arguments)


def _page_gave_way(error: WebDriverException) -> bool:
    """Whether another page came between finding a thing and reading it, for which Chromium has two words."""
    return isinstance(error, StaleElementReferenceException) or "does not belong to the document" in str(error)


def _name(element: WebElement) -> str:
    return " ".join(element.text.split())
