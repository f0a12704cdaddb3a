"""Anthropic's Message Batches: one call with all requests starts a batch, one file has all results.

A batch carries no mark of ours. Each request's id has one beside the key, and the results repeat the ids: when the
answer to a start was lost, a batch of that time is ours if its results say so, and until it has ended nobody can tell.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.wire.batch import BatchKind, Result, State, unreachable
from pipeline.engine.wire.batch.files import Dialect, failed_result, read_result
from pipeline.engine.wire.batch.http import Http, moment
from pipeline.engine.wire.batch.inline import Inline

PATH = "messages/batches"
# Ids have 64 characters at most: 43 are the key in base 64, then a hyphen, then the beginning of our mark.
KEY, MARKED = 43, 20
# Seconds by which the server's clock and the start of a call may differ from ours.
AROUND = 900.0
_encoder = msgspec.json.Encoder()
# The place of the mark in a line, until a batch has one.
_UNMARKED = "." * MARKED
# Kinds of errors after which the same request may fare better.
AGAIN = {"api_error", "overloaded_error", "rate_limit_error", "timeout_error"}


def message_batches(dialect: Dialect, headers: Any, *, documentation: str) -> BatchKind:
    """``headers`` makes those of a call from the key."""

    def line(key: str, request: Request) -> bytes:
        asked = {"custom_id": f"{_short(key)}-{_UNMARKED}", "params": dialect.body(request)}
        return _encoder.encode(asked) + b"\n"

    def connect(endpoint: Endpoint, timeout: float, retries: int) -> MessageBatches:
        http = Http(endpoint, headers(endpoint.api_key()), dialect.codes, timeout=timeout, retries=retries)
        return MessageBatches(http, dialect)

    # 256 MB are allowed; the whole is one body, which is held in memory.
    return BatchKind(
        line=line, connect=connect, most_requests=100_000, most_bytes=64_000_000, documentation=documentation
    )


class MessageBatches(Inline):
    """The batches of one endpoint (``BatchServer``)."""

    def create(self, uploaded: str, token: str, lines: IO[bytes]) -> State:
        lines.seek(0)
        unmarked, marked = f"-{_UNMARKED}".encode(), f"-{token[:MARKED]}".encode()
        asked = b",".join(line.rstrip(b"\n").replace(unmarked, marked, 1) for line in lines)
        return _state(self._http.post(PATH, b'{"requests":[' + asked + b"]}"))

    def find(self, token: str, since: float) -> State | None:
        for said in self._around(since):
            state = _state(said)
            if not state.ended:
                raise unreachable(
                    self._http.endpoint.base_url,
                    f"batch {state.id} was started at the time of ours, and tells only when it has ended whose it is",
                )
            if self._is_ours(state, token):
                return state
        return None

    def get(self, batch_id: str) -> State:
        return _state(self._http.get(f"{PATH}/{batch_id}"))

    def cancel(self, batch_id: str) -> State:
        return _state(self._http.post(f"{PATH}/{batch_id}/cancel", again=True))

    def results(self, state: State) -> Iterator[Result]:
        with tempfile.TemporaryFile() as file:
            # By our own address: the one that the server names may be anywhere.
            self._http.download(f"{PATH}/{state.id}/results", file)
            for text in file:
                try:
                    yield self._result(msgspec.json.decode(text))
                except (ValueError, LookupError, TypeError, RecursionError):
                    yield Result("")

    def close(self) -> None:
        self._http.close()

    def _around(self, since: float) -> Iterator[Any]:
        """Batches that were started at the time of ours; lists come newest first."""
        after = ""
        while True:
            page = self._http.get(f"{PATH}?limit=100{after}")
            for said in page["data"]:
                at = moment(said["created_at"]) or since
                if at < since - AROUND:
                    return
                if at < since + AROUND:
                    yield said
            if not page.get("has_more"):
                return
            after = f"&after_id={page['last_id']}"

    def _is_ours(self, state: State, token: str) -> bool:
        with tempfile.TemporaryFile() as file:
            self._http.download(f"{PATH}/{state.id}/results", file)
            return f"-{token[:MARKED]}".encode() in file.readline()

    def _result(self, line: Any) -> Result:
        key, result = _long(line["custom_id"]), line["result"]
        kind = result["type"]
        if kind == "succeeded":
            return read_result(key, msgspec.json.encode(result["message"]), self._dialect, self._http.key)
        if kind == "errored":
            error = result["error"]
            named = error.get("error", error).get("type")
            status = 500 if named in AGAIN else 400
            return failed_result(key, status, msgspec.json.encode(error), self._dialect, self._http.key)
        return Result(key, problem=f"the request was {kind}", again=True)


def _state(said: Any) -> State:
    counts = said["request_counts"]
    return State(
        id=said["id"],
        status=said["processing_status"],
        ended=said["processing_status"] == "ended",
        done=sum(counts.values()) - counts["processing"],
        due_at=moment(said.get("expires_at")),
        said=said,
    )


def _short(key: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(key)).decode().rstrip("=")


def _long(custom_id: str) -> str:
    """The key in an id of ours; what is no id of ours is the key of nothing."""
    try:
        return base64.urlsafe_b64decode(f"{custom_id[:KEY]}=").hex()
    except ValueError:
        return custom_id
