"""`make figures` guards what was measured: a figure that fell is named, and the command fails."""

from __future__ import annotations

import json

import pytest

from benchmarks import highlights, quality
from benchmarks.figures import Guard, guarded_highlights, guarded_quality, report
from bot.settings import ROOT


def test_a_figure_that_fell_is_named_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([Guard("quote rank 1", 0.91, 0.9), Guard("ask rank 1", 0.5, 0.9)]) == 1

    rows = capsys.readouterr().out.splitlines()
    assert [row for row in rows if "FALLEN" in row] == ["| ask rank 1 | 0.5000 | 0.9000 | FALLEN |"]
    assert report([Guard("quote rank 1", 0.9, 0.9)]) == 0


def test_every_kept_figure_stands_as_it_was_kept_and_falls_three_points_below() -> None:
    kept = json.loads(quality.FIGURES.read_text("utf-8"))
    lower = {
        figure: {kind: (share - 0.03, count) for kind, (share, count) in kinds.items()}
        for figure, kinds in kept.items()
    }
    fallen = [guard.name for guard in guarded_quality(kept, lower) if not guard.stands]

    assert all(guard.stands for guard in guarded_quality(kept, kept))
    for figure in kept:
        guarded = figure.startswith(("quote", "verify said", "verify never", "verify not", "ask", "topic"))
        assert (f"{figure}, all" in fallen) is guarded
    assert {"verify never tuned, each", "verify never aside, each"} <= set(fallen)


@pytest.mark.parametrize("kind", ["bad", "bad: ad", "bad: introduction", "bad: outro", "bad: voices", "bad: cut"])
def test_good_spans_must_outscore_each_kind_of_bad_ones(kind: str) -> None:
    kept = json.loads(highlights.FIGURES.read_text("utf-8"))["aside"]

    assert all(guard.stands for guard in guarded_highlights(kept, kept))
    fallen = [guard.name for guard in guarded_highlights(kept, kept | {kind: (0.9, 1)}) if not guard.stands]
    assert fallen == [f"highlights aside, {kind}"]


def test_the_figures_are_a_step_of_ci() -> None:
    assert "benchmarks.figures" in (ROOT / ".ci" / "run").read_text("utf-8")
