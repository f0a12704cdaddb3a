"""A server for one reader on this machine: loopback only, nothing is written, nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pipeline.core.ports import HOST, free_port

if TYPE_CHECKING:
    from aiohttp import web

Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


def served(routes: dict[str, Handler], port: int, taken_by: str, tell: Callable[[str], None]) -> None:
    """Serves ``routes`` (path: handler) until Ctrl-C; ``tell`` is handed the address. Port 0 takes any free one.

    A page of another site that has this machine's address as its own (DNS rebinding) is refused by its Host header,
    and pages carry no credentials: there are none.
    """
    from aiohttp import web

    number = free_port(port, taken_by=taken_by, remedy="stop that one, or choose another --port")
    tell(f"http://{HOST}:{number}/")
    web.run_app(application(routes, number), host=HOST, port=number, print=None, access_log=None)


def application(routes: dict[str, Handler], port: int) -> web.Application:
    from aiohttp import web

    @web.middleware
    async def only_here(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            raise web.HTTPForbidden(text="This server answers only to its own address.")
        response = await handler(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        return response

    made = web.Application(middlewares=[only_here])
    made.add_routes([web.get(path, handler) for path, handler in routes.items()])
    return made
