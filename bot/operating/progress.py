"""A progress bar on standard error, for a person who waits for what is built once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bar"]


class Bar:
    """A bar that shows itself with the first step it is told of, and is gone at the end."""

    def __init__(self) -> None:
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        """Begin, with nothing shown."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._shown:
            self._shown[0].stop()
            self._shown = None

    def __call__(self, sentence: str, done: int, count: int) -> None:
        """Show how far it is: a sentence, and a bar of `count` steps."""
        if self._shown is None:
            self._shown = _start()
        progress, task = self._shown
        progress.update(task, description=sentence, completed=done, total=count)


def _start() -> tuple[Progress, TaskID]:
    from rich.console import Console  # noqa: PLC0415 - 60 ms of import that only a long build needs
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    task = progress.add_task("", total=None)
    progress.start()
    return progress, task
