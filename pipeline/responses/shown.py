"""One recorded answer for a terminal: with its request, what it cost, and what was set aside for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.core.visible import visible

if TYPE_CHECKING:
    from pipeline.engine.response import Response
    from pipeline.engine.store import Store


def told(store: Store, key: str) -> Iterator[str]:
    """The lines; control characters of models are shown as such."""
    from pipeline.responses import records

    yield f"key       {key}\nstore     {store.path}"
    if (shown := store.show(key)) is not None:
        yield from _answer(*shown)
    for old in records.superseded(store, key):
        limit = f", to be asked anew with up to {old.max_tokens:,} tokens" if old.max_tokens else ""
        yield (
            f"\n--- set aside on {moment(old.superseded_at)}: {old.status}, recorded {moment(old.recorded_at)}"
            f"{limit} ---\n{visible(old.text)}"
        )


def _answer(request: dict[str, Any] | None, response: Response) -> Iterator[str]:
    yield visible(f"recorded  {response.recorded_at:%Y-%m-%d %H:%M:%S} UTC, {response.origin}")
    if request is None:
        yield "request   not kept: the answer was taken in unchecked"
    else:
        facts = {
            name: request[name]
            for name in ("provider", "base_url", "model", "temperature", "max_tokens", "repeat")
        }
        facts |= request.get("parameters", {})
        yield "request   " + ", ".join(f"{name} {value}" for name, value in facts.items())
        for message in request["messages"]:
            yield visible(f"\n--- {message['role']} ---\n{message['content']}")
    yield visible(f"\n--- answer: {response.status} ---\n{response.text}")
    facts = {
        "error": response.error,
        "finish reason": response.finish_reason,
        "served by": response.served_model,
        "tokens in": response.input_tokens,
        "cached": response.cached_tokens,
        "tokens out": response.output_tokens,
        "calls": response.attempts,
    }
    if (extra := response.extra) is not None:
        facts |= {"of thinking": extra.reasoning_tokens, "the provider's id": extra.request_id}
        facts |= {"to note": "; ".join(extra.notes) or None}
        if extra.reasoning:
            yield visible(f"\n--- thinking ---\n{extra.reasoning}")
    facts_told = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    yield "\n" + visible(facts_told)


def moment(milliseconds: int) -> str:
    """A time of the store to the minute, UTC."""
    return f"{dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC):%Y-%m-%d %H:%M}"
