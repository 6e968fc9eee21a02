"""The generated parts of README.md; `python -m tests.readme` writes them, a test holds them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from bot.commands import COMMANDS
from bot.settings import ROOT, setting_rows

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["console_block", "rewritten"]

SESSION = (
    "/quote people who train need to not have pride",
    "1",
    "zuck: lol the bit about the kimono",
    "/verify language is a perfect way for people to express thoughts and ideas",
    "/verify Zuckerberg: building superintelligence will take exactly ten years",
    "why does he think text is good for discussion?",
    "who said that?",
    "/topic Murph challenge",
    "/ask what does he pay his interns?",
    "speak as mark and tell me about layoffs",
    "/abuot",
)
"""What is typed in the README's console block."""


def console_block(run_bot: Callable[..., subprocess.CompletedProcess[str]]) -> str:
    """Return the console block: each line as typed after a prompt, then what the bot answered."""
    parts = []
    for number, line in enumerate(SESSION):
        before = "".join(f"{typed}\n" for typed in SESSION[:number])
        earlier = run_bot(stdin=before).stdout
        answer = run_bot(stdin=before + line + "\n").stdout[len(earlier) :].rstrip()
        parts.append(f"› {line}\n\n{answer}\n")
    return "```text\n" + "\n".join(parts) + "```"


def rewritten(readme: str) -> str:
    """Return a README with its tables made anew from the code."""
    commands = ["| Command | What it does |", "|---|---|"]
    commands += [f"| `{known.usage}` | {known.description} |" for known in COMMANDS]
    settings = ["| Setting | Default | Meaning |", "|---|---|---|"]
    settings += [f"| `{row.name}` | `{row.default}` | {row.meaning} |" for row in setting_rows()]
    for name, rows in (("commands", commands), ("settings", settings)):
        table = "\n".join(rows)
        readme = replaced(readme, name, table)
    return readme


def replaced(readme: str, name: str, text: str) -> str:
    """Put a text between the two comments that mark a generated part."""
    pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
    return re.sub(pattern, lambda match: match[1] + text + match[2], readme, count=1, flags=re.DOTALL)


def _run_bot(*, stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "run_bot.py")],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"VERBATIM_DATA_DIR": str(ROOT / "data")},
        check=True,
    )


def main() -> None:
    """Write README.md anew."""
    path = ROOT / "README.md"
    readme = rewritten(path.read_text("utf-8"))
    path.write_text(replaced(readme, "session", console_block(_run_bot)), "utf-8")


if __name__ == "__main__":
    main()
