"""Which values share a question: the part of a design for which integer programming is too slow.

Simulated annealing (Kirkpatrick, Gelatt, Vecchi, Science 220, 1983) over the questions of a cycle. A move exchanges
two values between questions of one scenario (or with an action that is not shown), which keeps every scenario whole;
the cost is the sum of squares of how far each pair's number of meetings is from the mean, and of those within a
scenario beyond the least that is possible. HiGHS proved nothing in two minutes for ten values in questions of four.

As usual for block designs, solutions are looked for that a symmetry maps onto themselves: a rotation of the values
of an order m that divides the cycle, which makes m scenarios of each scenario that is searched for (Bose, Annals of
Eugenics 9, 1939, calls these initial blocks). Every such m is tried in turn, 1 among them. What is not found may exist.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from pipeline.core.invariants import InvariantError
from pipeline.find_design.numbers import Numbers, shares

HOTTEST, COLDEST = 2.0, 0.15
ROUND = 60_000  # moves from hot to cold
Pair = tuple[int, int]
Scenario = list[list[int]]  # the questions' slots; the last list holds what is not shown


def find_meetings(n: Numbers, seed: int, seconds: float) -> tuple[list[Scenario], int]:
    """A cycle and its cost, 0 where pairs meet, and values are shown, as evenly as whole numbers allow.

    Stops at cost 0 or when the time is over. Which moves are tried depends on the seed only, so that a cycle of cost
    0 is found again on a slower machine, if it is given the time.
    """
    orders = [m for m in range(n.scenarios, 0, -1) if n.scenarios % m == 0]
    until = time.monotonic() + seconds
    best: tuple[int, list[Scenario]] | None = None
    attempt = 0
    while best is None or (best[0] > 0 and time.monotonic() < until):
        search = _Search(n, orders[attempt % len(orders)], random.Random(f"{seed} {attempt}"))
        cost = search.anneal(until)
        if best is None or cost < best[0]:
            best = cost, search.cycle()
        attempt += 1
    return best[1], best[0]


class _Search:
    """The initial scenarios of a cycle under a rotation of order ``m``.

    Counts are kept for orbits of values and of pairs: ``low`` to ``high`` is what an orbit may have in the initial
    scenarios, of which the rotation makes m times as many, spread evenly over the orbit's members.
    """

    def __init__(self, n: Numbers, m: int, rng: random.Random) -> None:
        self.n, self.m, self.random = n, m, rng
        self.turn = _rotation(n.values, m)
        shown, met = (
            n.scenarios * n.questions * n.options,
            n.scenarios * n.questions * math.comb(n.options, 2),
        )
        pairs = list(combinations(range(n.values), 2))
        of_value = _orbits([(value,) for value in range(n.values)], self.turn)
        of_pair = _orbits(pairs, self.turn)
        self.value_orbit = {value: orbit for (value,), orbit in of_value.items()}
        self.pair_orbit = {(a, b): orbit for (a, b), orbit in of_pair.items()}
        self.shown, self.met = _Counts(of_value, m, shown), _Counts(of_pair, m, met)
        self.once = -(-n.questions * math.comb(n.options, 2) // len(pairs))
        self.initial = [self._start() for _ in range(n.scenarios // m)]
        self.here = [_pairs(scenario) for scenario in self.initial]
        self.met.add(Counter(self.pair_orbit[p] for counted in self.here for p in counted.elements()))
        self.shown.add(Counter(self.value_orbit[v] for s in self.initial for q in s[:-1] for v in q))

    def cost(self) -> int:
        repeated = sum(self._repeated(times) for counted in self.here for times in counted.values())
        return self.met.cost() + self.shown.cost() + repeated

    def anneal(self, until: float) -> int:
        """One round from hot to cold; keeps the best initial scenarios and returns their cost."""
        current = best = self.cost()
        kept = _copy(self.initial)
        for step in range(ROUND):
            if best == 0 or (step % 1000 == 0 and time.monotonic() > until):
                break
            current += self._move(HOTTEST * (COLDEST / HOTTEST) ** (step / ROUND))
            if current < best:
                best, kept = current, _copy(self.initial)
        self.initial = kept
        return best

    def cycle(self) -> list[Scenario]:
        """All scenarios: the initial ones and what the rotation makes of them."""
        made = []
        for scenario in self.initial:
            for _ in range(self.m):
                made.append(scenario)
                scenario = [[self.turn[value] for value in question] for question in scenario]
        return made

    def _move(self, heat: float) -> int:
        """Tries one exchange; returns by how much it changed the cost, 0 where it was not made."""
        number = self._below(len(self.initial))
        scenario, counted = self.initial[number], self.here[number]
        hidden = len(scenario) - 1
        choices = hidden + bool(scenario[hidden])
        one, other = self._below(choices), self._below(choices)
        if one == other:
            return 0
        a, b = self._below(len(scenario[one])), self._below(len(scenario[other]))
        x, y = scenario[one][a], scenario[other][b]
        if x == y or (one != hidden and y in scenario[one]) or (other != hidden and x in scenario[other]):
            return 0
        pairs: Counter[Pair] = Counter()
        met: Counter[int] = Counter()
        shown: Counter[int] = Counter()
        for question, out, into in ((one, x, y), (other, y, x)):
            if question == hidden:
                shown.update({self.value_orbit[into]: -1})
                shown.update({self.value_orbit[out]: 1})
                continue
            for stays in scenario[question]:
                for value, by in ((out, -1), (into, 1)) if stays != out else ():
                    pair = (value, stays) if value < stays else (stays, value)
                    pairs[pair] += by
                    met[self.pair_orbit[pair]] += by
        delta = self.met.change(met) + self.shown.change(shown)
        for pair, by in pairs.items():
            delta += self._repeated(counted[pair] + by) - self._repeated(counted[pair])
        if delta > 0 and self.random.random() >= math.exp(-delta / heat):
            return 0
        counted.update(pairs)
        self.met.add(met)
        self.shown.add(shown)
        scenario[one][a], scenario[other][b] = y, x
        return delta

    def _below(self, n: int) -> int:
        return int(self.random.random() * n)

    def _repeated(self, times: int) -> int:
        return max(times - self.once, 0) ** 2

    def _start(self) -> Scenario:
        """Every value as often as a scenario has actions of it, in the emptiest questions that lack it."""
        n = self.n
        questions: Scenario = [[] for _ in range(n.questions)]
        spare: list[int] = []
        for value in self.random.sample(range(n.values), n.values):
            for _ in range(n.makers):
                free = [q for q in questions if len(q) < n.options and value not in q]
                (min(free, key=lambda q: (len(q), self.random.random())) if free else spare).append(value)
        for question in questions:
            while len(question) < n.options:
                self._fill(question, questions, spare)
        return [*questions, spare]

    def _fill(self, question: list[int], questions: Scenario, spare: list[int]) -> None:
        """Takes a value from a question that can have a spare one for it."""
        for other in questions:
            for place, given in enumerate(other):
                for value in spare:
                    if given not in question and value not in other:
                        other[place] = value
                        spare.remove(value)
                        question.append(given)
                        return
        raise InvariantError(f"no question can give a value to {question}")


class _Counts:
    """How often the members of each orbit occur in the initial scenarios, and how far that is from even."""

    def __init__(self, orbits: Mapping[tuple[int, ...], int], m: int, total: int) -> None:
        sizes = Counter(orbits.values())
        least, most = shares(total, len(orbits))
        self.now = [0] * len(sizes)
        self.low = [-(-least * sizes[orbit] // m) for orbit in range(len(sizes))]
        self.high = [most * sizes[orbit] // m for orbit in range(len(sizes))]

    def cost(self) -> int:
        return sum(self._cost(orbit, times) for orbit, times in enumerate(self.now))

    def change(self, by: Mapping[int, int]) -> int:
        """What such an addition would change of the cost."""
        return sum(self._cost(o, self.now[o] + n) - self._cost(o, self.now[o]) for o, n in by.items() if n)

    def add(self, by: Mapping[int, int]) -> None:
        for orbit, times in by.items():
            self.now[orbit] += times

    def _cost(self, orbit: int, times: int) -> int:
        low, high = self.low[orbit], self.high[orbit]
        return (low - times) ** 2 if times < low else (times - high) ** 2 if times > high else low > high


def _rotation(values: int, m: int) -> list[int]:
    """A permutation of the values of order dividing m: turns of m values, then of its smaller divisors."""
    turn = list(range(values))
    start = 0
    for length in (d for d in range(m, 0, -1) if m % d == 0):
        while values - start >= length:
            for place in range(length):
                turn[start + place] = start + (place + 1) % length
            start += length
    return turn


def _orbits(sets: Sequence[tuple[int, ...]], turn: Sequence[int]) -> dict[tuple[int, ...], int]:
    """The number of the orbit of each set of values (in ascending order) under a permutation."""
    found: dict[tuple[int, ...], int] = {}
    orbits = 0
    for one in sets:
        if one not in found:
            while one not in found:
                found[one] = orbits
                one = tuple(sorted(turn[value] for value in one))
            orbits += 1
    return found


def _pairs(scenario: Scenario) -> Counter[Pair]:
    return Counter((min(p), max(p)) for question in scenario[:-1] for p in combinations(question, 2))


def _copy(scenarios: list[Scenario]) -> list[Scenario]:
    return [[list(question) for question in scenario] for scenario in scenarios]
