"""A blind reading: models say which value each action expresses, without knowing for which it was written.

Two readers label every action and a third those on which they differ; what two of them say is what it is read as. An
action that is read otherwise than intended goes back to its generator, which is told what readers saw in it.

A reader who saw all the actions of a scenario could go by elimination, since each value was written for equally often.
So the actions of a scenario are dealt at random into small batches (``generate.reading.batch``), in which values repeat
and most are absent; each batch is a request of its own, with the values in an order of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline import prompts
from pipeline.core.seeding import seeded_hash
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.engine.schema import choice_among
from pipeline.generate.work import Case, Row, Work
from pipeline.generate.write import Writer
from pipeline.params.build import Reading
from pipeline.tables import NO_VALUE
from pipeline.values import Inventory

REASON = "misread"
# Name of the schema of an answer that holds labels.
LABELS = "reading"
PANEL, TIE_BREAKER = "panel", "tie_breaker"


@dataclass(slots=True)
class Read:
    """What readers made of one text: the label of each, None where one gave no valid answer."""

    labels: list[str | None] = field(default_factory=list)

    @property
    def label(self) -> str | None:
        """What two readers say; None where no two agree."""
        return next((one for one in self.labels if one is not None and self.labels.count(one) > 1), None)

    def is_misread(self, intended: str) -> bool:
        """Whether readers see another value, or none, or each another one. Where one gave no answer, nobody knows."""
        if self.label is None:
            return len(self.labels) > 2 and None not in self.labels
        return self.label != intended


@dataclass(frozen=True, slots=True)
class Shown:
    """One action as readers see it."""

    case: Case
    work: Work
    value: str

    @property
    def action_id(self) -> str:
        return f"{self.work.scenario_id}.{self.value}.{self.work.generator}"

    @property
    def attempt(self) -> int:
        return int(str(self.work.kept[self.value]["attempt"]))

    @property
    def key(self) -> tuple[str, int]:
        return self.action_id, self.attempt

    @property
    def text(self) -> str:
        return self.work.text_of(self.value)


@dataclass(slots=True)
class Reader:
    """Has the actions of complete cases read; ``rows`` are those of Readings."""

    engine: Answerer
    settings: Reading
    values: Inventory
    seed: int
    rows: list[Row] = field(default_factory=list)
    read: dict[tuple[str, int], Read] = field(default_factory=dict)

    def settle(self, cases: Sequence[Case], writer: Writer) -> None:
        """Reads the actions, sends those back that are misread, and gives up cases with too many of them."""
        self.look(cases)
        for _ in range(self.settings.max_repairs):
            self._send_back(cases, writer)
        limit = self.settings.max_misread
        for case in cases:
            misread = [one for one in shown_of([case]) if self._is_misread(one)]
            if limit is not None and len(misread) > limit:
                case.unread = True
                for one in misread:
                    self._tell(one, final=True)

    def look(self, cases: Iterable[Case]) -> None:
        """Has every action read that was not read yet."""
        if not self.settings.panel:
            return
        new = [one for one in shown_of(cases) if one.key not in self.read]
        self._ask(new, self.settings.panel, PANEL)
        disputed = [one for one in new if self.read[one.key].label is None]
        if self.settings.tie_breaker:
            self._ask(disputed, [self.settings.tie_breaker], TIE_BREAKER)

    def _send_back(self, cases: Sequence[Case], writer: Writer) -> None:
        """One round of repairs. A new text stays unless fewer readers see the value in it than in the old one."""
        misread = [one for one in shown_of(cases) if self._is_misread(one)]
        before = [(one, one.work.kept[one.value], self.recognised(one)) for one in misread]
        reasons: dict[int, dict[str, tuple[str, str]]] = {}
        for one in misread:
            reasons.setdefault(id(one.work), {})[one.value] = (REASON, self._detail(one))
        works = {id(one.work): (one.case, one.work) for one in misread}
        writer.replace([*works.values()], reasons, turns=1)
        self.look(cases)
        for one, row, recognised in before:
            if self.recognised(one) < recognised:
                one.work.keep(one.value, row)

    def _ask(self, shown: Sequence[Shown], readers: Sequence[str], role: str) -> None:
        batches = [(batch, name) for batch in self._batches(shown) for name in readers]
        asked = [(batch, name, self._request(batch, name)) for batch, name in batches]
        answers = self.engine.answer([request for _, _, request in asked]) if asked else {}
        for batch, name, request in asked:
            response = answers[request.key]
            for one, label in zip(batch, _labels(request, response, len(batch)), strict=True):
                self.read.setdefault(one.key, Read()).labels.append(label)
                self.rows.append(
                    {
                        "action_id": one.action_id,
                        "attempt": one.attempt,
                        "reader": name,
                        "role": role,
                        "label": label,
                        "status": response.status,
                        "request_key": request.key,
                    }
                )

    def _batches(self, shown: Sequence[Shown]) -> Iterator[list[Shown]]:
        """The actions of each scenario in random order, in batches as equal as can be."""
        by_case: dict[str, list[Shown]] = {}
        for one in shown:
            by_case.setdefault(one.case.scenario_id, []).append(one)
        for mine in by_case.values():
            mine.sort(key=lambda one: seeded_hash(self.seed, "reading", f"{one.action_id}.{one.attempt}"))
            count = math.ceil(len(mine) / self.settings.batch)
            yield from (mine[start::count] for start in range(count))

    def _request(self, batch: Sequence[Shown], reader: str) -> Request:
        work = batch[0].work
        about = " ".join(f"{one.action_id}.{one.attempt}" for one in batch)
        order = sorted(
            self.values.values, key=lambda value: seeded_hash(self.seed, f"values read {about}", value.slug)
        )
        labels, fields = [*(value.slug for value in order), NO_VALUE], _fields(len(batch))
        system, user = prompts.load(self.settings.prompt).fill(
            title=self.values.title,
            values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in order),
            labels=", ".join(labels),
            fields=", ".join(fields),
            subreddit=work.subreddit,
            text=work.text,
            actions="\n".join(f"{name}. {one.text}" for name, one in zip(fields, batch, strict=True)),
        )
        return self.engine.request(
            model=reader,
            messages=[Message("system", system), Message("user", user)],
            schema=choice_among(LABELS, fields, labels),
            temperature=self.settings.temperature,
            subject=work.scenario_id,
        )

    def _is_misread(self, one: Shown) -> bool:
        found = self.read.get(one.key)
        return found is not None and found.is_misread(one.value)

    def recognised(self, one: Shown) -> int:
        """How many readers saw the value that was intended; 0 where nobody reads."""
        found = self.read.get(one.key)
        return found.labels.count(one.value) if found else 0

    def _detail(self, one: Shown) -> str:
        """For the generator and the ledger: what readers saw, and in which text."""
        label = self.read[one.key].label
        if label is None:
            saw = "each reader saw another value"
        elif label == NO_VALUE:
            saw = f"readers saw none of {self.values.title}"
        else:
            saw = f"readers saw {self.values.by_slug[label].name}"
        return f'{saw} in "{one.text}"'

    def _tell(self, one: Shown, *, final: bool) -> None:
        """Puts it into the ledger that an action is misread, or sets what is there to final."""
        for row in one.work.failures:
            if (row["value"], row["reason"], row["attempt"]) == (one.value, REASON, one.attempt):
                row["final"] = final
                return
        kept = one.work.kept[one.value]
        names = ("scenario_id", "generator", "attempt", "request_key")
        one.work.failures.append(
            {name: kept[name] for name in names}
            | {"value": one.value, "reason": REASON, "detail": self._detail(one), "final": final}
        )


def shown_of(cases: Iterable[Case]) -> list[Shown]:
    """The actions of complete cases."""
    return [
        Shown(case, work, value)
        for case in cases
        if case.complete
        for work in case.works
        for value in work.kept
    ]


def _fields(count: int) -> list[str]:
    return [f"a{number}" for number in range(1, count + 1)]


def _labels(request: Request, response: Response, count: int) -> list[str | None]:
    if response.status != "ok":
        return [None] * count
    found = response.json(request.schema)
    return [str(found[name]) for name in _fields(count)]
