"""Which files of a folder are published results, and what each other one is: every file is accounted for.

They may lie anywhere below the folder: results by their name (``names``), the metadata (a CSV with the columns ``url``
and ``category``, a row a scenario), questions (JSON lines with ``scenario_index`` and ``questions``), aggregate tables
(CSV or workbooks, a column a model and a row a value), tests of them (a row a model and value), and notebooks with the
rows of the subset.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from filecmp import cmp
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.published import names
from pipeline.published.names import Named
from pipeline.published.sheets import SUFFIXES

LOOKS_FOR = "files named <model>_result_exp_<experiment>.txt, in the folder or any folder below it"
# The condition of a file that does not say reddit, beside one that does.
OTHER_QUESTIONS = "other-questions"
# Files that hold no answers by what they are; all others that are not read are told one by one.
BESIDE = "code, text or pictures, where no results are looked for"

_RESULT = re.compile(r"(?P<model>[^/]+?)_result_exp_(?P<experiment>[^/]+)\.txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file of answers. ``name`` is its path below the folder."""

    path: Path
    name: str
    model: str
    named: Named

    @property
    def instrument(self) -> str:
        """A mode of the questions or an instrument."""
        return self.named.instrument

    @property
    def temperature(self) -> float | None:
        return self.named.temperature

    @property
    def language(self) -> str:
        return self.named.language

    @property
    def respondent(self) -> str:
        """A model under a condition of its own is a respondent of its own, and no other agent."""
        return names.respondent(self.model, self.named)

    @property
    def condition(self) -> str:
        return names.condition(self.model, self.named)


@dataclass(slots=True)
class Read:
    """What a file of answers gave.

    ``rows`` are of the columns of its instrument, ``sources`` (wording, subject, round, line, block), the subject a
    scenario or an administration.
    ``scenarios`` are those of its blocks, None for an unreadable one, so that a block keeps its place. Of an
    instrument: the value that the file's labels give each item, and the numbers of the trials that were read.
    """

    file: ResultFile
    blocks: int = 0
    unreadable: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    sources: list[tuple[int, str, int, int, int]] = field(default_factory=list)
    scenarios: list[str | None] = field(default_factory=list)
    filed: dict[int, str] = field(default_factory=dict)
    trials: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What a folder holds. ``others``: names that look like results or tables, each with the reason why it is not read;
    ``beside``: files of other kinds."""

    results: list[ResultFile] = field(default_factory=list)
    metadata: list[Path] = field(default_factory=list)
    questions: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    notebooks: list[Path] = field(default_factory=list)
    others: list[tuple[str, str, str]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


def find(folder: Path) -> Found:
    """Looks through ``folder`` and all below it, hidden folders apart; InputError without any results."""
    if not folder.is_dir():
        raise InputError(
            "there is no such folder", where=str(folder), remedy=f"name one that holds {LOOKS_FOR}"
        )
    found = Found()
    results: list[tuple[str, Path, re.Match[str]]] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        match = _RESULT.fullmatch(path.name)
        if not path.is_file():
            found.others.append((name, "missing_file", "to be fetched first?"))
        elif match:
            results.append((name, path, match))
        elif suffix == ".csv" and {"url", "category"} <= set(header(path)):
            found.metadata.append(path)
        elif suffix in SUFFIXES:
            found.tables.append(path)
        elif suffix == ".jsonl" and _first_line_has(path, '"scenario_index"'):
            found.questions.append(path)
        elif suffix == ".ipynb":
            found.notebooks.append(path)
        elif suffix == ".txt" and "result" in path.name.lower():
            found.others.append((name, "name_not_recognised", f"not one of {LOOKS_FOR}"))
        else:
            found.beside.append(name)
    _take(found, results, folder)
    if not found.results:
        raise InputError(
            "no published results were found", where=str(folder), remedy=f"name a folder with {LOOKS_FOR}"
        )
    return found


def header(path: Path) -> list[str]:
    """The column names of a CSV file; empty where it is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader([file.readline(100_000)]), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in sorted(files) if not name.startswith("."))


def _take(found: Found, results: list[tuple[str, Path, re.Match[str]]], folder: Path) -> None:
    """Each answer once: a second file of the same model and condition is not read."""
    taken: dict[tuple[str, str], ResultFile] = {}
    files = []
    for name, path, match in results:
        named = names.read_name(match["experiment"])
        if named is None:
            detail = f"{match['experiment']!r}; known are default, prompt_sensitivity, human_behavior, pvq"
            found.others.append((name, "experiment_not_known", detail))
        else:
            files.append(ResultFile(path, name, names.model_name(match["model"]), named))
    # A file that does not say reddit holds other questions where there is one that does.
    for file in sorted(files, key=lambda file: (not file.named.reddit, file.name)):
        first = taken.setdefault((file.respondent, file.instrument), file)
        if first.named.reddit and not file.named.reddit and not cmp(first.path, file.path, shallow=False):
            other = replace(file, named=replace(file.named, others=(*file.named.others, OTHER_QUESTIONS)))
            first = taken.setdefault((other.respondent, other.instrument), file := other)
        if first is not file:
            same = cmp(first.path, file.path, shallow=False)
            detail = f"{'the same bytes' if same else 'OTHER bytes'} as {first.name}"
            found.others.append((file.name, "read_already", detail))
    found.results = sorted(taken.values(), key=lambda file: file.name)


def _first_line_has(path: Path, text: str) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return text in file.readline(65_536)
