"""xAI's batches: an empty batch is made, requests are added to it some at a time, results come page by page.

An empty batch costs nothing and carries our mark as its name, so that one whose start was broken is found, with as many
requests as have arrived; what has not arrived comes back without a result and is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.wire.batch import MARK, BatchKind, Result, State
from pipeline.engine.wire.batch.files import Dialect, read_result
from pipeline.engine.wire.batch.http import Http, moment

# Bytes of requests that are added by one call; 25 MB are allowed.
PART = 20_000_000
_encoder = msgspec.json.Encoder()


def container_batches(dialect: Dialect, headers: Any, *, documentation: str) -> BatchKind:
    """``headers`` makes those of a call from the key."""

    def line(key: str, request: Request) -> bytes:
        asked = {"batch_request_id": key, "batch_request": {"chat_get_completion": dialect.body(request)}}
        return _encoder.encode(asked) + b"\n"

    def connect(endpoint: Endpoint, timeout: float, retries: int) -> ContainerBatches:
        http = Http(endpoint, headers(endpoint.api_key()), dialect.codes, timeout=timeout, retries=retries)
        return ContainerBatches(http, dialect)

    return BatchKind(line=line, connect=connect, documentation=documentation)


class ContainerBatches:
    """The batches of one endpoint (``BatchServer``)."""

    def __init__(self, http: Http, dialect: Dialect) -> None:
        self._http = http
        self._dialect = dialect

    def upload(self, lines: IO[bytes], token: str) -> str:
        """An empty batch; one more of those costs nothing."""
        said = self._http.post("batches", _encoder.encode({"name": f"{MARK}-{token}"}))
        return str(said["batch_id"])

    def create(self, uploaded: str, token: str, lines: IO[bytes]) -> State:
        for part in _parts(lines):
            self._http.post(f"batches/{quote(uploaded, safe='')}/requests", part)
        return self.get(uploaded)

    def find(self, token: str, since: float) -> State | None:
        after = ""
        while True:
            page = self._http.get(f"batches?limit=100{after}")
            for said in page.get("batches") or ():
                state = _state(said)
                if said.get("name") == f"{MARK}-{token}" and _requests(said):
                    return state
            if not (token_after := page.get("pagination_token")):
                return None
            after = f"&pagination_token={quote(token_after, safe='')}"

    def get(self, batch_id: str) -> State:
        return _state(self._http.get(f"batches/{quote(batch_id, safe='')}"))

    def cancel(self, batch_id: str) -> State:
        return _state(self._http.post(f"batches/{quote(batch_id, safe='')}:cancel", again=True))

    def results(self, state: State) -> Iterator[Result]:
        after = ""
        while True:
            page = self._http.get(f"batches/{quote(state.id, safe='')}/results?limit=100{after}")
            for each in page.get("results") or ():
                try:
                    yield self._result(each)
                except (ValueError, LookupError, TypeError, RecursionError):
                    yield Result("")
            if not (token_after := page.get("pagination_token")):
                return
            after = f"&pagination_token={quote(token_after, safe='')}"

    def close(self) -> None:
        self._http.close()

    def _result(self, each: Any) -> Result:
        key, result = each["batch_request_id"], each.get("batch_result") or {}
        if answer := (result.get("response") or {}).get("chat_get_completion"):
            return read_result(key, msgspec.json.encode(answer), self._dialect, self._http.key)
        problem = each.get("error_message") or result.get("error") or "no answer"
        return Result(key, problem=str(problem)[:500].replace(self._http.key, "[key]"), again=True)


def _parts(lines: IO[bytes]) -> Iterator[bytes]:
    lines.seek(0)
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > PART:
            yield _body(part)
            part, size = [], 0
        part.append(line.rstrip(b"\n"))
        size += len(line)
    if part:
        yield _body(part)


def _body(part: list[bytes]) -> bytes:
    return b'{"batch_requests":[' + b",".join(part) + b"]}"


def _requests(said: Any) -> int:
    return int((said.get("state") or {}).get("num_requests") or 0)


def _state(said: Any) -> State:
    counts = said.get("state") or {}
    requests, pending = _requests(said), int(counts.get("num_pending") or 0)
    is_cancelled = said.get("cancel_time") is not None
    ended = requests > 0 and pending == 0
    return State(
        id=str(said["batch_id"]),
        status="cancelled" if is_cancelled else "ended" if ended else "in_progress",
        ended=ended,
        done=requests - pending,
        due_at=moment(said.get("expire_time")),
        said=said,
    )
