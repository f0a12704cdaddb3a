"""Which files of a folder are published results, and what their names say.

Results are called ``<model>_result_exp_<experiment>.txt``, where the experiment is ``pvq``, ``default``, or a name
for selection (``attribute...``, ``selection...``) or adoption (``...adoption``), with ``reddit``, ``chinese`` and
``temp<T>`` as further parts. They may lie anywhere below the folder, and so may the metadata (a CSV with the columns
``url`` and ``category``, a row a scenario), questions (JSON lines with ``scenario_index`` and ``questions``) and the
aggregate tables (``..._prompt<N>...csv`` with the column ``Attribute``).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.published.asked import INSTRUMENT
from pipeline.tables import MAIN

# The names in the files and the models behind them; the exact Llama is not published.
MODELS: dict[str, str | None] = {
    "4o": "gpt-4o-2024-08-06",
    "gemini": "gemini-2.5-pro",
    "claude": "claude-sonnet-4-20250514",
    "grok": "grok-4-0709",
    "llama": None,
    "qwen": "Qwen2.5-72B-Instruct-Turbo",
    "dpsk": "DeepSeek-V3",
    "kimi": "Kimi-K2-Instruct",
    "seed": "doubao-seed-1-6-250615",
    "glm": "glm-4.5",
}
LANGUAGES = {"en": "English", "zh": "Chinese"}
LOOKS_FOR = "files named <model>_result_exp_<experiment>.txt, in the folder or any folder below it"

_RESULT = re.compile(r"(?P<model>[^/]+?)_result_exp_(?P<experiment>[^/]+)\.txt", re.IGNORECASE)
_TEMPERATURE = re.compile(r"temp(\d+(?:\.\d+)?)")
_TABLE = re.compile(r".+_prompt\d*(?:_[^/]+)?\.csv", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file of answers. ``name`` is its path below the folder, ``instrument`` a mode or an instrument."""

    path: Path
    name: str
    model: str
    instrument: str
    temperature: float | None
    language: str

    @property
    def respondent(self) -> str:
        """A model in a language and at a temperature of its own is a respondent of its own."""
        return respondent(self.model, self.temperature, self.language)

    @property
    def condition(self) -> str:
        """What is particular to it among the files of its model."""
        parts = [] if self.temperature is None else [f"temperature {self.temperature:g}"]
        parts += [] if self.language == "en" else [LANGUAGES[self.language]]
        return ", ".join(parts) or MAIN


@dataclass(slots=True)
class Read:
    """What a file of answers gave.

    ``rows`` are of the columns of its instrument, ``sources`` (wording, scenario or administration, line, block).
    ``scenarios`` are those of its blocks, None for an unreadable one, so that a block keeps its place.
    """

    file: ResultFile
    blocks: int = 0
    unreadable: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    sources: list[tuple[int, str, int, int]] = field(default_factory=list)
    scenarios: list[str | None] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What a folder holds; ``others`` are names that look like results, each with the reason why it is not read."""

    results: list[ResultFile] = field(default_factory=list)
    metadata: list[Path] = field(default_factory=list)
    questions: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    others: list[tuple[str, str, str]] = field(default_factory=list)


def respondent(model: str, temperature: float | None = None, language: str = "en") -> str:
    """``published-4o``, ``published-4o-t0.5``, ``published-4o-zh``."""
    parts = ["published", model]
    if temperature is not None:
        parts.append(f"t{temperature:g}")
    if language != "en":
        parts.append(language)
    return "-".join(parts)


def find(folder: Path) -> Found:
    """Looks through ``folder`` and all below it, hidden folders apart; InputError without any results."""
    if not folder.is_dir():
        raise InputError(
            "there is no such folder", where=str(folder), remedy=f"name one that holds {LOOKS_FOR}"
        )
    found = Found()
    taken: dict[tuple[str, str], str] = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        match = _RESULT.fullmatch(path.name)
        if not path.is_file():
            if match:
                found.others.append((name, "missing_file", "to be fetched first?"))
        elif match:
            _take(found, taken, path, name, match)
        elif suffix == ".csv" and _TABLE.fullmatch(path.name) and "Attribute" in header(path):
            found.tables.append(path)
        elif suffix == ".csv" and {"url", "category"} <= set(header(path)):
            found.metadata.append(path)
        elif suffix == ".jsonl" and _first_line_has(path, '"scenario_index"'):
            found.questions.append(path)
        elif suffix == ".txt" and "result" in path.name.lower():
            found.others.append((name, "name_not_recognised", f"not one of {LOOKS_FOR}"))
    if not found.results:
        raise InputError(
            "no published results were found", where=str(folder), remedy=f"name a folder with {LOOKS_FOR}"
        )
    return found


def read_lines(path: Path) -> tuple[list[str], str]:
    """The lines of a text file and its encoding: UTF-8, else GB 18030, in which Chinese files are often saved.

    Lines end with LF or CR LF only: the answers inside may hold any other separator. Raises UnicodeDecodeError.
    """
    content = path.read_bytes()
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("gb18030"), "gb18030"
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return (lines[:-1] if lines[-1] == "" else lines), encoding


def header(path: Path) -> list[str]:
    """The column names of a CSV file; empty where it is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in sorted(names) if not name.startswith("."))


def _take(
    found: Found, taken: dict[tuple[str, str], str], path: Path, name: str, match: re.Match[str]
) -> None:
    experiment = match["experiment"].lower()
    temperature = _TEMPERATURE.search(experiment)
    language = "zh" if "chinese" in experiment else "en"
    instrument = _instrument(
        _TEMPERATURE.sub("", experiment).replace("chinese", "").replace("reddit", "").strip("_")
    )
    if instrument is None:
        known = "pvq, default, attribute, selection, adoption"
        found.others.append((name, "experiment_not_known", f"{match['experiment']!r}; known are {known}"))
        return
    file = ResultFile(
        path,
        name,
        match["model"].lower(),
        instrument,
        float(temperature[1]) if temperature else None,
        language,
    )
    first = taken.setdefault((file.respondent, instrument), name)
    if first != name:
        same = (path.parents[name.count("/")] / first).read_bytes() == path.read_bytes()
        found.others.append(
            (name, "read_already", f"{'the same bytes' if same else 'OTHER bytes'} as {first}")
        )
        return
    found.results.append(file)


def _instrument(experiment: str) -> str | None:
    words = [word for word in experiment.split("_") if word]
    if words == ["pvq"]:
        return INSTRUMENT.name
    if words == ["default"]:
        return "default"
    if words and words[-1] == "adoption":
        return "adoption"
    if words and words[0] in ("attribute", "selection"):
        return "selection"
    return None


def _first_line_has(path: Path, text: str) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return text in file.readline(65_536)
