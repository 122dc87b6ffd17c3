"""Every control of the page does its work within seconds and without an error, in each state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from selenium.common.exceptions import TimeoutException

from tests.reports.page_browser import Browser, sql
from tests.reports.warehouses import FOCUS

FIRST = "DM-53368"

LIMIT_S = 10
"""How long one control may take, on a machine that is busy with other tests."""

CONTROLS = "button, select, input, a[href^='#']"

# A control is known by the element with an ID around it, and by its place and words there.
LISTED = f"""
    const seen = [...document.querySelectorAll("{CONTROLS}")].filter((one) => one.offsetParent);
    return seen.map((one) => {{
      const room = one.parentElement.closest("[id], body");
      const place = [...room.querySelectorAll("{CONTROLS}")].indexOf(one);
      return [room.id, place, one.id || one.textContent || one.localName];
    }});
"""

# Works a control as a reader does, and answers once every chart is drawn.
USED = f"""
    const [room, place, value, done] = arguments;
    const around = room ? document.getElementById(room) : document.body;
    const one = around.querySelectorAll("{CONTROLS}")[place];
    if (value === null) one.click();
    else {{
      one.value = value;
      for (const name of ["input", "change"]) one.dispatchEvent(new Event(name, {{bubbles: true}}));
    }}
    const isDrawn = () => [...document.querySelectorAll(".plot")].every((plot) =>
      plot.children.length === 1 && (plot.querySelector(".empty") || plot.children[0].role));
    const wait = () => (isDrawn() ? done(true) : setTimeout(wait, 5));
    requestAnimationFrame(() => setTimeout(wait));
"""

VALUES = """
    const around = arguments[0] ? document.getElementById(arguments[0]) : document.body;
    const one = around.querySelectorAll(arguments[2])[arguments[1]];
    if (one.localName === "select") return [...one.options].map((option) => option.value);
    if (one.type === "range") return [one.max, one.min, one.value];
    if (one.type === "search") return ["task1", "nothing has this name", ""];
    return [null];
"""


@pytest.fixture
def timed(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """The page in a browser that gives up a script that takes too long."""
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.driver.set_script_timeout(LIMIT_S)
    yield browser
    assert browser.complaints() == []


def use(browser: Browser, control: tuple[str, int, str], value: str | None = None) -> None:
    """Work a control, or fail with its name."""
    room, place, words = control
    try:
        assert browser.driver.execute_async_script(USED, room, place, value)
    except TimeoutException:
        pytest.fail(f"{words!r} in #{room} takes more than {LIMIT_S} s with {value!r}")
    complaints = browser.complaints()
    assert not complaints, (control, value, complaints)


def listed(browser: Browser) -> list[tuple[str, int, str]]:
    """List the controls that can be seen."""
    return [(room, place, words) for room, place, words in browser.run(LISTED)]


def crawl(browser: Browser) -> int:
    """Work every control that can be seen, those too that appear on the way; returns how many."""
    used: set[tuple[str, int, str]] = set()
    while new := [one for one in listed(browser) if one not in used]:
        control = new[0]
        used.add(control)
        for value in browser.run(VALUES, *control[:2], CONTROLS):
            use(browser, control, value)
    return len(used)


def pick(browser: Browser, **picks: str) -> None:
    """Choose in the pickers of the page."""
    for control in listed(browser):
        if control[2] in picks:
            use(browser, control, picks[control[2]])


def switches(browser: Browser) -> list[list[list[tuple[str, int, str]]]]:
    """List by chart its groups of buttons of which one is pressed."""
    found = browser.run(f"""
        return [...document.querySelectorAll(".chart")].map((chart) => [chart.id,
          [...chart.querySelectorAll("[data-option]")].map((group) =>
            [...group.querySelectorAll("button")].map((button) =>
              [[...chart.querySelectorAll("{CONTROLS}")].indexOf(button), button.textContent]))]);
    """)
    return [
        [[(chart, place, words) for place, words in group] for group in groups]
        for chart, groups in found
        if groups
    ]


@pytest.mark.parametrize("stage", ["all", "stage1", "stage4"])
@pytest.mark.parametrize("campaign", [FIRST, FOCUS])
def test_charts_are_drawn_whatever_their_buttons_say(
    timed: Browser, campaign: str, stage: str
) -> None:
    pick(timed, campaign=campaign, stage=stage)
    charts = switches(timed)
    assert {words for groups in charts for group in groups for _, _, words in group} >= {
        "Linear", "Log", "Cost", "Campaigns", "Wall time",
    }  # fmt: skip
    for groups in charts:
        for buttons in product(*groups):
            for button in buttons:
                use(timed, button)


def test_every_control_works_within_seconds(timed: Browser) -> None:
    pick(timed, stage="stage1")
    assert crawl(timed) > 100


def test_a_control_that_freezes_the_page_would_be_noticed(timed: Browser) -> None:
    theme = next(one for one in listed(timed) if one[2] == "theme")
    timed.run("""
        document.getElementById("theme").addEventListener("click", () => {
          const end = Date.now() + 3000;
          while (Date.now() < end);
        });
    """)
    timed.driver.set_script_timeout(1)
    with pytest.raises(pytest.fail.Exception, match="'theme' in"):
        use(timed, theme)
    timed.driver.set_script_timeout(LIMIT_S)


def test_boxes_of_many_tasks_come_in_parts(browser: Browser, data: Path) -> None:
    ((number,),) = sql(
        data,
        "select count(distinct task_label) from fct_task_usage "
        "where stage = 'stage4' and quanta_count > 0",
    )
    assert 30 < number <= 60
    browser.choose("stage", "Stage 4")
    browser.click("#all-tasks")
    browser.until("return document.querySelectorAll('#task-parts button').length === 2")
    assert browser.texts("#task-parts button") == ["1 to 30", f"31 to {number}"]
    browser.click("#task-parts button:last-child")
    note = "return document.querySelector('#boxes .note').textContent"
    browser.until(f"{note}.startsWith('Tasks 31 to {number} of {number}, by p99')")


def test_low_bars_beyond_the_line_have_their_values_on_the_linear_axis(browser: Browser) -> None:
    texts = (
        "return [...document.querySelectorAll('#histogram .plot .mark-text.role-mark text')]"
        ".map(t => t.textContent).filter(Boolean)"
    )
    browser.click("#histogram [data-value='']")
    browser.until(f"{texts}.length > 0")
    assert all(text.replace(",", "").isdigit() for text in browser.run(texts))
    browser.click("#histogram [data-value='_log']")
    browser.until(f"{texts}.length === 0")
