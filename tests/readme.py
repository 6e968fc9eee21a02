"""The generated parts of README.md; `python -m tests.readme` writes them, a test holds them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from bot.adapters.discord import PERMISSIONS
from bot.adapters.slack import scope_table
from bot.commands import COMMANDS
from bot.settings import ROOT, setting_rows
from tests.test_parity import LACKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SESSION", "console_block", "daily_block", "rewritten", "session_in"]

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

DAILY = (
    ("--now", "2026-11-23T12:00+01:00", "--once", "/settings daily on channel:#general time:09:00 zone:Europe/Berlin"),
    ("--now", "2026-11-24T08:59:59+01:00", "deliver"),
    ("--now", "2026-11-24T09:00+01:00", "deliver"),
    ("--now", "2026-11-24T09:00:05+01:00", "deliver"),
    ("--now", "2026-11-24T12:00+01:00", "--once", "/settings status"),
)
"""What is run, one after the other on one database, in the README's block about the daily quote."""


def console_block(run_bot: Callable[..., subprocess.CompletedProcess[str]]) -> str:
    """Return the console block: each line as typed after a prompt, then what the bot answered."""
    parts, typed, earlier = [], "", ""
    for line in SESSION:
        typed += f"{line}\n"
        shown = run_bot(stdin=typed).stdout
        parts.append(f"› {line}\n\n{shown[len(earlier) :].rstrip()}\n")
        earlier = shown
    return "```text\n" + "\n".join(parts) + "```"


def session_in(readme: str) -> tuple[str, str]:
    """Return what is typed in a README's console block, and what the bot prints when all of it is piped in."""
    block = readme.partition("<!-- session -->\n```text\n")[2].partition("```\n<!-- /session -->")[0]
    typed = re.findall(r"^› (.*\n)", block, re.MULTILINE)
    return "".join(typed), re.sub(r"^› .*\n\n", "", block, flags=re.MULTILINE) + "\n"


def daily_block(run_bot: Callable[..., subprocess.CompletedProcess[str]]) -> str:
    """Return the block about the daily quote: each command as typed in a shell, then what it printed."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for arguments in DAILY:
            typed = " ".join(f'"{part}"' if " " in part else part for part in arguments)
            printed = run_bot(*arguments, VERBATIM_DATA_DIR=folder).stdout.rstrip()
            parts.append(f"$ .venv/bin/python run_bot.py {typed}\n" + (f"\n{printed}\n" if printed else ""))
    return "```text\n" + "\n".join(parts) + "```"


def rewritten(readme: str) -> str:
    """Return a README with its tables made anew from the code."""
    commands = ["| Command | What it does |", "|---|---|"]
    commands += [f"| `{known.usage}` | {known.description} |" for known in COMMANDS if not known.hidden]
    settings = ["| Setting | Default | Meaning |", "|---|---|---|"]
    settings += [f"| `{row.name}` | `{row.default}` | {row.meaning} |" for row in setting_rows()]
    permissions = ["| Permission | Why |", "|---|---|"]
    permissions += [f"| {name.replace('_', ' ').title()} | {why} |" for name, why in PERMISSIONS.items()]
    lacks = ["| Where | What it lacks | Instead |", "|---|---|---|"]
    lacks += [f"| {platform} | {lack} | {instead} |" for (platform, lack), instead in LACKS.items()]
    tables = {
        "commands": commands,
        "settings": settings,
        "permissions": permissions,
        "scopes": [scope_table().rstrip()],
        "lacks": lacks,
    }
    for name, rows in tables.items():
        table = "\n".join(rows)
        readme = replaced(readme, name, table)
    return readme


def replaced(readme: str, name: str, text: str) -> str:
    """Put a text between the two comments that mark a generated part."""
    pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
    return re.sub(pattern, lambda match: match[1] + text + match[2], readme, count=1, flags=re.DOTALL)


def _run_bot(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "run_bot.py"), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"VERBATIM_DATA_DIR": str(ROOT / "data")} | environ,
        check=True,
    )


def main() -> None:
    """Write README.md anew."""
    path = ROOT / "README.md"
    readme = rewritten(path.read_text("utf-8"))
    readme = replaced(readme, "session", console_block(_run_bot))
    path.write_text(replaced(readme, "daily", daily_block(_run_bot)), "utf-8")


if __name__ == "__main__":
    main()
