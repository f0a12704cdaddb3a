"""What `valact explore` serves: the report, whose numbers lead to the questions, and the questions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.explore.corpus import Corpus
from pipeline.explore.page import NAME, one
from pipeline.explore.serving import Handler
from pipeline.values import Inventory

if TYPE_CHECKING:
    from aiohttp import web

REPORT = Path("data/report/report.html")


def routes(corpus: Corpus, inventory: Inventory) -> dict[str, Handler]:
    """The handlers by path."""
    from aiohttp import web

    async def questions(request: web.Request) -> web.StreamResponse:
        at = request.query.get("at", "1")
        place = int(at) if at.isdecimal() and len(at) < 10 else 1
        page = await asyncio.to_thread(one, corpus, inventory, dict(request.query), place)
        return web.Response(text=page, content_type="text/html")

    async def report(request: web.Request) -> web.StreamResponse:
        file = corpus.root / REPORT
        if not file.exists():
            raise web.HTTPFound(NAME)
        return web.FileResponse(file)

    return {"/": report, "/report.html": report, f"/{NAME}": questions}
