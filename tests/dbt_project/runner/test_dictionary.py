"""`docs/data-dictionary.md` says what the models say."""

from __future__ import annotations

from dbt_project.runner.dictionary import render
from dbt_project.runner.engine import PROJECT


def test_the_data_dictionary_is_that_of_the_models() -> None:
    written = (PROJECT.parent / "docs" / "data-dictionary.md").read_text()
    assert written == render(), "run `python -m dbt_project dictionary`"
