"""Progress of long work, on stderr: a live line on a terminal, one plain line now and then in a log.

with progress.track("filter", total=len(posts), unit="posts") as bar:
    for post in posts:
        ...
        bar.advance(note="12 masked")
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.core.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress

LIVE_SECONDS = 0.1
LOG_SECONDS = 30.0
# The rate is that of this many last showings, so that a flying start (recorded answers, a warm cache)
# does not promise an early end.
RATE_SAMPLES = 100

# A piece of work inside another one that takes less than this needs no closing line.
QUIET_SECONDS = 1.0

# A terminal has room for one live display; nested tracks become lines of the outermost.
_display: Progress | None = None
_depth = 0


class Bar:
    """One piece of work. ``done`` counts units; ``total`` is None where nobody knows."""

    def __init__(self, what: str, total: int | None, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done = 0
        self.note: object = ""
        self._started = self._shown = time.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)], maxlen=RATE_SAMPLES)
        self._every = LOG_SECONDS if _display is None else LIVE_SECONDS
        self._line: Any = None if _display is None else _display.add_task("", total=total)

    def advance(self, count: int = 1, note: object = None) -> None:
        """``count`` more units are done; ``note`` replaces the words at the end. Cheap: call it often (and give
        an object whose ``str`` is made when it is shown, where words are not cheap)."""
        self.done += count
        if note is not None:
            self.note = note
        now = time.monotonic()
        if now - self._shown >= self._every:
            self._shown = now
            self._samples.append((now, self.done))
            self._show(self.describe(now))

    def describe(self, now: float) -> str:
        """One line: ``judge: 300 of 1,200 posts (25 %), 12.5/s, 1 min 12 s left; note``."""
        since, before = self._samples[0]
        rate = (self.done - before) / (now - since) if now > since else 0.0
        of_total = f" of {self.total:,}" if self.total is not None else ""
        parts = [f"{self.what}: {self.done:,}{of_total} {self.unit}".rstrip()]
        if self.total:
            parts[0] += f" ({100 * self.done // self.total} %)"
        parts.append(f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s")
        if self.total is not None and rate > 0 and self.total > self.done:
            parts.append(f"{duration((self.total - self.done) / rate)} left")
        return visible(", ".join(parts) + self._noted())

    def finish(self, *, stopped: bool) -> None:
        """The last line: what was done, in what time."""
        elapsed = time.monotonic() - self._started
        if self._line is not None and _display is not None:
            _display.remove_task(self._line)
        if _depth > 1 and elapsed < QUIET_SECONDS:
            return
        of_total = f" of {self.total:,}" if stopped and self.total is not None else ""
        text = f"{self.what}: {self.done:,}{of_total} {self.unit}".rstrip() + f" in {duration(elapsed)}"
        text += self._noted()
        text += " - stopped" if stopped else ""
        say(text)

    def _noted(self) -> str:
        note = str(self.note)
        return f"; {note}" if note else ""

    def _show(self, text: str) -> None:
        if self._line is not None and _display is not None:
            _display.update(self._line, completed=self.done, description=text)
        else:
            print(text, file=sys.stderr, flush=True)


@contextmanager
def track(what: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
    """Shows the progress of ``what`` while the block runs, and one closing line when it ends. Tracks may nest."""
    global _depth
    with _terminal():
        bar = Bar(what, total, unit)
        _depth += 1
        try:
            yield bar
        except BaseException:
            bar.finish(stopped=True)
            raise
        else:
            bar.finish(stopped=False)
        finally:
            _depth -= 1


def say(text: str) -> None:
    """A line of its own on stderr, above a live display; what would steer the terminal is spelled out."""
    text = visible(text)
    if _display is not None:
        _display.console.print(text, markup=False, highlight=False)
    else:
        print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds for people: ``0.8 s``, ``42 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def _terminal() -> Iterator[None]:
    """A live display while the outermost track runs on a terminal; nothing elsewhere."""
    global _display
    if _display is not None or not sys.stderr.isatty():
        yield
        return
    # rich is only imported where there is a terminal to draw on.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        _display = display
        try:
            yield
        finally:
            _display = None
