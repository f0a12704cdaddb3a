"""Recorded answers one after another, each with its request, what it cost and when it came: read only, as many as
there are without holding them all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import zstandard

from pipeline.engine import answer_rows
from pipeline.engine.answer_rows import RESPONSE, ChangedRow
from pipeline.engine.origin import BATCH
from pipeline.engine.prices import PriceOf, price_of
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.responses.records import Where

_QUERY = f"SELECT subject, stage, provider, base_url, model, request, extra, {RESPONSE} FROM answers"


class Answer(msgspec.Struct, frozen=True):
    """One recorded answer. ``request`` is None where it is not kept, ``dollars`` where the price or the tokens are not
    known; an answer that was not asked for here cost nothing here. The time of the call is
    ``response.extra.seconds``, None for batches and brought answers; ``response.recorded_at`` is when it came.
    ``problem`` says what is wrong with a row that is not what was recorded; it has neither response nor request.
    """

    key: str
    subject: str
    stage: str
    provider: str
    base_url: str
    model: str
    request: dict[str, Any] | None = None
    response: Response | None = None
    dollars: Decimal | None = None
    problem: str | None = None


def browse(
    store: Store,
    condition: Where | None = None,
    *,
    price: PriceOf = price_of,
    limit: int = -1,
    after: int = 0,
) -> Iterator[Answer]:
    """The newest answers first: up to ``limit`` of them (-1: all) after the first ``after``."""
    condition = condition or Where()
    query = f"{_QUERY} WHERE {condition.sql} ORDER BY recorded_at DESC, key LIMIT ? OFFSET ?"
    for row in store.rows(query, [*condition.values, limit, after]):
        yield _answer(row, price)


def _answer(row: tuple[Any, ...], price: PriceOf) -> Answer:
    subject, stage, provider, base_url, model, body, extra, *found = row
    about = found[0].hex(), subject, stage, provider, base_url, model
    try:
        response = answer_rows.response_of(found, extra)
        request = answer_rows.request_of(body)
    except (ChangedRow, ValueError, zstandard.ZstdError) as error:
        return Answer(*about, problem=str(error))
    return Answer(*about, request, response, _dollars(provider, model, response, price))


def _dollars(provider: str, model: str, response: Response, price: PriceOf) -> Decimal | None:
    if not response.is_own:
        return Decimal(0)
    known, usage = price(provider, model), response.usage
    if known is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    return known.cost(usage.input_tokens, cached, usage.output_tokens, batch=response.origin == BATCH)
