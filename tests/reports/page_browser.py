"""A page in a real headless Chromium, as its tests look at it."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from reports import numbers

__all__ = [
    "DASH",
    "STOPS_GIB",
    "Browser",
    "cells",
    "change_in_column",
    "downloaded",
    "needed",
    "share_in_column",
    "sql",
    "started_chromium",
    "times_in_column",
    "whole",
]

DASH = "\N{EN DASH}"
"""What a table shows for what is not known."""


def _at_least(value: float, digits: int) -> str:
    """Write a number that is not zero never as zero."""
    text = f"{value:,.{digits}f}"
    return f"< {10**-digits:.{digits}f}" if value and not float(text.replace(",", "")) else text


def share_in_column(value: float | None) -> str:
    """Write a share as a column of the page does: two decimals, whatever its size."""
    if value is None:
        return DASH
    text = _at_least(100 * value, 2)
    return "> 99.99 %" if text == "100.00" and value < 1 else f"{text} %"


def change_in_column(value: float | None) -> str:
    """Write a change as a column of the page does: one decimal and its sign."""
    if value is None:
        return DASH
    text = f"{100 * value:,.1f} %"
    return f"+{text}" if value > 0 else text.replace("-", "\N{MINUS SIGN}")


def times_in_column(values: list[float | None]) -> list[str]:
    """Write times (h) as a column of the page does: all in the unit that the largest reaches."""
    largest = max((abs(value) for value in values if value is not None), default=0)
    factor = next((per for per in (1, 60, 3600) if largest * per >= 1), 3600 if largest else 1)
    return [DASH if value is None else _at_least(value * factor, 2) for value in values]


def needed(program: str) -> str:
    """Find a program of the system, or skip (which CI forbids)."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not installed (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CENSUS_NO_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


STOPS_GIB = [1 + step / 4 for step in range(61)] + [
    start + quarter * start / 4 for start in (16, 32, 64, 128, 256) for quarter in (1, 2, 3, 4)
]
"""Where the slider stops up to 512 GiB: by quarters to 16 GiB, four times to a doubling beyond."""


class Browser:
    """A headless Chromium with the page open."""

    def __init__(self, driver: webdriver.Chrome, page: Path) -> None:
        self.driver = driver
        self.page = page

    def open(self, *, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])
        # From another page, so that the same address is loaded anew.
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        self.driver.get(self.page.as_uri())
        self.until("return document.documentElement.dataset.ready === 'true'")

    def command(self, name: str, **options: object) -> dict[str, Any]:
        result: dict[str, Any] = self.driver.execute_cdp_cmd(name, options)
        return result

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401  (what JavaScript returns)
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str) -> None:
        WebDriverWait(self.driver, 20, 0.05).until(lambda _: self.run(script))

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        # The driver scrolls no further than it must, and that may be under the controls.
        target = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", target)
        target.click()

    def text(self, selector: str) -> str:
        text: str = self.run("return document.querySelector(arguments[0]).textContent", selector)
        return text

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        texts: list[str] = self.run(script, selector)
        return texts

    def choose(self, picker: str, text: str) -> None:
        # Browsers show the spaces of an option collapsed; values are exact.
        options = self.find_all(f"#{picker} option")
        values = {o.get_attribute("textContent"): o.get_attribute("value") for o in options}
        value = values[text]
        assert value is not None
        Select(self.find(f"#{picker}")).select_by_value(value)

    def slide(self, memory_gib: float) -> None:
        self.run(
            "const s = document.getElementById('memory'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input', {bubbles: true}))",
            str(STOPS_GIB.index(memory_gib)),
        )
        self.until(
            "return document.getElementById('memory-output').textContent === "
            f"'{numbers.gib(memory_gib)}'"
        )

    def answer(self) -> list[str]:
        ids = ("quanta-share", "quanta-rest", "wall-time-share", "wall-time-rest")
        return [self.text(f"#{name}") for name in ids]

    def complaints(self) -> list[str]:
        log: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in log]

    def screenshot(self, path: Path) -> None:
        image = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(image["data"]))


@contextmanager
def started_chromium(page: Path, profile: Path) -> Iterator[Browser]:
    """Start Chromium for a page, with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = needed("chromium")
    for switch in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", "--hide-scrollbars",
        f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=needed("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver, page)
    finally:
        driver.quit()


def cells(browser: Browser, table: str) -> list[list[str]]:
    """Read a table of the page as its reader does."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    found: list[list[str]] = browser.run(script, f"#{table} tbody tr")
    return found


def whole(value: int | None, *, is_signed: bool = False) -> str:
    """Write a number of MiB as the page does."""
    if value is None:
        return DASH
    return f"{value:{'+' if is_signed and value else ''},}".replace("-", "\N{MINUS SIGN}")


def sql(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()


def downloaded(folder: Path, pattern: str) -> str:
    """Wait for a file that the browser saves."""
    for _ in range(100):
        files = list(folder.glob(pattern))
        if files and files[0].stat().st_size:
            return files[0].read_text()
        time.sleep(0.05)
    raise AssertionError(f"no {pattern} in {list(folder.iterdir())}")
