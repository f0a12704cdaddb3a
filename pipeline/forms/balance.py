"""The arithmetic of balanced questionnaires: which questions a form shows, and where each option stands.

Two steps, each with a bound.

``deal_questions``
    Scenarios follow one another round by round, each with as many questions as are shown together, so that over all
    forms, and within each, their turns differ by at most one; so do the numbers of times that a scenario's questions
    are used over all forms. Which of its questions a scenario shows in which
    form is then exchanged until every form shows every value equally often, within one. The exchange is a search:
    ``Deal.spread`` says what it reached.
``option_orders``
    An equitable edge colouring of the bipartite multigraph of questions and values, with positions as colours. One
    exists for every graph and number of colours (de Werra 1971); for four colours two Euler splits find it. Every
    value is at each position equally often, within one, whatever the questions are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.seeding import seeded_hash
from pipeline.values import Inventory

POSITIONS = 4
# A question ("q") or a value ("v"); None is the extra one of its side.
Vertex = tuple[str, str | None]
# The search for even forms: rounds, exchanges proposed in each, and how readily they go the wrong way.
ROUNDS = 50
STEPS = 500
TEMPERATURE = 1.5


@dataclass(frozen=True, slots=True)
class Deal:
    """Questions of each form, in no order. ``spread`` is the largest difference, within one form, between the numbers
    of times that two values are shown; ``uses`` that between the questions of one scenario, over all forms."""

    forms: tuple[tuple[str, ...], ...]
    spread: int
    uses: int


def deal_questions(
    scenarios: Mapping[str, Sequence[str]],
    values: Mapping[str, Sequence[str]],
    forms: int,
    size: int,
    inventory: Inventory,
    seed: int,
    together: int = 1,
) -> Deal:
    """Deals ``size`` different questions to each of ``forms`` forms, ``together`` of a scenario at each of its turns.

    ``scenarios`` holds the questions of each scenario, in the order in which scenarios take turns; ``values`` the
    values, of ``inventory``, that each question shows. Every scenario has equally many questions, and all together at
    least ``size``; no more of them are shown together, and ``size`` is a multiple of these.
    """
    order, count = list(scenarios), len(next(iter(scenarios.values())))
    turns = [order[turn // together % len(order)] for turn in range(forms * size)]
    # The last row of each scenario's slots belongs to no form: what is left over of its last round of questions,
    # so that an exchange with it keeps the numbers of times that its questions are used within one.
    spare = forms
    owners: dict[str, list[int]] = defaultdict(list)
    for turn, scenario in enumerate(turns):
        owners[scenario].append(turn // size)
    slots = _Slots(values, forms, inventory.slugs)
    for scenario, owned in owners.items():
        owned += [spare] * (-len(owned) % count) + [slots.free] * count
        shuffled = sorted(scenarios[scenario], key=lambda q: seeded_hash(seed, "forms: question", q))
        slots.add(owned, [shuffled[turn % count] for turn in range(len(owned))])
    uneven = [form for form in range(forms) if not _even_out(slots, form, size, seed)]
    slots.relaxed = True
    for form in uneven:
        _even_out(slots, form, size, seed)
    dealt = [tuple(slots.question[slot] for slot in slots.of[form]) for form in range(forms)]
    counts = [_shown(form, values, inventory.slugs).values() for form in dealt]
    used = Counter(question for form in dealt for question in form)
    uses = [[used[question] for question in scenarios[scenario]] for scenario in owners]
    return Deal(tuple(dealt), spread=max(map(_range, counts)), uses=max(map(_range, uses)))


def _range(numbers: Iterable[int]) -> int:
    low, *_, high = sorted(numbers)
    return high - low


class _Slots:
    """Who shows which question: one slot for each turn of a scenario, with the form that it belongs to.

    Slots of the owner ``free`` hold each question of each scenario once more. Exchanges with them are for when all
    others have failed (``relaxed``): they leave a scenario's questions used unequally often.
    """

    def __init__(self, values: Mapping[str, Sequence[str]], forms: int, slugs: tuple[str, ...]) -> None:
        self.values, self.slugs = values, slugs
        self.owner: list[int] = []
        self.question: list[str] = []
        self.group: list[range] = []
        self.free, self.relaxed = forms + 1, False
        self.of: list[list[int]] = [[] for _ in range(forms + 2)]
        self.held: list[set[str]] = [set() for _ in range(forms + 2)]

    def add(self, owners: Sequence[int], questions: Sequence[str]) -> None:
        """The slots of one scenario."""
        first = len(self.owner)
        for slot, (owner, question) in enumerate(zip(owners, questions, strict=True), start=first):
            self.of[owner].append(slot)
            self.held[owner].add(question)
        self.owner += owners
        self.question += questions
        self.group += [range(first, first + len(owners))] * len(owners)

    def change(self, one: int, two: int) -> tuple[int, ...] | None:
        """What exchanging two slots does to the numbers of values in the first's form; None where it may not be: only
        with a later form (when relaxed: only with a free slot), and no form shows a question twice."""
        a, b, p, q = self.owner[one], self.owner[two], self.question[one], self.question[two]
        if b <= a or (b == self.free) != self.relaxed or q in self.held[a]:
            return None
        if b != self.free and p in self.held[b]:
            return None
        return tuple((value in self.values[q]) - (value in self.values[p]) for value in self.slugs)

    def exchange(self, one: int, two: int) -> None:
        a, b, p, q = self.owner[one], self.owner[two], self.question[one], self.question[two]
        self.held[a] ^= {p, q}
        self.question[one] = q
        if b != self.free:
            self.held[b] ^= {p, q}
            self.question[two] = p


def _even_out(slots: _Slots, form: int, size: int, seed: int) -> bool:
    """Exchanges questions of one scenario with later forms until the form shows the values evenly, within one; False
    when that was not reached.

    What this does to later forms does not matter, because their turn comes; the last one gets what is left, which is
    even where everything else is. Single exchanges come close to even by simulated annealing, but an exchange changes
    up to eight numbers, so that hardly any is the last step to it. That step is a pair of exchanges, looked up.
    """
    slugs = slots.slugs
    even, more = divmod(POSITIONS * size, len(slugs))
    extra = {(form * more + i) % len(slugs) for i in range(more)}
    shown = _shown([slots.question[slot] for slot in slots.of[form]], slots.values, slugs)
    if _range(shown.values()) <= 1:
        return True
    off = [shown[value] - even - (i in extra) for i, value in enumerate(slugs)]

    for step in range(ROUNDS * STEPS):
        if step % STEPS == 0 and _finish(slots, form, off):
            return True
        draw = seeded_hash(seed, f"forms: exchange of form {form}", str(step))
        one = slots.of[form][draw % size]
        two = slots.group[one][(draw >> 16) % len(slots.group[one])]
        if (change := slots.change(one, two)) is None:
            continue
        uphill = sum((o + c) ** 2 - o**2 for o, c in zip(off, change, strict=True))
        if uphill <= 0 or (draw >> 32) / 2**32 < math.exp(-uphill / TEMPERATURE):
            slots.exchange(one, two)
            off = [o + c for o, c in zip(off, change, strict=True)]
    return _finish(slots, form, off)


def _finish(slots: _Slots, form: int, off: Sequence[int]) -> bool:
    """Makes the form even by no exchange, or by one, or by two of different scenarios, if there are such."""
    wanted = tuple(-o for o in off)
    if not any(wanted):
        return True
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for one in slots.of[form]:
        for two in slots.group[one]:
            if (change := slots.change(one, two)) is None:
                continue
            if change == wanted:
                slots.exchange(one, two)
                return True
            rest = tuple(w - c for w, c in zip(wanted, change, strict=True))
            if rest in found and slots.group[found[rest][0]] != slots.group[one]:
                slots.exchange(*found[rest])
                slots.exchange(one, two)
                return True
            found.setdefault(change, (one, two))
    return False


def _shown(
    form: Sequence[str], values: Mapping[str, Sequence[str]], slugs: tuple[str, ...]
) -> dict[str, int]:
    """How often the questions of a form show each value."""
    counts = Counter(value for question in form for value in values[question])
    return {value: counts[value] for value in slugs}


def option_orders(questions: Sequence[str], values: Mapping[str, Sequence[str]], seed: int) -> dict[str, str]:
    """Dealt positions in shown order for each question of a form ('2341' shows dealt option 2 as A).

    Each value's numbers of times at the four positions differ by at most one.
    """
    edges = [(question, value) for question in questions for value in values[question]]
    edges.sort(key=lambda edge: seeded_hash(seed, "forms: option", "|".join(edge)))
    colours = [part for half in _split(edges) for part in _split(half)]
    colours.sort(key=lambda part: seeded_hash(seed, "forms: position", "|".join(map(str, part))))
    shown: dict[str, list[str]] = {question: [""] * POSITIONS for question in questions}
    for position, part in enumerate(colours):
        for question, value in part:
            shown[question][position] = str(values[question].index(value) + 1)
    return {question: "".join(order) for question, order in shown.items()}


def _split(edges: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Two halves in which every question and every value has half of its edges, within one.

    Vertices of odd degree are joined to an extra vertex on the other side; along a closed walk through all edges of a
    bipartite graph, whose length is even, every other edge goes into the same half.
    """
    ends: list[tuple[Vertex, Vertex]] = [(("q", q), ("v", v)) for q, v in edges]
    degree = Counter(end for pair in ends for end in pair)
    odd = [end for end, number in degree.items() if number % 2]
    ends += [(end, ("v", None)) if end[0] == "q" else (("q", None), end) for end in odd]
    if sum(end[0] == "q" for end in odd) % 2:
        ends.append((("q", None), ("v", None)))
    at: dict[Vertex, list[int]] = defaultdict(list)
    for number, pair in enumerate(ends):
        for end in pair:
            at[end].append(number)

    halves: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    used = [False] * len(ends)
    for start in list(at):
        for turn, number in enumerate(_closed_walk(start, ends, at, used)):
            if number < len(edges):
                halves[turn % 2].append(edges[number])
    return halves


def _closed_walk(
    start: Vertex, ends: Sequence[tuple[Vertex, Vertex]], at: Mapping[Vertex, list[int]], used: list[bool]
) -> list[int]:
    """The edges of an Euler circuit from ``start`` through its component (Hierholzer); marks them as used."""
    walk: list[int] = []
    stack: list[tuple[Vertex, int | None]] = [(start, None)]
    while stack:
        vertex, arrived_by = stack[-1]
        while at[vertex] and used[at[vertex][-1]]:
            at[vertex].pop()
        if at[vertex]:
            number = at[vertex].pop()
            used[number] = True
            left, right = ends[number]
            stack.append((right if vertex == left else left, number))
        else:
            stack.pop()
            if arrived_by is not None:
                walk.append(arrived_by)
    return walk
