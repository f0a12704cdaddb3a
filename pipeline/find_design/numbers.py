"""The numbers of a design, what they allow, and how long its cycle has to be for an exact one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.core.errors import InputError
from pipeline.tables.columns import MOST_OPTIONS, STANCES

LONGEST = 100  # scenarios of a cycle that `shortest_cycle` tries


@dataclass(frozen=True, slots=True)
class Numbers:
    """``values`` slots are shown by ``generators``, in ``stances`` (1: expresses; 2: both), in ``questions`` of
    ``options`` a scenario, over a cycle of ``scenarios``.

    ``pairs``: a question holds the stances of one value by one generator, and no other value.
    """

    values: int
    options: int
    generators: int
    questions: int
    scenarios: int
    stances: int = 1
    pairs: bool = False

    def __post_init__(self) -> None:
        if problem := next(self._problems(), None):
            raise InputError(problem, where="the numbers of the design", remedy="choose others")

    def _problems(self) -> Iterator[str]:
        """Why no design has these numbers; nothing where one may."""
        shown, there = self.questions * self.options, self.values * self.makers
        if min(self.values, self.generators, self.questions, self.scenarios) < 1:
            yield "every number is at least 1"
        if not 2 <= self.options <= MOST_OPTIONS:
            yield f"a question has 2 to {MOST_OPTIONS} options"
        if not 1 <= self.stances <= len(STANCES):
            yield f"there are 1 or {len(STANCES)} stances"
        if self.generators > 26:
            yield "there are letters for 26 generators"
        if self.pairs and (self.stances != self.options or self.questions > self.values * self.generators):
            yield "a question of one value has as many options as stances, and each value and generator one at most"
        if not self.pairs and self.options > self.values:
            yield f"a question of {self.options} options of different values needs as many values"
        if shown > there:
            need = f"{self.questions} questions of {self.options} options need {shown} actions a scenario"
            yield f"{need}; there are {there}"

    def over(self, scenarios: int) -> Numbers:
        """The same over a cycle of another length."""
        return replace(self, scenarios=scenarios)

    @property
    def makers(self) -> int:
        """Actions of a value in a scenario: one a generator and stance."""
        return self.generators * self.stances

    @property
    def spare(self) -> int:
        """Actions of a scenario that no question shows."""
        return self.values * self.makers - self.questions * self.options


def shares(total: int, places: int) -> tuple[int, int]:
    """Least and most that each of so many places gets where a total is spread as evenly as whole numbers allow."""
    return total // places, -(-total // places)


def inexact(n: Numbers) -> list[str]:
    """The counts that cannot be equal because they do not divide: proof that no exact design has these numbers."""
    shown = n.scenarios * n.questions * n.options
    asked = n.scenarios * n.questions
    checks = {
        "how often a value is shown": (shown, n.values),
        "how often a value stands at a position": (shown, n.values * n.options),
        "how often a generator and stance stand at a position": (shown, n.makers * n.options),
        "how often a value is the target": (asked, n.values),
        "how often a generator is the target": (asked, n.generators),
        "how often a position holds the target": (asked, n.options),
    }
    if not n.pairs:
        met = asked * math.comb(n.options, 2)
        checks["how often two values meet"] = (met, math.comb(n.values, 2))
    return [
        f"{what}: {total} over {places} is {low} to {high}"
        for what, (total, places) in checks.items()
        if (low := shares(total, places)[0]) != (high := shares(total, places)[1])
    ]


def shortest_cycle(n: Numbers) -> int | None:
    """The least number of scenarios with which pairs of values can meet equally often (necessary, not sufficient)."""
    for scenarios in range(1, LONGEST + 1):
        met = 0 if n.pairs else scenarios * n.questions * math.comb(n.options, 2)
        shown = scenarios * n.questions * n.options
        if met % max(math.comb(n.values, 2), 1) == 0 and shown % (n.values * n.options) == 0:
            return scenarios
    return None
