"""The contract of ``valact import-answers``: which tables, which columns, what stands for one that is not there.

docs/extending.md has it for people. A table need not be there, apart from ``respondents``; a column need not, apart
from those without a default.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.tables import ANSWER_STATUSES, KINDS, MODES

NEEDED = object()


@dataclass(frozen=True, slots=True)
class Column:
    """``default``: NEEDED, or what an empty cell and a missing column mean. ``known``: the words that it may hold."""

    kind: pl.DataType
    default: object = None
    known: tuple[str, ...] = ()


TEXT, WHOLE, REAL = pl.String(), pl.Int64(), pl.Float64()

_ASKED = {
    "language": Column(TEXT, "en"),
    "wording": Column(WHOLE, 1),
    "status": Column(TEXT, None, ANSWER_STATUSES),
    "raw": Column(TEXT),
}

TABLES: dict[str, dict[str, Column]] = {
    # Any other column of respondents is a covariate.
    "respondents": {
        "respondent": Column(TEXT, NEEDED),
        "kind": Column(TEXT, "human", KINDS),
        "group": Column(TEXT),
        "model": Column(TEXT),
        "temperature": Column(REAL),
        "agent": Column(TEXT),
        "condition": Column(TEXT),
        "source": Column(TEXT),
        "answered_on": Column(TEXT),
        "prompts": Column(TEXT),
    },
    # What was chosen is one of letter (with order), position, action_id and value.
    "choices": {
        "respondent": Column(TEXT, NEEDED),
        "question_id": Column(TEXT, NEEDED),
        "mode": Column(TEXT, "default", MODES),
        "repeat": Column(WHOLE, 1),
        "order": Column(TEXT),
        "letter": Column(TEXT),
        "position": Column(WHOLE),
        "action_id": Column(TEXT),
        "value": Column(TEXT),
        "target_value": Column(TEXT),
        "content_sha256": Column(TEXT),
        **_ASKED,
    },
    "instrument_answers": {
        "respondent": Column(TEXT, NEEDED),
        "instrument": Column(TEXT, NEEDED),
        "item": Column(WHOLE, NEEDED),
        "answer": Column(WHOLE),
        "administration": Column(WHOLE, 1),
        "shuffle": Column(WHOLE, 0),
        "place": Column(WHOLE),
        **_ASKED,
    },
    # In the place of answers to items, where only scores are known.
    "scores": {
        "respondent": Column(TEXT, NEEDED),
        "instrument": Column(TEXT, NEEDED),
        "value": Column(TEXT, NEEDED),
        "administration": Column(WHOLE, 1),
        "mean": Column(REAL),
        "centred": Column(REAL),
    },
    "ratings": {
        "respondent": Column(TEXT, NEEDED),
        "text_id": Column(TEXT, NEEDED),
        "value": Column(TEXT, NEEDED),
        "rating": Column(WHOLE),
        "repeat": Column(WHOLE, 1),
        **_ASKED,
    },
    # Questions that are not those of this run: their options, and the category of each.
    "options": {
        "question_id": Column(TEXT, NEEDED),
        "position": Column(WHOLE, NEEDED),
        "action_id": Column(TEXT, NEEDED),
        "value": Column(TEXT, NEEDED),
    },
    "questions": {
        "question_id": Column(TEXT, NEEDED),
        "scenario_id": Column(TEXT, NEEDED),
        "category": Column(TEXT, "unknown"),
        "content_sha256": Column(TEXT),
    },
}
