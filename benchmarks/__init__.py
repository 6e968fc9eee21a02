"""Measurements behind the figures in docs/measured.md; each module prints a table."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `bot.app.main` does, before NumPy is loaded
