"""The figures in the README stay true: none may drop by more than two points, and no claim never made is confirmed."""

from __future__ import annotations

import json

import pytest

from benchmarks.quality import FIGURES, measure, measured_core

ALLOWED = 0.02
"""How far a figure over all kinds may fall; of one kind it may fall by one row more."""


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, tuple[float, int]]]:
    return measure(measured_core())


def test_no_figure_drops_by_more_than_two_points(found: dict[str, dict[str, tuple[float, int]]]) -> None:
    kept = json.loads(FIGURES.read_text("utf-8"))
    fallen = [
        f"{figure}, {kind}: {found[figure][kind][0]:.3f} was {share:.3f}"
        for figure, kinds in kept.items()
        for kind, (share, count) in kinds.items()
        if figure.startswith(("quote", "verify said", "verify never", "verify not", "ask", "topic"))
        and found[figure][kind][0] < share - ALLOWED - (0 if kind == "all" else 1 / count)
    ]

    assert fallen == []


def test_no_claim_that_was_never_made_is_word_for_word_or_close(found: dict[str, dict[str, tuple[float, int]]]) -> None:
    assert [found[f"verify never {part}"]["all"][0] for part in ("tuned", "aside")] == [1.0, 1.0]
