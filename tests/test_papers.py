"""The pages are true: what is generated is what the code makes, links lead somewhere, the README is short."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from bot.settings import ROOT, setting_rows
from tests.generate import GENERATED, MEASURED, PAGES, made

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_README = 8_192
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the names that a page's headings have on GitHub."""
    return {
        re.sub(r"[^\w -]", "", heading.casefold()).replace(" ", "-")
        for heading in _HEADING.findall(_CODE.sub("", page.read_text("utf-8")))
    }


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_is_what_the_code_makes_and_the_examples_do(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == made(name), "run: make generate"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_in_a_page_leads_to_a_file_and_a_heading(name: str) -> None:
    page = ROOT / name
    prose = _CODE.sub("", page.read_text("utf-8"))
    targets = [link for link in _LINK.findall(prose) if "://" not in link]
    lost = []
    for path, _, heading in (target.partition("#") for target in targets):
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (heading and heading not in anchors(there)):
            lost.append(f"{path}#{heading}")

    assert lost == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= LONGEST_README


def test_every_setting_and_every_measured_table_stands_in_one_page() -> None:
    pages = "\n".join((ROOT / name).read_text("utf-8") for name in PAGES)

    assert [row.name for row in setting_rows() if pages.count(f"| `{row.name}` |") != 1] == []
    assert [name for name in MEASURED if pages.count(f"<!-- {name} -->") != 1] == []
    assert [module for module, *_ in MEASURED.values() if f"python -m {module}" not in pages] == []


def test_the_version_is_the_newest_one_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert re.findall(r"^## \[?(\d[\d.]*)\]?", changelog, re.MULTILINE)[0] == project["version"]
