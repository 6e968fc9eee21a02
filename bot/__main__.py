"""`python -m bot` is what `run_bot.py` is."""

import sys

from bot.app import main

if __name__ == "__main__":
    sys.exit(main())
