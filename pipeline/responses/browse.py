"""What `valact responses browse` serves: recorded answers one after another, with request, cost and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pipeline.engine.prices import Book
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.explore.page import FOLDER, template
from pipeline.explore.serving import Handler
from pipeline.responses import records
from pipeline.responses.records import Where

if TYPE_CHECKING:
    from aiohttp import web

FILTERS = ("stage", "model", "status", "provider", "subject")


def routes(store: Store, book: Book) -> dict[str, Handler]:
    """The handlers by path."""
    from aiohttp import web

    async def answers(request: web.Request) -> web.StreamResponse:
        at = request.query.get("at", "1")
        place = int(at) if at.isdecimal() and len(at) < 10 else 1
        return web.Response(text=page(store, book, dict(request.query), place), content_type="text/html")

    return {"/": answers}


def page(store: Store, book: Book, wanted: Mapping[str, str], place: int) -> str:
    """The ``place``-th (from 1) answer, the newest first, for which all of ``wanted`` holds."""
    wanted = {name: entry for name, entry in wanted.items() if name in FILTERS and entry}
    where = Where(" AND ".join(f"{name} = ?" for name in wanted) or "1", tuple(wanted.values()))
    ((of,),) = store.rows(f"SELECT count(*) FROM answers WHERE {where.sql}", list(where.values))
    place = min(max(place, 1), max(of, 1))
    query = f"SELECT lower(hex(key)) FROM answers WHERE {where.sql} ORDER BY recorded_at DESC, key LIMIT 1 OFFSET ?"
    keys = [key for (key,) in store.rows(query, [*where.values, place - 1])]
    return template(
        "answer.html.j2",
        {
            "style": (FOLDER / "explore.css").read_text(encoding="utf-8"),
            "entries": {name: _entries(store, name) for name in FILTERS if name != "subject"},
            "wanted": wanted,
            "place": place,
            "of": of,
            "before": _link(wanted, place - 1) if place > 1 else "",
            "after": _link(wanted, place + 1) if place < of else "",
            "answer": _answer(store, book, keys[0]) if keys else None,
        },
    )


def _entries(store: Store, name: str) -> list[str]:
    return [entry for (entry,) in store.rows(f"SELECT DISTINCT {name} FROM answers ORDER BY 1", [])]


def _link(wanted: Mapping[str, str], place: int) -> str:
    return f"/?{urlencode({**wanted, 'at': place})}"


def _answer(store: Store, book: Book, key: str) -> dict[str, Any] | None:
    """What is shown of one answer: nothing that a store does not hold, and it holds no key of anybody's."""
    shown = store.show(key)
    if shown is None:
        return None
    request, response = shown
    ((stage, provider, subject),) = store.rows(
        "SELECT stage, provider, subject FROM answers WHERE key = ?", [bytes.fromhex(key)]
    )
    sent = request or {}
    facts = {
        "status": response.status,
        "stage": stage,
        "subject": subject,
        "provider": provider,
        "model": sent.get("model") or response.served_model,
        "served by": response.served_model,
        "recorded": f"{response.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
        "calls": response.attempts,
        "finish reason": response.finish_reason,
        "error": response.error,
        "tokens in": response.input_tokens,
        "of these cached": response.cached_tokens,
        "tokens out": response.output_tokens,
        "cost": _cost(book, provider, sent.get("model"), response),
        "temperature": sent.get("temperature"),
        "longest answer": sent.get("max_tokens"),
    }
    extra = response.extra
    return {
        "key": key,
        "facts": {name: str(value) for name, value in facts.items() if value is not None},
        "messages": [(message["role"], message["content"]) for message in sent.get("messages", [])],
        "kept": request is not None,
        "text": response.text,
        "thinking": extra.reasoning if extra is not None else None,
        "set_aside": [
            (f"{dt.datetime.fromtimestamp(old.superseded_at / 1000, dt.UTC):%Y-%m-%d}", old.status, old.text)
            for old in records.superseded(store, key)
        ],
    }


def _cost(book: Book, provider: str, model: str | None, response: Response) -> str | None:
    """At the price of a single call; a batch costs less, and the answer does not say that it came by one."""
    price = book.of(provider, model) if model else None
    if price is None or response.input_tokens is None or response.output_tokens is None:
        return None
    amount = price.cost(response.input_tokens, response.cached_tokens or 0, response.output_tokens)
    return f"{amount:.6f} USD at the price of a single call"
