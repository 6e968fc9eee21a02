"""Start Verbatim: `python run_bot.py`; `--help` lists the ways."""

import sys

from bot.app import main

if __name__ == "__main__":
    sys.exit(main())
