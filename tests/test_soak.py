"""Hundreds of mixed requests on both platforms in one process leave nothing behind: `benchmarks.soak`, shortly."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.soak import soak

REQUESTS = 150


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted where /proc is")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_both_platforms_in_one_process_leave_no_task_thread_or_descriptor_behind(tmp_path: Path) -> None:
    soaked = await soak(REQUESTS, tmp_path)

    _, first, last = soaked.inside
    assert len(soaked.unanswered) < REQUESTS / 10, soaked.unanswered
    assert Counter(last["tasks"]) - Counter(first["tasks"]) == Counter()
    families = [{re.sub(r"\d+", "", name) for name in told["threads"]} for told in (first, last)]
    assert families[1] <= families[0]
    assert sum(name.startswith("asyncio_") for name in last["threads"]) <= min(32, (os.cpu_count() or 1) + 4)
    assert soaked.before
    assert soaked.after
    assert soaked.after.descriptors <= soaked.before.descriptors
    assert last["memories"]
    assert all(entries <= most for entries, most in last["memories"])
    assert [name for told in (first, last) for name in told["held"]] == []
    assert soaked.status == 0, soaked.log
    assert "Traceback" not in soaked.log, soaked.log
