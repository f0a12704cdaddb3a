"""What a progress line says about answers: how many of each status, from each model, what they cost, and what holds
them back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from pipeline.engine.budget import Budget
from pipeline.engine.flight import Pair


class Tally:
    """Counts answers as they are handed out; ``str`` of it costs something only when it is shown."""

    def __init__(self, budget: Budget, notes: Callable[[], Iterable[str]]) -> None:
        self._budget = budget
        self._notes = notes
        self._statuses: Counter[str] = Counter()
        self._models: Counter[str] = Counter()

    def add(self, pairs: Iterable[Pair]) -> None:
        for request, response in pairs:
            self._statuses[response.status] += 1
            self._models[request.name] += 1

    def __str__(self) -> str:
        parts = [_counts(self._statuses)]
        if len(self._models) > 1:
            parts.append(_counts(self._models))
        if spent := self._budget.spent():
            parts.append(spent)
        parts += self._notes()
        return "; ".join(filter(None, parts))


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counter.items()))
