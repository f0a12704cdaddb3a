"""The published questions: scenarios that are known by their actions, options with their values, categories.

Post texts are masked and nothing carries an id, so a scenario's id is a seeded hash of its twenty action texts in the
order in which they were dealt: the same scenario in the files of two models gets the same id. Generators do not enter
into it, because their published labels are not reliable (they behave like a coin flip), and so cannot make an action's
id either: ``scenario.value.1`` and ``.2`` are the two actions of a value in dealt order.

Which row of the metadata (and so which category) a scenario has is taken from a file of questions with
``scenario_index``, or from its place in a file with as many blocks as the metadata has rows, never from a division.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.published.asked import VALUES
from pipeline.published.blocks import Line, literal
from pipeline.published.lines import read_text
from pipeline.published.problems import Log, Problem, Unreadable, readable, shown
from pipeline.tables import Options
from pipeline.tables.columns import STANCES
from pipeline.tables.published import UNKNOWN_CATEGORY, PublishedScenarios

QUESTIONS, OPTIONS = 5, 4
_POST = re.compile(r"/comments/([0-9a-z]+)(?:/|$)")
# As the files write them. Two Chinese labels stand for each other there; see ``pvq``.
VALUE_NAMES: dict[str, str] = {
    re.sub(r"[\s_-]", "", value.name.lower()): value.slug for value in VALUES.values
} | {
    "自我导向": "self_direction",
    "刺激": "stimulation",
    "享乐主义": "hedonism",
    "成就": "achievement",
    "权力": "power",
    "安全": "security",
    "顺从": "conformity",
    "传统": "tradition",
    "慈善": "benevolence",
    "博爱": "universalism",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One action as published."""

    generator: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """The five questions of a scenario: ``options[question][position]``, positions as dealt."""

    scenario_id: str
    options: tuple[tuple[Option, ...], ...]

    @property
    def ids(self) -> list[list[str]]:
        """Ids of the actions in the shape of ``options``."""
        return _ids(self.scenario_id, tuple(tuple(o.value for o in question) for question in self.options))


@lru_cache(maxsize=20_000)
def _ids(scenario_id: str, values: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    seen: Counter[str] = Counter()
    ids: list[list[str]] = []
    for question in values:
        ids.append([])
        for value in question:
            seen[value] += 1
            ids[-1].append(f"{scenario_id}.{value}.{seen[value]}")
    return ids


def value_slug(name: str) -> str | None:
    """The slug of a value as it is written in English or Chinese; None for any other word."""
    return VALUE_NAMES.get(re.sub(r"[\s_-]", "", name.lower()))


def parse(content: object) -> Scenario:
    """Five questions of four (generator, value, action) triples; Unreadable for anything else."""
    if not isinstance(content, list | tuple) or len(content) != QUESTIONS:
        raise Unreadable("options_unreadable", f"five questions are wanted; found {_size(content)}")
    return _scenario(tuple(_question(question, number) for number, question in enumerate(content, start=1)))


def _question(question: object, number: int) -> tuple[Option, ...]:
    if not isinstance(question, list | tuple) or len(question) != OPTIONS:
        raise Unreadable(
            "options_unreadable", f"question {number}: four options are wanted; found {_size(question)}"
        )
    return tuple(
        _option(option, f"question {number}, option {at}") for at, option in enumerate(question, start=1)
    )


def _option(option: object, where: str) -> Option:
    if isinstance(option, dict):
        option = [option.get(name) for name in ("generator", "value", "action")]
    if (
        not isinstance(option, list | tuple)
        or len(option) != 3
        or not all(isinstance(part, str) for part in option)
    ):
        raise Unreadable(
            "options_unreadable", f"{where}: generator, value, action are wanted; found {_size(option)}"
        )
    generator, name, text = option
    value = value_slug(name)
    if value is None:
        raise Unreadable("options_unreadable", f"{where}: {shown(name)} is none of the ten values")
    if not text.strip():
        raise Unreadable("options_unreadable", f"{where}: the action is empty")
    return Option(readable(generator), value, readable(text))


def _scenario(options: tuple[tuple[Option, ...], ...]) -> Scenario:
    texts = "\x1f".join(" ".join(option.text.split()) for question in options for option in question)
    return Scenario(f"s{seeded_hash(0, 'published scenario', texts):016x}"[:11], options)


def _size(content: object) -> str:
    return f"a list of {len(content)}" if isinstance(content, list | tuple) else f"a {type(content).__name__}"


@dataclass(slots=True)
class Bank:
    """The scenarios of all files, and the row of the metadata that each one is."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    metadata: list[dict[str, str]] = field(default_factory=list)
    _rows: dict[str, set[int]] = field(default_factory=dict)
    _listed: dict[int, dict[bool, set[str]]] = field(default_factory=dict)
    _first: dict[str, tuple[str, int]] = field(default_factory=dict)
    _read: dict[bytes, Scenario] = field(default_factory=dict)

    def parse(self, line: Line) -> Scenario:
        """The scenario of a line of questions. All files hold the same lines, so that each is read once; Unreadable."""
        mark = blake2b(line.literal.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if (known := self._read.get(mark)) is None:
            known = self._read[mark] = parse(literal(line, "options_unreadable"))
        return known

    def add(self, scenario: Scenario, log: Log, *, line: int, block: int) -> Scenario:
        """The scenario as the first file had it, so that an action has one value everywhere."""
        known = self.scenarios.setdefault(scenario.scenario_id, scenario)
        file, first = self._first.setdefault(scenario.scenario_id, (log.file, line))
        if known.options != scenario.options:
            detail = f"the labels of {file}:{first} count"
            log.add("labels_differ", detail, line=line, block=block, subject=known.scenario_id)
        return known

    def place(self, scenario_id: str, row: int) -> None:
        """Says that a scenario is a row of the metadata, counted from 0."""
        self._rows.setdefault(scenario_id, set()).add(row)

    def place_by_list(self, scenario_id: str, row: int, *, main: bool) -> None:
        """Says that a scenario stands where the list of a subset has the row.

        That holds where nothing speaks against it, because files do not hold the same scenario in each place; a run
        under the main condition counts before others.
        """
        self._listed.setdefault(row, {}).setdefault(main, set()).add(scenario_id)

    def settle(self) -> None:
        """Takes the rows of the list that one scenario alone stands for."""
        taken = {row for rows in self._rows.values() for row in rows}
        for row, claims in self._listed.items():
            scenarios = claims.get(True) or claims[False]
            if len(scenarios) == 1 and row not in taken and min(scenarios) not in self._rows:
                self.place(min(scenarios), row)

    def row(self, scenario_id: str) -> int | None:
        """The one row of the metadata that the scenario is known to be."""
        rows = self._rows.get(scenario_id, set())
        return min(rows) if len(rows) == 1 and max(rows) < len(self.metadata) else None

    def problems(self) -> Iterator[Problem]:
        """The scenarios without a row of the metadata, each where it first occurs."""
        for key, (file, line) in self._first.items():
            if self.row(key) is not None:
                continue
            rows = sorted(self._rows.get(key, ()))
            reason = "row_disagrees" if len(rows) > 1 else "category_unknown"
            detail = f"rows {', '.join(map(str, rows))}" if rows else "no row"
            yield Problem(
                file, line, 0, reason, key, f"{detail}; the metadata has {len(self.metadata):,} rows"
            )

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Tables PublishedScenarios, AskedQuestions and Options."""
        scenarios = pl.DataFrame(
            [self._described(key) for key in self.scenarios], schema=PublishedScenarios.create_empty().schema
        )
        rows = [
            (f"{key}.q{number}", position, action, option.value, STANCES[0], option.generator, False)
            for key, scenario in self.scenarios.items()
            for number, (question, ids) in enumerate(
                zip(scenario.options, scenario.ids, strict=True), start=1
            )
            for position, (option, action) in enumerate(zip(question, ids, strict=True), start=1)
        ]
        options = pl.DataFrame(rows, schema=Options.create_empty().schema, orient="row")
        questions = (
            options.select(pl.col("question_id").unique(maintain_order=True))
            .with_columns(scenario_id=pl.col("question_id").str.head(len("s") + 10))
            .join(scenarios.select("scenario_id", "category"), on="scenario_id", how="left", validate="m:1")
            # Texts of posts are not published; the ids of these scenarios are hashes of their actions themselves.
            .with_columns(content_sha256=pl.lit(None, pl.String))
        )
        return scenarios, questions, options

    def _described(self, key: str) -> dict[str, object]:
        number = self.row(key)
        row = {} if number is None else self.metadata[number]
        post = _POST.search(row.get("url", ""))
        return {
            "scenario_id": key,
            "category": row.get("category", "").strip() or UNKNOWN_CATEGORY,
            "subreddit": (row.get("subreddit") or "").removeprefix("r/") or None,
            "post_id": post[1] if post else None,
            "metadata_row": number,
        }


def read_metadata(path: Path, log: Log) -> list[dict[str, str]]:
    """Rows of the metadata; none, and a problem, where they cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        log.add("metadata_unreadable", str(error))
        return []
    if any(row.get("url") is None or row.get("category") is None for row in rows):
        log.add("metadata_unreadable", "a row has fewer fields than columns")
        return []
    return rows


def read_questions(path: Path, log: Log, bank: Bank) -> None:
    """Takes the scenarios and their rows of the metadata from a file of JSON lines into the bank."""
    for number, line in read_text(path).lines():
        try:
            if line is None:
                raise Unreadable("line_too_long", "")
            content = json.loads(line)
            row, scenario = content["scenario_index"], parse(content["questions"])
            if not isinstance(row, int) or row < 0:
                raise Unreadable("questions_unreadable", f"scenario_index {shown(row)}")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.add("questions_unreadable", type(error).__name__, line=number)
        except Unreadable as problem:
            log.add("questions_unreadable", problem.detail or "longer than any line", line=number)
        else:
            bank.add(scenario, log, line=number, block=0)
            bank.place(scenario.scenario_id, row)
