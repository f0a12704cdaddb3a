"""Task 2 from logs: a JSON object a line, or a JSON list of them, that says a pair and the answer to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.published.lens.pairs import COLUMNS, FULL_RUN, PROMPTS, Asked, cell_of, choice
from pipeline.published.lens.rows import Source
from pipeline.published.lines import LONGEST_LINE
from pipeline.published.problems import Log, shown

# Fields of a log that say what was asked.
_SETTING = {*COLUMNS, "index", "custom_id", "prompt", "prompt_index", "option1", "option2", "polarity", "id"}
_STANCES = {"positive": True, "negative": False}


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
