"""Progress: a plain line now and then in a log, one live display on a terminal, whatever is nested."""

import io
import sys

import pytest

from pipeline.core import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end(clock, capsys):
    with progress.track("filter", total=1000, unit="posts") as bar:
        for _ in range(10):
            clock[0] += 10
            bar.advance(50, note="3 masked")
    assert capsys.readouterr().err.splitlines() == [
        "filter: 150 of 1,000 posts (15 %), 5/s, 2 min 50 s left; 3 masked",
        "filter: 300 of 1,000 posts (30 %), 5/s, 2 min 20 s left; 3 masked",
        "filter: 450 of 1,000 posts (45 %), 5/s, 1 min 50 s left; 3 masked",
        "filter: 500 posts in 1 min 40 s; 3 masked",
    ]


def test_an_unknown_total_promises_nothing(clock, capsys):
    with progress.track("scan") as bar:
        clock[0] += 60
        bar.advance(120_000)
    assert capsys.readouterr().err.splitlines()[0] == "scan: 120,000, 2,000/s"


def test_work_that_is_stopped_says_how_far_it_came(clock, capsys):
    def work():
        with progress.track("judge", total=10, unit="posts") as bar:
            bar.advance(4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert capsys.readouterr().err == "judge: 4 of 10 posts in 0.0 s - stopped\n"


def test_short_work_inside_other_work_is_not_worth_a_line(clock, capsys):
    with progress.track("outer"):
        with progress.track("short"):
            pass
        with progress.track("long"):
            clock[0] += 2
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["long", "outer"]


def test_nested_tracks_share_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(progress, "LIVE_SECONDS", 0.0)
    with (
        progress.track("outer [1/2]", total=2, unit="posts") as outer,
        progress.track("inner", total=3) as inner,
    ):
        inner.advance(2)
        outer.advance()
    shown = terminal.getvalue()
    assert "outer [1/2]: 1 posts in" in shown
    assert progress._display is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.83, "0.8 s"), (9.96, "10.0 s"), (42.4, "42 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations(seconds, said):
    assert progress.duration(seconds) == said
