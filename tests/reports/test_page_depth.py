"""The page's growth of memory with the visits."""

from __future__ import annotations

from reports.glossary import plain_glossary
from tests.reports.page_browser import (
    DASH,
    Browser,
    cells,
)


def test_a_term_has_its_meaning_and_leads_to_the_glossary(browser: Browser) -> None:
    titles = browser.run("return [...document.querySelectorAll('a.term')].map((a) => a.title)")
    meanings = plain_glossary()
    assert {"Own peak", "Slot", "Closed form", "Superseded", "No work"} <= {
        title.split(": ")[0] for title in titles
    }
    for title in titles:
        name, _, said = title.partition(": ")
        assert said == meanings[name]
    assert (
        dict(zip(browser.texts("#glossary dt"), browser.texts("#glossary dd"), strict=True))
        == meanings
    )
    browser.click("#depends a.term")
    browser.until("return location.hash.includes('section=glossary')")


def test_growth_is_shown_with_its_interval_and_foretold_only_where_it_is_sure(
    browser: Browser,
) -> None:
    assert "in 1 of 2 tasks" in browser.text("#dependence-said")
    minus = "\N{MINUS SIGN}"
    assert cells(browser, "dependence") == [
        [
            "assembleCoadd", "Stage 3", "grows", "40", "3 to 21", "+100.2 (+90.5 to +110.0)",
            "75.00 %", "1.50", "3.25", "5.30 (5.10 to 5.50)",
        ],
        [
            "detection", "Stage 3", "cannot tell", "30", "1 to 9",
            f"{minus}2.0 ({minus}20.0 to +16.0)", "1.00 %", "1.00", "1.00", DASH,
        ],
    ]  # fmt: skip
    browser.choose("stage", "Stage 1")
    assert cells(browser, "dependence") == []
    assert "no task has 20 own peaks" in browser.text("#dependence-said")
