"""Print the app's manifest: `python -m bot.adapters.slack > slack-manifest.yaml`."""

from __future__ import annotations

import argparse
import sys

from bot.adapters.slack import manifest_text
from bot.commands import COMMANDS


def main() -> None:
    """Read the options and write YAML to the standard output."""
    parser = argparse.ArgumentParser(prog="python -m bot.adapters.slack", description="Print the Slack app's manifest.")
    parser.add_argument("--prefix", default="", help="put before each slash command's name, such as lex-")
    parser.add_argument("--url", default="", help="public address for HTTP mode, such as https://bot.example.org")
    options = parser.parse_args()
    sys.stdout.write(manifest_text(COMMANDS, options.prefix, options.url))


if __name__ == "__main__":
    main()
