"""Who answered, whatever the condition: a model at another temperature or in another language is no other model.

A rule that counts who answered counts agents, and no statistic between respondents pairs an agent with itself. What
conditions do to one agent is the table Conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from pipeline.tables import MAIN


@dataclass(frozen=True, slots=True)
class Agents:
    """Kind, agent and condition of each respondent."""

    kind: Mapping[str, str]
    agent: Mapping[str, str]
    condition: Mapping[str, str]

    @classmethod
    def of(cls, respondents: pl.DataFrame) -> Agents:
        """From table Respondents."""
        columns = (
            dict(respondents.select("respondent", name).iter_rows())
            for name in ("kind", "agent", "condition")
        )
        return cls(*columns)

    def main(self, respondents: Iterable[str]) -> list[str]:
        """One of the respondents for each agent (and kind), in their order by name: the one under the main condition,
        else the first by name."""
        chosen: dict[tuple[str, str], str] = {}
        for name in sorted(respondents, key=lambda name: (self.condition[name] != MAIN, name)):
            chosen.setdefault((self.kind[name], self.agent[name]), name)
        return sorted(chosen.values())

    def pairs(self, respondents: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
        """Pairs (a before b by name) of different agents; whether both stand for their agents.

        Two that do not are a pair where they answered under the same condition, two models in Chinese for one.
        """
        names = sorted(respondents)
        standing = set(self.main(names))
        for a, b in combinations(names, 2):
            both = a in standing and b in standing
            if self.agent[a] != self.agent[b] and (both or self.condition[a] == self.condition[b]):
                yield a, b, both

    def within(self, respondents: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Pairs of respondents that are one agent, the one under the main condition first."""
        names = sorted(respondents, key=lambda name: (self.agent[name], self.condition[name] != MAIN, name))
        by_agent: dict[str, list[str]] = {}
        for name in names:
            by_agent.setdefault(self.agent[name], []).append(name)
        for of_agent in by_agent.values():
            yield from combinations(of_agent, 2)
