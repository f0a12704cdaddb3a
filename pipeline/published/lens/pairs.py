"""Task 2: choices between two actions, from files with a row a pair and an answer for each prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.published.lens.names import value_of
from pipeline.published.lens.objects import find_object, refuses
from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown
from pipeline.tables import ids

COLUMNS = {"country", "topic", "value"}
EVALUATION = re.compile(r"evaluation(?:_(\d+))?", re.IGNORECASE)
PROMPTS = 8
# The prompt of the full runs.
FULL_RUN = 5
_OPTION = re.compile(r"\W*(?:option|action)?[\s_#]*([12])\W*", re.IGNORECASE)
_STARTS = re.compile(r"\W*(?:option|action)[\s_#]*([12])\b", re.IGNORECASE)
_BOTH = re.compile(r"(?:option|action)[\s_#]*([12])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What prompt number ``index`` of the publication is: 4 x wording + 2 x reversed + explanation."""

    index: int

    @property
    def wording(self) -> int:
        return self.index // 4 + 1

    @property
    def named(self) -> bool:
        """The first wording names the value."""
        return self.index < 4

    @property
    def reversed(self) -> bool:
        """The expressing action is shown first."""
        return self.index // 2 % 2 == 1

    @property
    def explained(self) -> bool:
        return self.index % 2 == 1

    def row(self, status: str, option: int | None, raw: str | None) -> dict[str, Any]:
        """The columns of PairChoices that hang on prompt and answer."""
        return {
            "wording": self.wording,
            "named": self.named,
            "order": "expressing_first" if self.reversed else "opposing_first",
            "explained": self.explained,
            "status": status,
            "option": option,
            "expressed": None if option is None else (option == 1) == self.reversed,
            "raw": raw,
        }


def evaluations(names: list[str]) -> dict[int, str]:
    """The columns with answers, by prompt; one without a number is that of the full runs."""
    found = {}
    for name in names:
        if match := EVALUATION.fullmatch(name):
            found[int(match[1]) if match[1] else FULL_RUN] = name
    return {index: name for index, name in sorted(found.items()) if index < PROMPTS}


def read(
    rows: list[Row], names: list[str], respondent: str, origin: str, log: Log
) -> Iterator[dict[str, Any]]:
    """Rows of PairChoices from a file with a row a pair and a column a prompt."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        cell = cell_of(row.cells, row.line, log)
        if cell is None:
            continue
        seen[cell] = seen.get(cell, 0) + 1
        subject = f"{row['country']}, {row['topic']}, {cell[1]}"
        if seen[cell] > 1:
            log.add("asked_again", f"repeat {seen[cell]}", line=row.line, subject=subject)
        options = (row.get("option1"), row.get("option2"))
        for index, name in evaluations(names).items():
            asked = Asked(index)
            shown_as = options[::-1] if asked.reversed else options
            status, option, reason = choice(row[name], shown_as)
            if reason:
                log.add(reason, shown(row[name]), line=row.line, subject=f"{subject}, prompt {index}")
            yield {
                "respondent": respondent,
                "scenario_id": cell[0],
                "value": cell[1],
                "repeat": seen[cell],
                "origin": origin,
                "line": row.line,
                **asked.row(status, option, log.kept(row[name], row.line, 0, subject)),
            }


def cell_of(cells: Mapping[str, str], line: int, log: Log) -> tuple[str, str] | None:
    """Scenario and value of a row; None, and told, where it does not say them."""
    country, topic = cells.get("country", "").strip(), cells.get("topic", "").strip()
    value, _ = value_of(cells.get("value", "").strip())
    if not country or not topic or value is None:
        detail = f"{country}, {topic}, {cells.get('value', '')}"
        log.add("setting_unreadable", shown(detail), line=line)
        return None
    return ids.scenario_of(country, topic), value


def choice(text: str | None, options: tuple[str | None, ...] = ()) -> tuple[str, int | None, str | None]:
    """Status, option as shown, and reason, of an answer to a pair.

    The field ``action`` of an object, or such an answer alone: "Option 1", "1", 'Option 1: ...', or the text of one of
    the two actions. Anything that names both, or neither, is ``invalid``.
    """
    found = find_object(text, lambda name: name.strip().lower() == "action")
    if found.form == "empty":
        return "failed", None, "empty_answer"
    if found.several:
        return "invalid", None, "objects_differ"
    said = [value for name, value in found.pairs if name.strip().lower() == "action"]
    if not said:
        if found.form == "refusal" or refuses(text or ""):
            return "refused", None, "refusal"
        said = [text]
    chosen = {_option(one, options) for one in said}
    option = chosen.pop() if len(chosen) == 1 else None
    return ("answered", option, None) if option else ("invalid", None, "not_a_choice")


def _option(answer: Any, options: tuple[str | None, ...]) -> int | None:
    text = str(answer).strip() if isinstance(answer, str | int) and not isinstance(answer, bool) else ""
    if match := _OPTION.fullmatch(text):
        return int(match[1])
    same = [number for number, option in enumerate(options, 1) if option and _words(option) == _words(text)]
    if len(same) == 1:
        return same[0]
    starts = _STARTS.match(text)
    return int(starts[1]) if starts and len(set(_BOTH.findall(text))) == 1 else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
