"""The technote's HTML is built offline, and a warning is an error."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.errors import TechnoteError
from reports.technote.html import LOCK, build_html
from tests.reports.conftest import SCRIPT


def test_without_sources_the_html_says_what_to_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["technote", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "make report" in result.output


@pytest.fixture(scope="session")
def documenteer() -> Path:
    """The environment of documenteer that `make technote` makes, as `census-report` finds it."""
    folder = Path(sys.prefix) / "technote"
    stamp = folder / ".lock"
    if not stamp.is_file() or stamp.read_bytes() != LOCK.read_bytes():
        reason = f"documenteer is not installed in {folder}: run `make technote` once"
        if os.environ.get("CENSUS_NO_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def built(report: Path, documenteer: Path, folder: Path) -> str:
    """Build a technote away from its report, which other tests compare."""
    sources = shutil.copytree(report / "technote", folder / "technote")
    return build_html(sources, environment=documenteer).read_text()


def test_the_html_is_built_without_a_warning_and_shows_every_figure(
    report: Path, documenteer: Path, tmp_path: Path
) -> None:
    page = built(report, documenteer, tmp_path)
    shown = dict(re.findall(r'<img alt="([^"]*)" src="_images/([^"]+)"', page))
    names = {file.name for file in (report / "technote" / "images").iterdir()}
    assert set(shown.values()) == names
    assert min(map(len, shown)) > 40
    pictures = tmp_path / "technote" / "_build" / "html" / "_images"
    assert {file.name for file in pictures.iterdir()} == names
    headings = [re.sub(r"<.*?>", "", text) for text in re.findall(r"<h2>(.*?)</h2>", page, re.S)]
    said = [heading.rstrip("#¶\n") for heading in headings]
    assert [f"Stage {number}" for number in "1234"] == [name for name in said if "Stage" in name]
    assert len([name for name in said if name.startswith("Annex")]) == 6
    # A table or directive that was not understood would show its source.
    assert "|---" not in page
    assert "```" not in page


def test_texts_from_outside_are_text_in_the_html(
    hostile_report: Path, documenteer: Path, tmp_path: Path
) -> None:
    page = built(hostile_report, documenteer, tmp_path)
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(document.domain)&lt;/script&gt;") > 10
    assert "<img/src=x>" not in page
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page)


def test_a_warning_while_building_is_shown_and_fails(report: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "sphinx-build"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "index.md:3: WARNING: $TECHNOTE_OFFLINE $*"\nexit 1\n')
    program.chmod(0o755)
    (tmp_path / ".lock").write_bytes(LOCK.read_bytes())
    with pytest.raises(TechnoteError, match=r"WARNING: 1 -b html -W "):
        build_html(report / "technote", environment=tmp_path)


def test_the_lock_of_documenteer_has_hashes_and_no_addresses() -> None:
    text = LOCK.read_text()
    assert re.search(r"^documenteer==", text, re.MULTILINE)
    assert "://" not in text
    assert all("--hash=sha256:" in block for block in re.findall(r"==.*?(?=\n\S|\Z)", text, re.S))
