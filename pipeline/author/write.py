"""The requests for dilemmas, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipeline import prompts
from pipeline.author.seeds import Seed, seeds
from pipeline.core.invariants import given
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params import Params
from pipeline.tables import conform
from pipeline.tables.author import Authored
from pipeline.tables.ids import authored_id

_TEXT = {"type": "string"}
SCHEMA = {
    "name": "dilemma",
    "schema": {
        "type": "object",
        "properties": {"title": _TEXT, "text": _TEXT},
        "required": ["title", "text"],
        "additionalProperties": False,
    },
}
# A title and some 180 words.
TOKENS = 270


def write(engine: Answerer, params: Params) -> pl.DataFrame:
    """Table Authored: a dilemma for every seed, or why there is none."""
    asked = [(seed, _request(engine, seed, params)) for seed in seeds(params)]
    answers = engine.answer([request for _, request in asked])
    rows = [_row(seed, request, answers[request.key]) for seed, request in asked]
    return conform(Authored, rows, where="authored")


def records(authored: pl.DataFrame) -> Iterator[dict[str, str]]:
    """What the source ``authored`` reads: a record for each dilemma that was written."""
    for row in authored.filter(pl.col("post_id").is_not_null()).iter_rows(named=True):
        yield {
            "id": row["post_id"],
            "category": row["category"],
            "title": row["title"],
            "text": row["text"],
            "made_by": row["model"],
        }


def _request(engine: Answerer, seed: Seed, params: Params) -> Request:
    one, other = seed.values
    system, user = prompts.load(params.author.prompt).fill(
        category=seed.category,
        stakes=seed.stakes,
        value=one.name,
        definition=one.definition,
        other_value=other.name,
        other_definition=other.definition,
    )
    return engine.request(
        model=given(params.author.model, "author.model"),
        messages=[Message("system", system), Message("user", user)],
        schema=SCHEMA,
        temperature=params.author.temperature,
        repeat=seed.repeat,
    )


def _row(seed: Seed, request: Request, response: Response) -> dict[str, Any]:
    said = response.json(request.schema) if response.status == "ok" else {}
    title, text = said.get("title", "").strip(), said.get("text", "").strip()
    written = bool(title and text)
    return {
        "category": seed.category,
        "number": seed.number,
        "post_id": authored_id(title, text) if written else None,
        "stakes": seed.stakes,
        "value": seed.values[0].slug,
        "other_value": seed.values[1].slug,
        "model": request.model,
        # An answer whose fields are empty is no dilemma.
        "status": "invalid" if response.status == "ok" and not written else response.status,
        "title": title if written else None,
        "text": text if written else None,
        "request_key": request.key,
        "origin": response.origin,
    }
