"""A loopback stand-in for Reddit's OAuth and listing API, as far as read-only clients use it.

    with RedditService(posts=[...]) as reddit:
        os.environ.update(reddit.environment())

It pages listings with ``after``, ends them at 1,000, drops unknown ids and those of closed subreddits from
``/api/info``, sends rate-limit headers, and answers as scripted: closed subreddits, refused credentials, errors
before the n-th answer. With an ``allowance`` it counts the requests of each window and turns away the rest, as Reddit
does; its clock is the machine's, and whatever a test adds to ``skipped`` instead of sleeping.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT_ID, CLIENT_SECRET, TOKEN = "test-client", "test-secret", "test-token"
CAP = 1000


class RedditService:
    """``closed`` maps a subreddit to the HTTP status it is answered with (302: redirect to the search)."""

    def __init__(self, posts: list[dict[str, Any]], *, closed: dict[str, int] | None = None) -> None:
        self.posts = posts
        self.closed = closed or {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.tokens_issued = 0
        self.remaining = 99.0
        self.reset = 60
        # Statuses to answer with before anything else; the headers go with a 429.
        self.failures: list[int] = []
        self.retry_after = "3"
        self.expire_token = False
        # Requests a window of ``reset`` seconds; None for as many as come.
        self.allowance: int | None = None
        self.skipped = 0.0
        self.turned_away = 0
        self._window_began, self._used = time.monotonic(), 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self) -> dict[str, str]:
        return {
            "REDDIT_CLIENT_ID": CLIENT_ID,
            "REDDIT_CLIENT_SECRET": CLIENT_SECRET,
            "REDDIT_USER_AGENT": "test:valact:0 (loopback)",
            "REDDIT_URL": self.url,
            "REDDIT_OAUTH_URL": self.url,
        }

    def __enter__(self) -> RedditService:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count_request(self) -> bool:
        """Whether one more request is within the allowance; the headers then say what is left of it."""
        if self.allowance is None:
            return True
        now = time.monotonic() + self.skipped
        if now - self._window_began >= self.reset:
            self._window_began, self._used = now, 0
        self._used += 1
        self.remaining = max(self.allowance - self._used, 0) + 1  # one is taken off where the answer is made
        self.turned_away += self._used > self.allowance
        return self._used <= self.allowance

    def listing(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """The posts of ``r/NAME/KIND``, newest first, for top by score."""
        _, _, name, kind = path.split("/")
        found = [post for post in self.posts if post["subreddit"].lower() == name.lower()]
        if kind == "search":
            found = [post for post in found if query["q"] in post["title"]]
        return sorted(found, key=lambda post: -post["score" if kind == "top" else "created_utc"])[:CAP]


def _handler(service: RedditService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if self.headers.get("authorization") != f"Basic {expected}":
                return self._answer(401, {"message": "Unauthorized", "error": 401})
            service.tokens_issued += 1
            return self._answer(
                200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600, "scope": "*"}
            )

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            service.requests.append((parts.path, query))
            if self.headers.get("authorization") != f"bearer {TOKEN}" or service.expire_token:
                service.expire_token = False
                header = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
                return self._answer(401, {"message": "Unauthorized", "error": 401}, header)
            if not service.count_request():
                return self._answer(429, {}, {"retry-after": str(service.reset)})
            if service.failures:
                return self._answer(service.failures.pop(0), {}, {"retry-after": service.retry_after})
            if parts.path == "/api/info":
                wanted = query["id"].split(",")
                by_name = {
                    f"t3_{post['id']}": post
                    for post in service.posts
                    if post["subreddit"].lower() not in service.closed
                }
                return self._listing([by_name[name] for name in wanted if name in by_name], None)
            status = service.closed.get(parts.path.split("/")[2].lower())
            if status == 302:
                return self._answer(302, {}, {"location": f"{service.url}/subreddits/search?q=x"})
            if status:
                return self._answer(status, {"message": "no", "error": status})
            if parts.path.endswith("/about"):
                return self._answer(200, {"kind": "t5", "data": {"display_name": parts.path.split("/")[2]}})
            found = service.listing(parts.path, query)
            names = [f"t3_{post['id']}" for post in found]
            start = names.index(query["after"]) + 1 if "after" in query else 0
            stop = start + min(int(query["limit"]), 100)
            return self._listing(found[start:stop], names[stop - 1] if stop < len(found) else None)

        def _listing(self, posts: list[dict[str, Any]], after: str | None) -> None:
            children = [{"kind": "t3", "data": post} for post in posts]
            service.remaining -= 1
            self._answer(
                200,
                {"kind": "Listing", "data": {"after": after, "before": None, "children": children}},
                {
                    "x-ratelimit-remaining": str(service.remaining),
                    "x-ratelimit-used": "1",
                    "x-ratelimit-reset": str(service.reset),
                },
            )

        def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(data)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
