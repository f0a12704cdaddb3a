"""What an observer predicts of a model's choices from its explanations, in four settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown

COLUMNS = {"label", "result"}
SETTINGS = ("action", "spans", "explanation", "both")
_TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_LABEL = re.compile(r"label\W*?[:=]\W*(true|false|yes|no|[01])\b", re.IGNORECASE)
_ALONE = re.compile(r"\W*(true|false)\W*", re.IGNORECASE)


def setting_of(name: str) -> str | None:
    """Which of the four, by the file's name: attribution, explanation, both of them, or default."""
    stem = name.rsplit("/", 1)[-1].lower()
    spans, explanation = "attribution" in stem, "explanation" in stem
    if spans or explanation:
        return "both" if spans and explanation else "spans" if spans else "explanation"
    return "action" if "default" in stem or "action" in stem else None


def read(rows: list[Row], respondent: str, setting: str, log: Log) -> Iterator[dict[str, Any]]:
    """Rows of PublishedPredictions."""
    for row in rows:
        label = _TRUTH.get(row["label"].strip().removesuffix(".0").lower())
        if label is None:
            log.add("setting_unreadable", f"label {shown(row['label'])}", line=row.line)
            continue
        guess = guessed(row["result"])
        if guess is None:
            log.add("not_a_guess", shown(row["result"]), line=row.line)
        yield {
            "respondent": respondent,
            "setting": setting,
            "row": row.index,
            "label": label,
            "guess": guess,
            "raw": log.kept(row["result"], row.line, 0, ""),
            "line": row.line,
        }


def guessed(text: str) -> bool | None:
    """What an answer predicts: its label, the same one wherever it says one, or true or false alone."""
    found = {_TRUTH[word.lower()] for word in _LABEL.findall(text)}
    if not found and (alone := _ALONE.fullmatch(text)):
        found = {_TRUTH[alone[1].lower()]}
    return found.pop() if len(found) == 1 else None
