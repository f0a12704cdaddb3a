"""The generated actions: one row a scenario, value and stance, in every damaged form."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.published.lens.objects import find_object
from pipeline.published.lens.pairs import cell_of
from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown

COLUMNS = {"country", "topic", "value", "polarity"}
TEXT = re.compile(
    r"generation_prompt(?:_(?:id_)?\d+)?|response|answer|generated?_action|action", re.IGNORECASE
)
STANCES = {"positive": "expresses", "negative": "opposes"}
ACTION, SPANS, EXPLANATION = "Human Action", "Feature Attributions", "Natural Language Explanation"
_KEYS = {name.lower(): name for name in (ACTION, SPANS, EXPLANATION)}
_QUOTES = "'\"“”‘’"
# A literal whose strings hold quotes that are not escaped: the keys say where each field ends.
_BROKEN = re.compile(
    rf"""['"]{ACTION}['"]\s*:\s*['"](?P<action>.*?)['"]\s*,\s*"""
    rf"""['"]{SPANS}['"]\s*:\s*\[(?P<spans>.*?)\]\s*,\s*"""
    rf"""['"]{EXPLANATION}['"]\s*:\s*['"](?P<explanation>.*?)['"]?\s*\}}""",
    re.DOTALL,
)


# A refusal in the place of the action; "I cannot stand by when ..." is an action.
_REFUSED = re.compile(
    r"(?:i['’]?m sorry|i am sorry|sorry,|apologies|i apologi[sz]e|"
    r"i (?:can['’]?t|cannot|won['’]?t) (?:assist|help with|comply|fulfil|provide|create|generate))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer gave. ``form``: json, literal, repaired, refusal, broken, empty."""

    form: str
    action: str | None = None
    spans: tuple[str, ...] = ()
    explanation: str | None = None


def said(text: str | None) -> Said:
    """The action, its spans and its explanation; no action of an answer that is a refusal, cut off or garbled."""
    found = find_object(text, lambda name: _key(name) == ACTION)
    if found.form in ("json", "literal") and not found.several:
        fields = {_key(name): value for name, value in found.pairs}
        action = fields.get(ACTION)
        if isinstance(action, str) and _REFUSED.match(action.strip()):
            return Said("refusal")
        if isinstance(action, str) and action.strip():
            spans = fields.get(SPANS)
            return Said(
                found.form,
                action.strip(),
                tuple(str(span) for span in spans) if isinstance(spans, list) else (),
                str(fields[EXPLANATION]) if fields.get(EXPLANATION) else None,
            )
    if found.form in ("refusal", "empty"):
        return Said(found.form)
    if match := _BROKEN.search(text or ""):
        spans = tuple(_unquoted(span) for span in re.split(r"""['"]\s*,\s*['"]""", match["spans"].strip()))
        return Said("repaired", _unescaped(match["action"]), spans, _unescaped(match["explanation"]))
    return Said("broken")


def _key(name: str) -> str | None:
    return _KEYS.get(" ".join(name.replace("_", " ").lower().split()))


def _unquoted(text: str) -> str:
    return _unescaped(text.strip().strip(_QUOTES))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(['\"])", r"\1", text).strip()


def text_column(names: list[str]) -> str | None:
    """The column of the answers."""
    return next((name for name in names if TEXT.fullmatch(name)), None)


def read(rows: list[Row], column: str, log: Log) -> Iterator[dict[str, Any]]:
    """Rows of PublishedActions from the answers in ``column``: an action is told by its cell and stance, not by its
    place."""
    _tell_pairs(rows, log)
    for row in rows:
        cell = cell_of(row.cells, row.line, log)
        stance = STANCES.get(row["polarity"].strip().lower())
        if cell is None or stance is None:
            if cell is not None:
                log.add("setting_unreadable", f"polarity {shown(row['polarity'])}", line=row.line)
            continue
        subject = f"{row['country']}, {row['topic']}, {cell[1]}, {row['polarity']}"
        answer = said(row[column])
        reason = {
            "refusal": "refusal",
            "broken": "action_broken",
            "repaired": "action_repaired",
            "empty": "empty_answer",
        }.get(answer.form)
        if reason:
            log.add(reason, shown(row[column]), line=row.line, subject=subject)
        yield {
            "scenario_id": cell[0],
            "value": cell[1],
            "stance": stance,
            "country": row["country"].strip(),
            "topic": row["topic"].strip(),
            "form": answer.form,
            "text": answer.action,
            "spans": list(answer.spans),
            "explanation": answer.explanation,
            "words": len(answer.action.split()) if answer.action else 0,
            "raw": log.kept(row[column], row.line, 0, subject),
            "row": row.index,
            "line": row.line,
        }


def _tell_pairs(rows: list[Row], log: Log) -> None:
    stances: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in rows:
        stances[row["country"], row["topic"], row["value"]].add(row["polarity"].strip().lower())
    for cell, found in stances.items():
        if lacking := set(STANCES) - found:
            log.add("stance_missing", f"no {', '.join(sorted(lacking))}", subject=", ".join(cell))
