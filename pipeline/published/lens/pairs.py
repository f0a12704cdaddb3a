"""Task 2: choices between two actions, from files with an answer for each prompt and from logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.published.lens.names import value_of
from pipeline.published.lens.objects import find_object, refuses
from pipeline.published.lens.rows import Row, Source
from pipeline.published.lines import LONGEST_LINE
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
# Fields of a log that say what was asked.
_SETTING = {*COLUMNS, "index", "custom_id", "prompt", "prompt_index", "option1", "option2", "polarity", "id"}
_STANCES = {"positive": True, "negative": False}


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


def log_lines(source: Source, log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and object of each line of a log, or of each entry of one JSON list."""
    if source.text.lstrip().startswith("["):
        yield from _entries(source.text, log)
        return
    for number, text in enumerate(source.text.split("\n"), start=1):
        if not text.strip():
            continue
        try:
            entry = json.loads(text) if len(text) <= LONGEST_LINE else None
        except (ValueError, RecursionError):
            entry = None
        if isinstance(entry, dict):
            yield number, entry
        else:
            log.add("line_unreadable", shown(text), line=number)


def _entries(text: str, log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    decoder = json.JSONDecoder()
    at, line, counted = text.find("{"), 1, 0
    while at >= 0:
        line, counted = line + text.count("\n", counted, at), at
        try:
            entry, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            log.add("line_unreadable", "the list ends here, or its next entry is broken", line=line)
            return
        yield line, entry
        at = text.find("{", at)


def answer_field(lines: list[tuple[int, dict[str, Any]]]) -> str | None:
    """The field of a log that holds the answers: the one that most often says one of two options, in words before bare
    numbers, both options before one; None where there is none, or lines say no pair."""
    says: dict[str, list[tuple[bool, int]]] = {}
    of_pairs = 0
    for _, entry in lines:
        of_pairs += _index(entry) is not None or set(entry) >= COLUMNS
        for name, value in entry.items():
            option = None if name in _SETTING else choice(_text(value))[1]
            if option is not None:
                says.setdefault(name, []).append((not isinstance(value, int), option))
    if not says or not of_pairs:
        return None

    def rank(name: str) -> tuple[int, int, int]:
        found = says[name]
        return sum(words for words, _ in found), len(found), len({option for _, option in found})

    return max(sorted(says), key=rank)


def has_stances(lines: list[tuple[int, dict[str, Any]]]) -> bool:
    """Whether the lines name the chosen stance instead of an option."""
    return any(_stance(entry) is not None and _index(entry) is not None for _, entry in lines)


def read_log(
    lines: list[tuple[int, dict[str, Any]]],
    field: str | None,
    rows_of: Mapping[int, tuple[str, str]],
    respondent: str,
    origin: str,
    log: Log,
) -> Iterator[dict[str, Any]]:
    """Rows of PairChoices from a log with its answers in ``field``, or named by their stance; ``rows_of`` is scenario
    and value of each row of the full file of actions."""
    seen: dict[tuple[str, str, int], list[tuple[str, int | None]]] = {}
    for line, entry in lines:
        cell = _cell(entry, rows_of, line, log)
        prompt = _number(entry.get("prompt_index", entry.get("prompt", FULL_RUN)))
        if cell is None:
            continue
        if prompt is None or not 0 <= prompt < PROMPTS:
            log.add("setting_unreadable", f"prompt {shown(entry.get('prompt_index'))}", line=line)
            continue
        asked = Asked(prompt)
        answer, stance = _text(entry.get(field or "")), _stance(entry)
        options = tuple(
            entry.get(name) if isinstance(entry.get(name), str) else None for name in ("option1", "option2")
        )
        status, option, reason = choice(answer, options[::-1] if asked.reversed else options)
        if field is None and stance is not None:
            status, option, reason = "answered", 1 if stance == asked.reversed else 2, None
        subject = f"{cell[1]}, prompt {prompt}"
        before = seen.setdefault((*cell, prompt), [])
        if (status, option) in before:
            log.add("repeated_row", "the same answer", line=line, subject=subject)
            continue
        before.append((status, option))
        if len(before) > 1:
            log.add("asked_again", f"repeat {len(before)}", line=line, subject=subject)
        if reason:
            log.add(reason, shown(answer), line=line, subject=subject)
        yield {
            "respondent": respondent,
            "scenario_id": cell[0],
            "value": cell[1],
            "repeat": len(before),
            "origin": origin,
            "line": line,
            **asked.row(status, option, log.kept(answer, line, 0, subject)),
        }


def _cell(
    entry: Mapping[str, Any], rows_of: Mapping[int, tuple[str, str]], line: int, log: Log
) -> tuple[str, str] | None:
    if set(entry) >= COLUMNS:
        return cell_of({name: str(entry[name]) for name in COLUMNS}, line, log)
    index = _index(entry)
    if index is None:
        log.add("setting_unreadable", "neither index nor country, topic and value", line=line)
    elif index not in rows_of:
        log.add("no_such_row", f"index {index}", line=line)
    else:
        return rows_of[index]
    return None


def _index(entry: Mapping[str, Any]) -> int | None:
    if "index" in entry:
        return _number(entry["index"])
    named = re.fullmatch(r"\D*(\d+)", str(entry.get("custom_id", "")))
    return int(named[1]) if named else None


def _number(value: Any) -> int | None:
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _stance(entry: Mapping[str, Any]) -> bool | None:
    for name in ("T2_response", "polarity"):
        if isinstance(entry.get(name), str) and entry[name].strip().lower() in _STANCES:
            return _STANCES[entry[name].strip().lower()]
    return None


def _text(value: Any) -> str | None:
    """An answer in a log as text; of a provider's batch the content of its message."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return _content(value) or json.dumps(value, ensure_ascii=False)
    return None


def _content(body: Mapping[str, Any]) -> str | None:
    body = body["body"] if isinstance(body.get("body"), dict) else body
    choices = body.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            return str(message["content"])
    return None
