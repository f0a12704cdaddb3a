"""Calls counted in spans, by when they left, and how many of them were turned away."""

from __future__ import annotations

import math
from typing import NamedTuple

# Less than the lightest call weighs.
SOME = 0.05


class Count:
    """Calls, and how many of them were turned away."""

    __slots__ = ("starts", "turned_away")

    def __init__(self) -> None:
        self.starts = self.turned_away = 0.0

    @property
    def share(self) -> float:
        return self.turned_away / self.starts if self.starts > SOME else 0.0

    @property
    def variance(self) -> float:
        """Of the share, as if one more call had gone either way."""
        share = min((self.turned_away + 1) / (self.starts + 2), 1.0)
        return share * (1 - share) / max(self.starts, 1)

    def add(self, other: Count, keep: float = 1.0) -> None:
        """What was counted before counts only ``keep``."""
        self.starts = keep * self.starts + other.starts
        self.turned_away = keep * self.turned_away + other.turned_away


class Span(Count):
    """Calls that left one after the other. ``gain`` is their rate, in rates known then; ``told_until`` the first
    moment that the server named for another try."""

    __slots__ = ("began", "gain", "sealed", "told_until")

    def __init__(self, began: float, gain: float) -> None:
        super().__init__()
        self.began = began
        self.gain = gain
        self.sealed = self.told_until = math.inf

    @property
    def let_in(self) -> float:
        """Calls a second."""
        return (self.starts - self.turned_away) / max(self.sealed - self.began, 1e-3)


class Started(NamedTuple):
    """A call that left: in which span, how much it weighs, and when."""

    span: Span
    weight: float
    at: float


def exceeds(seen: Count, anyway: Count, share: float) -> bool:
    """Whether more than ``share`` is turned away beyond what is turned away anyway; by chance in 2 of 100."""
    noise = math.sqrt(seen.variance + (anyway.variance if anyway.turned_away else 0.0))
    return seen.share - anyway.share - 2 * noise > share


def is_alike(drain: Count, before: Count) -> bool:
    """Whether slower calls fare no better: at least as large a share is turned away as before, as far as so few can
    tell. Were the share the same, they would vary as it does, or as they say themselves."""
    variance = max(before.share * (1 - before.share) / max(drain.starts, 1), drain.variance)
    return drain.turned_away > 0 and before.share - drain.share <= 2 * math.sqrt(variance)
