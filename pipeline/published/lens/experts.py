"""Sheets of experts: for the actions of several prompts, is the action right, are the spans, is the explanation?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pipeline.published.lens.actions import STANCES
from pipeline.published.lens.pairs import cell_of
from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown

_PROMPT = re.compile(r"generation_prompt_id_(\d+)", re.IGNORECASE)
QUESTIONS = {"ACT": "action", "ATTR": "spans", "EXP": "explanation"}


def prompts(names: list[str]) -> dict[int, dict[str, str]]:
    """For each prompt the column of each question: those between its own column and that of the next prompt."""
    found: dict[int, dict[str, str]] = {}
    of: dict[str, str] | None = None
    for name in names:
        if match := _PROMPT.fullmatch(name):
            of = found.setdefault(int(match[1]), {})
        elif of is not None and (question := QUESTIONS.get(name.split(".")[0].strip().upper())):
            of.setdefault(question, name)
    return {prompt: columns for prompt, columns in found.items() if columns}


def rater_of(name: str) -> str:
    return "published-" + re.sub(
        r"[^a-z0-9]+", "-", PurePosixPath(name.replace("!", "/")).stem.lower()
    ).strip("-")


def read(rows: list[Row], names: list[str], rater: str, log: Log) -> Iterator[dict[str, Any]]:
    """Rows of PublishedJudgements, one for each question that was asked of a row; an empty cell was not judged."""
    for row in rows:
        cell = cell_of(row.cells, row.line, log)
        stance = STANCES.get((row.get("polarity") or "").strip().lower())
        if cell is None or stance is None:
            if cell is not None:
                log.add("setting_unreadable", f"polarity {shown(row.get('polarity'))}", line=row.line)
            continue
        for prompt, columns in prompts(names).items():
            for question, column in columns.items():
                text = row[column].strip().removesuffix(".0")
                if text not in ("0", "1", ""):
                    subject = f"{row['country']}, {row['topic']}, {cell[1]}, prompt {prompt}, {question}"
                    log.add("not_a_judgement", shown(row[column]), line=row.line, subject=subject)
                yield {
                    "rater": rater,
                    "scenario_id": cell[0],
                    "value": cell[1],
                    "stance": stance,
                    "prompt": prompt,
                    "question": question,
                    "status": "answered" if text in ("0", "1") else "invalid" if text else "failed",
                    "right": text == "1" if text in ("0", "1") else None,
                    "line": row.line,
                }
