"""What `valact responses browse` serves: recorded answers one after another, with request, cost and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pipeline.engine.prices import PriceOf
from pipeline.engine.store import Store
from pipeline.explore.page import FOLDER, template
from pipeline.explore.serving import Handler
from pipeline.responses import records
from pipeline.responses.browse import Answer, browse
from pipeline.responses.records import Where

if TYPE_CHECKING:
    from aiohttp import web

FILTERS = ("stage", "model", "status", "provider", "subject")


def routes(store: Store, price: PriceOf) -> dict[str, Handler]:
    """The handlers by path."""
    from aiohttp import web

    async def answers(request: web.Request) -> web.StreamResponse:
        at = request.query.get("at", "1")
        place = int(at) if at.isdecimal() and len(at) < 10 else 1
        return web.Response(text=page(store, price, dict(request.query), place), content_type="text/html")

    return {"/": answers}


def page(store: Store, price: PriceOf, wanted: Mapping[str, str], place: int) -> str:
    """The ``place``-th (from 1) answer, the newest first, for which all of ``wanted`` holds."""
    wanted = {name: entry for name, entry in wanted.items() if name in FILTERS and entry}
    where = Where(" AND ".join(f"{name} = ?" for name in wanted) or "1", tuple(wanted.values()))
    ((of,),) = store.rows(f"SELECT count(*) FROM answers WHERE {where.sql}", list(where.values))
    place = min(max(place, 1), max(of, 1))
    found = [_shown(store, answer) for answer in browse(store, where, price=price, limit=1, after=place - 1)]
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
            "answer": found[0] if found else None,
        },
    )


def _entries(store: Store, name: str) -> list[str]:
    return [entry for (entry,) in store.rows(f"SELECT DISTINCT {name} FROM answers ORDER BY 1", [])]


def _link(wanted: Mapping[str, str], place: int) -> str:
    return f"/?{urlencode({**wanted, 'at': place})}"


def _shown(store: Store, answer: Answer) -> dict[str, Any]:
    """What the page says of an answer. A store holds no key of anybody's, and so does the page."""
    sent, response = answer.request or {}, answer.response
    extra = response.extra if response is not None else None
    facts: dict[str, object] = {
        "stage": answer.stage,
        "subject": answer.subject,
        "provider": answer.provider,
        "model": answer.model,
        "problem": answer.problem,
        "cost": None if answer.dollars is None else f"{answer.dollars:.6f} USD",
        "temperature": sent.get("temperature"),
        "longest answer": sent.get("max_tokens"),
    }
    if response is not None:
        facts |= {
            "status": response.status,
            "served by": response.served_model,
            "recorded": f"{response.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
            "came": response.origin,
            "calls": response.attempts,
            "finish reason": response.finish_reason,
            "error": response.error,
            "tokens in": response.input_tokens,
            "of these cached": response.cached_tokens,
            "tokens out": response.output_tokens,
            "seconds": extra.seconds if extra is not None else None,
        }
    return {
        "key": answer.key,
        "facts": {name: str(value) for name, value in facts.items() if value is not None},
        "messages": [(message["role"], message["content"]) for message in sent.get("messages", [])],
        "kept": answer.request is not None,
        "text": response.text if response is not None else "",
        "thinking": extra.reasoning if extra is not None else None,
        "set_aside": [
            (f"{dt.datetime.fromtimestamp(old.superseded_at / 1000, dt.UTC):%Y-%m-%d}", old.status, old.text)
            for old in records.superseded(store, answer.key)
        ],
    }
