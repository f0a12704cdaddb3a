"""The server of a study: two pages, one script, three calls, and nothing else.

A page is for who holds its cookie. What comes in is checked against the page that was given: an item of the form, an
answer that it offers. Nothing is logged, no address is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.study.limits import Limit
from pipeline.study.pages import SCRIPT, Folder, Page
from pipeline.study.store import PANEL, Person, Refused, Store

COOKIE = "study"
_WEEKS = 60 * 60 * 24 * 60
MOST_BYTES = 64 * 1024
# What a panel calls people; a spreadsheet takes none of it for a formula.
_CODE_OF_A_PANEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CODE = 64
# A week on one item: more is no time.
_SECONDS = 7 * 24 * 3600
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_ENDS = {"full": 403, "twice": 409, "no_such_code": 404, "no_access": 403, "gone": 410}


class Guard:
    """Around everything: the rate of each address, where a call comes from, and headers that every answer has."""

    def __init__(self, app: ASGIApp, limit: Limit) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in _HEADERS.items():
                    headers[name] = text
                if request.url.scheme == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        answer = self._refused(request)
        return await (answer or self._app)(scope, receive, with_headers)

    def _refused(self, request: Request) -> Response | None:
        if wait := self._limit.wait(request.client.host if request.client else ""):
            return _error("slow", 429, {"Retry-After": str(math.ceil(wait))})
        if request.method == "POST":
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return _error("no_access", 403)
            if request.headers.get("content-type", "").partition(";")[0] != "application/json":
                return _error("no_access", 415)
        return None


class Server:
    """What the routes do. Calls of the store wait for the disk, so they run beside the loop."""

    def __init__(self, folder: Folder, store: Store) -> None:
        self._folder, self._store = folder, store
        self._script = SCRIPT.read_bytes()

    async def landing(self, request: Request) -> Response:
        if await self._who(request):
            return RedirectResponse("questionnaire", 303)
        return _html(next(iter(self._folder.pages.values())), None)

    async def questionnaire(self, request: Request) -> Response:
        who = await self._who(request)
        if who is None:
            return RedirectResponse("./", 303)
        page = self._page(who)
        state = {
            "at": who.place,
            "agreed": who.agreed,
            "withdrawal": who.withdrawal,
            "answers": who.answers,
            "seconds": who.seconds,
            "background": who.background,
        }
        return _html(page, state)

    async def script(self, request: Request) -> Response:
        return Response(self._script, media_type="text/javascript")

    async def begin(self, request: Request) -> Response:
        body = await _body(request)
        code, panel = body.get("code"), body.get("panel")
        if isinstance(code, str) and code.strip():
            token = await run_in_threadpool(self._store.come_back, code[:_CODE])
        elif body.get("agreed") is True and body.get("consent") == self._folder.consent:
            ids = panel if isinstance(panel, dict) else {}
            known = {name: ids[name] for name in PANEL if isinstance(ids.get(name), str)}
            if not all(_CODE_OF_A_PANEL.fullmatch(text) for text in known.values()):
                raise Refused("no_access")
            token = await run_in_threadpool(self._store.begin, self._folder.open, self._folder.consent, known)
        else:
            raise Refused("no_access")
        answer = JSONResponse({})
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, max_age=_WEEKS, httponly=True, samesite="lax", secure=secure)
        return answer

    async def answers(self, request: Request) -> Response:
        who = await self._needed(request)
        page, body = self._page(who), await _body(request)
        given, place, said = body.get("answers"), body.get("at"), body.get("background")
        if not isinstance(given, dict) or not isinstance(place, int) or not 0 <= place < 10_000:
            return _error("no_access", 400)
        if not all(_fits(page, item, entry) for item, entry in given.items()):
            return _error("no_access", 400)
        if said is not None and not _is_said(page, said):
            return _error("no_access", 400)
        answers = {item: (answer, float(seconds)) for item, (answer, seconds) in given.items()}
        await run_in_threadpool(self._store.answer, who.person, answers, place, said)
        return JSONResponse({"stored": len(answers)})

    async def finish(self, request: Request) -> Response:
        who = await self._needed(request)
        code = await run_in_threadpool(self._store.finish, who.person)
        link = self._folder.settings.completion_link.replace("CODE", code)
        return JSONResponse({"completion": code, "link": link})

    async def _who(self, request: Request) -> Person | None:
        token = request.cookies.get(COOKIE)
        return await run_in_threadpool(self._store.person, token) if token else None

    async def _needed(self, request: Request) -> Person:
        if (who := await self._who(request)) is None:
            raise Refused("no_access")
        return who

    def _page(self, who: Person) -> Page:
        if who.form not in self._folder.open:
            raise Refused("gone")
        return self._folder.pages[who.form]


def make_app(folder: Folder, store: Store, limit: Limit | None = None) -> Starlette:
    """The server of the forms in ``folder``, whose answers are in ``store``."""
    server = Server(folder, store)
    words = next(iter(folder.pages.values())).content["words"]

    async def refused(request: Request, error: Exception) -> Response:
        word = str(error)
        if request.method == "GET":
            return HTMLResponse(f"<!DOCTYPE html><title>{word}</title><p>{words[word]}</p>", _ENDS[word])
        return _error(word, _ENDS[word])

    routes: list[tuple[str, Callable[[Request], Awaitable[Response]], str]] = [
        ("/", server.landing, "GET"),
        ("/questionnaire", server.questionnaire, "GET"),
        ("/study.js", server.script, "GET"),
        ("/begin", server.begin, "POST"),
        ("/answers", server.answers, "POST"),
        ("/finish", server.finish, "POST"),
    ]
    guard = Middleware(Guard, limit=limit or Limit(folder.settings.requests_per_minute))
    return Starlette(
        routes=[Route(path, handle, methods=[method]) for path, handle, method in routes],
        middleware=[guard],
        exception_handlers={Refused: refused},
        max_body_size=MOST_BYTES,
    )


def _html(page: Page, state: dict[str, Any] | None) -> Response:
    return HTMLResponse(page.served(state), headers={"Content-Security-Policy": page.policy})


def _error(word: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": word}, status, headers)


async def _body(request: Request) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(await request.body())
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refused("no_access")
    return content


def _fits(page: Page, item: str, entry: Any) -> bool:
    """Whether it is an answer, or none, to an item of the page, with the seconds spent on it."""
    if item not in page.answers or not isinstance(entry, list) or len(entry) != 2:
        return False
    answer, seconds = entry
    timed = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= _SECONDS
    plain = isinstance(answer, str | int) and not isinstance(answer, bool)
    return timed and (answer is None or (plain and answer in page.answers[item]))


def _is_said(page: Page, said: Any) -> bool:
    return isinstance(said, dict) and all(
        isinstance(answer, str) and answer in page.background.get(question, ())
        for question, answer in said.items()
    )
