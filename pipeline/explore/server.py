"""What `valact explore` serves: the report, whose numbers lead to the questions, and the questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
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
    return beside_report(corpus.root / REPORT, lambda wanted, place: one(corpus, inventory, wanted, place))


def beside_report(file: Path, page: Callable[[Mapping[str, str], int], str]) -> dict[str, Handler]:
    """A report, and the pages that ``page`` makes of what is asked for and a place."""
    from aiohttp import web

    async def questions(request: web.Request) -> web.StreamResponse:
        at = request.query.get("at", "1")
        place = int(at) if at.isdecimal() and len(at) < 10 else 1
        text = await asyncio.to_thread(page, dict(request.query), place)
        return web.Response(text=text, content_type="text/html")

    async def report(request: web.Request) -> web.StreamResponse:
        if not file.exists():
            raise web.HTTPFound(NAME)
        return web.FileResponse(file)

    return {"/": report, "/report.html": report, f"/{NAME}": questions}
