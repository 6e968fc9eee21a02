"""Everything in the repository that is made from the code; nothing in it is written twice.

    python -m tests.generate                 write it
    python -m tests.generate --check         name what that would change; status 1 when it would change anything
    python -m tests.generate --measure NAME  measure a table of figures anew and put it into its page

In a page a generated block stands between the comments `<!-- name -->` and `<!-- /name -->`. Of a `session` the lines
after `› ` are typed at the bot's prompt, of a `shell` those after `$ ` in a shell; what follows each is
what came of it. The shell blocks of one page are run in one new folder, where the page's fences with a title are files
of that name.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.highlights import FIGURES as HIGHLIGHTS_FIGURES
from benchmarks.highlights import pairs_table
from benchmarks.quality import FIGURES, report
from bot.adapters import PLATFORMS
from bot.adapters.discord.ready import PERMISSIONS
from bot.adapters.slack import manifest_text, scope_table
from bot.commands import COMMANDS
from bot.settings import ROOT, setting_rows
from supply.lock import read_lock
from supply.sbom import package_rows
from tests import pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["GENERATED", "fences", "made"]

MANIFEST = "slack-manifest.yaml"
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
GENERATED = (*PAGES, MANIFEST, *pictures.NAMES)
"""The files that are generated or have generated blocks, from the project's folder."""

MEASURED: Mapping[str, tuple[str, ...]] = {
    "chat": ("benchmarks.chat",),
    "chat-fresh": ("benchmarks.chat", "--fresh"),
    "speed": ("benchmarks.quote",),
    "answers-speed": ("benchmarks.answers_speed",),
    "claims": ("benchmarks.claims",),
    "lines-by-show": ("benchmarks.lines",),
    "answers-by-show": ("benchmarks.train_answers", "--measure"),
    "delivery-speed": ("benchmarks.delivery",),
    "discord-speed": ("benchmarks.discord_speed",),
    "slack-speed": ("benchmarks.slack_speed",),
    "overload": ("benchmarks.overload",),
    "fairness": ("benchmarks.fairness",),
    "junk": ("benchmarks.junk",),
    "imports": ("benchmarks.importing",),
    "reading-speed": ("benchmarks.reading",),
    "fuzz": ("benchmarks.fuzz", "--seconds", "45"),
    "hostile-content": ("benchmarks.hostile",),
    "meaning-cost": ("benchmarks.meaning",),
    "soak": ("benchmarks.soak",),
    "faults": ("tests.faults", "--posts", "3000"),
}
"""Blocks that differ from run to run, each with the module that prints it."""

_BLOCK = re.compile(r"(?<=<!-- )([a-z-]+)( -->\n)(.*?)(?=<!-- /\1 -->)", re.DOTALL)
_FENCE = re.compile(r'^```(\w+) title="([^"\n]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_MILLISECONDS = re.compile(r'("ms": )[\d.]+')
_PYTHON, _SCRIPT = ".venv/bin/python", "run_bot.py"


def made(name: str) -> str:
    """Return what a generated file should say, from what the code does now."""
    if name == MANIFEST:
        return manifest_text(COMMANDS)
    if name in pictures.NAMES:
        return pictures.picture(name)
    page = (ROOT / name).read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for path, _, text in fences(page):
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, "utf-8")

        def block(found: re.Match[str]) -> str:
            kind, edge, text = found.groups()
            if kind == "session":
                text = _session(text)
            elif kind == "shell":
                text = _shell(text, Path(folder))
            elif kind not in MEASURED:
                text = _TABLES[kind]()
            return f"{kind}{edge}{text.strip()}\n"

        return _BLOCK.sub(block, page)


def fences(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield (path, language, text) of each fence of a page that has a title."""
    for language, path, text in _FENCE.findall(page):
        yield path, language, text


def _session(block: str) -> str:
    """Answer what is typed at the prompt, with the models; each line alone only where something differs."""

    def answers(*lines: str) -> str:
        typed = "".join(f"{line}\n" for line in lines)
        return _run([sys.executable, str(ROOT / _SCRIPT)], typed, VERBATIM_DATA_DIR=str(ROOT / "data"))

    typed = [line.removeprefix("› ") for line in block.split("\n") if line.startswith("› ")]
    before = re.sub(r"^(?:› .*\n\n|```.*\n?)", "", block, flags=re.MULTILINE)
    if before.strip("\n") == answers(*typed).strip("\n"):
        return block
    parts, before = [], ""
    for number, line in enumerate(typed, 1):
        said = answers(*typed[:number])
        answer = said[len(before) :].strip("\n")
        parts.append(f"› {line}\n\n{answer}\n")
        before = said
    return "```text\n" + "\n".join(parts) + "```"


def _shell(block: str, folder: Path) -> str:
    """Run what is typed in a shell in a folder, by words only; the milliseconds of an answer are always the same."""
    content = folder / "content"
    environ = {
        "VERBATIM_CONTENT_DIR": str(content if content.is_dir() else ROOT / "content"),
        "VERBATIM_DATA_DIR": str(folder / "data"),
        "VERBATIM_SEMANTIC": "off",
    }
    parts = []
    for line in block.split("\n"):
        if line.startswith("$ "):
            here = line[2:].replace(_PYTHON, shlex.quote(sys.executable))
            here = here.replace(f" {_SCRIPT}", f" {shlex.quote(str(ROOT / _SCRIPT))}")
            said = _run(["bash", "-c", here], cwd=folder, **environ).strip("\n").replace(f"{folder}{os.sep}", "")
            said = _MILLISECONDS.sub(r"\g<1>12.5", said)
            parts.append(f"{line}\n" + (f"\n{said}\n" if said else ""))
    return "```text\n" + "\n".join(parts) + "```"


def _run(arguments: list[str], stdin: str = "", cwd: Path = ROOT, **environ: str) -> str:
    """Return what a command prints; one that fails is an error."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("VERBATIM_", "DISCORD_", "SLACK_"))
    }
    done = subprocess.run(
        arguments,
        input=stdin.encode(),
        capture_output=True,
        cwd=cwd,
        env=kept | {"PYTHONWARNINGS": "error"} | environ,
        timeout=300,
        check=False,
    )
    if done.returncode not in {0, 1}:
        message = f"{shlex.join(arguments)}: status {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        raise RuntimeError(message)
    return done.stdout.decode()


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], "|---" * len(heads) + "|", *lines[1:]])


def _commands() -> str:
    rows = [(f"`{known.usage}`", known.description) for known in COMMANDS if not known.hidden]
    return _table(("Command", "What it does"), rows)


def _settings() -> str:
    rows = [(f"`{row.name}`", f"`{row.default}`" if row.default else "", row.meaning) for row in setting_rows()]
    return _table(("Setting", "Default", "Meaning"), rows)


def _permissions() -> str:
    return _table(("Permission", "Why"), [(name.replace("_", " ").title(), why) for name, why in PERMISSIONS.items()])


def _platforms() -> str:
    rows = [(platform.title, lack.what, lack.instead) for platform in PLATFORMS for lack in platform.lacks]
    return _table(("Where", "What it lacks", "Instead"), rows)


def _rooms() -> str:
    """Lay out the floors of the import contract, each room with what its docstring says it is."""
    layers = next(
        contract["layers"]
        for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    rows = []
    for floor in layers:
        for room in floor.split(" | "):
            path = ROOT / "bot" / f"{room}.py"
            path = path if path.is_file() else ROOT / "bot" / room / "__init__.py"
            sentence = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
            rows.append((f"`{room}`", sentence))
    return _table(("Room", "What it is"), rows)


def _quality() -> str:
    return report(json.loads(FIGURES.read_text("utf-8")), "aside")


def _highlights() -> str:
    return pairs_table(json.loads(HIGHLIGHTS_FIGURES.read_text("utf-8")))


def _packages() -> str:
    rows = package_rows(read_lock(ROOT / "requirements.txt"))
    return _table(("Package", "Version", "Licence", "Asked for by"), rows)


_TABLES: Mapping[str, Callable[[], str]] = {
    "commands": _commands,
    "settings": _settings,
    "permissions": _permissions,
    "scopes": lambda: scope_table().rstrip(),
    "platforms": _platforms,
    "rooms": _rooms,
    "packages": _packages,
    "quality": _quality,
    "highlights": _highlights,
    "pictures": pictures.page,
}


def _measure(name: str) -> None:
    """Run what prints a table, and put it where it belongs."""
    table = subprocess.run([sys.executable, "-m", *MEASURED[name]], stdout=subprocess.PIPE, cwd=ROOT, check=True).stdout
    for path in map(ROOT.joinpath, PAGES):
        page = path.read_text("utf-8")
        path.write_text(
            _BLOCK.sub(lambda at: f"{name}{at[2]}{table.decode().strip()}\n" if at[1] == name else at[0], page), "utf-8"
        )


def main() -> int:
    """Write, check or measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.generate")
    parser.add_argument("--check", action="store_true", help="change nothing; status 1 when anything would change")
    parser.add_argument("--measure", choices=MEASURED, help="measure a table of figures anew")
    given = parser.parse_args()
    if given.measure:
        _measure(given.measure)
        return 0
    stale = 0
    for name in GENERATED:
        path, text = ROOT / name, made(name)
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale += 1
        sys.stdout.write(f"{name} {'is not what the code makes: make generate' if given.check else 'written'}\n")
        if not given.check:
            path.write_text(text, "utf-8")
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
