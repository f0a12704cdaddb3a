"""Gemini's batches: one call with all requests, by their names in the results of the same batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.wire.batch import CLOCKS, MARK, BatchKind, Result, State
from pipeline.engine.wire.batch.files import Dialect, failed_result, read_result
from pipeline.engine.wire.batch.http import Http, moment
from pipeline.engine.wire.batch.inline import Inline

# The endings of states in which nothing more will come; they begin with BATCH_STATE or JOB_STATE.
ENDED = {"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"}
# google.rpc codes after which the same request may fare better: deadline, exhausted, aborted, internal, unavailable.
AGAIN = {4, 8, 10, 13, 14}
_encoder = msgspec.json.Encoder()


def generation_batches(dialect: Dialect, headers: Any, *, documentation: str) -> BatchKind:
    """``headers`` makes those of a call from the key."""

    def line(key: str, request: Request) -> bytes:
        return _encoder.encode({"request": dialect.body(request), "metadata": {"key": key}}) + b"\n"

    def connect(endpoint: Endpoint, timeout: float, retries: int) -> GenerationBatches:
        http = Http(endpoint, headers(endpoint.api_key()), dialect.codes, timeout=timeout, retries=retries)
        return GenerationBatches(http, dialect)

    # Requests in the call itself: 20 MB with everything around them.
    return BatchKind(line=line, connect=connect, most_bytes=19_000_000, documentation=documentation)


class GenerationBatches(Inline):
    """The batches of one endpoint (``BatchServer``)."""

    def create(self, uploaded: str, token: str, lines: IO[bytes]) -> State:
        lines.seek(0)
        asked = b",".join(line.rstrip(b"\n") for line in lines)
        name = _encoder.encode(f"{MARK}-{token}")
        body = b'{"batch":{"displayName":%b,"inputConfig":{"requests":{"requests":[%b]}}}}' % (name, asked)
        model = quote(self._http.endpoint.model, safe="")
        return _state(self._http.post(f"models/{model}:batchGenerateContent", body))

    def find(self, token: str, since: float) -> State | None:
        page_token = ""
        while True:
            page = self._http.get(f"batches?pageSize=100{page_token}")
            for said in page.get("operations") or ():
                about = said.get("metadata") or {}
                if about.get("displayName") == f"{MARK}-{token}":
                    return self.get(said["name"].removeprefix("batches/"))
                if (moment(about.get("createTime")) or since) < since - CLOCKS:
                    return None
            if not (after := page.get("nextPageToken")):
                return None
            page_token = f"&pageToken={quote(after, safe='')}"

    def get(self, batch_id: str) -> State:
        return _state(self._http.get(f"batches/{quote(batch_id, safe='')}"))

    def cancel(self, batch_id: str) -> State:
        self._http.post(f"batches/{quote(batch_id, safe='')}:cancel", again=True)
        return self.get(batch_id)

    def results(self, state: State) -> Iterator[Result]:
        for each in _responses(state.said):
            try:
                yield self._result(each)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                yield Result("")

    def close(self) -> None:
        self._http.close()

    def _result(self, each: Any) -> Result:
        key = each["metadata"]["key"]
        if "response" in each:
            return read_result(key, msgspec.json.encode(each["response"]), self._dialect, self._http.key)
        error = each["error"]
        status = 500 if error.get("code") in AGAIN else 400
        return failed_result(key, status, msgspec.json.encode(error), self._dialect, self._http.key)


def _responses(said: Any) -> list[Any]:
    output = said.get("response") or (said.get("metadata") or {}).get("output") or {}
    inlined = output.get("inlinedResponses") or {}
    return (inlined.get("inlinedResponses") if isinstance(inlined, dict) else inlined) or []


def _state(said: Any) -> State:
    """From an Operation, whose ``metadata`` is the batch."""
    about = said.get("metadata") or {}
    status = str(about.get("state") or "BATCH_STATE_PENDING").split("STATE_")[-1]
    counts = about.get("batchStats") or {}
    error = said.get("error") or {}
    return State(
        id=said["name"].removeprefix("batches/"),
        status=status.lower(),
        ended=status in ENDED or bool(said.get("done")),
        done=int(counts.get("successfulRequestCount") or 0) + int(counts.get("failedRequestCount") or 0),
        problem=error.get("message"),
        said=said,
    )
