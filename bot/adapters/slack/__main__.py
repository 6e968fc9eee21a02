"""Print the app's manifest: `python -m bot.adapters.slack > slack-manifest.yaml`."""

from __future__ import annotations

import argparse
import sys

from bot.adapters.slack import manifest_text
from bot.commands import COMMANDS
from bot.policy.texts import say


def main() -> None:
    """Read the options and write YAML to the standard output."""
    parser = argparse.ArgumentParser(prog="python -m bot.adapters.slack", description=say("cli.manifest-description"))
    parser.add_argument("--prefix", default="", help=say("cli.manifest-prefix"))
    parser.add_argument("--url", default="", help=say("cli.url"))
    options = parser.parse_args()
    sys.stdout.write(manifest_text(COMMANDS, options.prefix, options.url))


if __name__ == "__main__":
    main()
