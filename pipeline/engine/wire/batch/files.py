"""Batches as files: the Batch API of OpenAI, which many servers speak, through the official SDK.

A batch is a file of requests, uploaded, started, and answered within a day in two other files: of answers and of
errors, neither in any order, and neither complete where the batch ended early.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Final, Protocol

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Reply
from pipeline.engine.wire.batch import (
    CLOCKS,
    MARK,
    BatchKind,
    QueueFull,
    Result,
    State,
    is_full,
    refused,
    unreachable,
)
from pipeline.engine.wire.chat import CHAT_CODES
from pipeline.engine.wire.errors import Codes, error_said, is_blocked
from pipeline.engine.wire.outcomes import CallFailed, TryAgain, clean, key_refused, no_credit
from pipeline.engine.wire.retry import is_retried

WINDOW: Final = "24h"
# States in which nothing more will come.
ENDED = {"completed", "failed", "expired", "cancelled"}


class Dialect(Protocol):
    """How a request is asked, and its answer read, in a line of a file."""

    codes: Codes

    def body(self, request: Request) -> Mapping[str, Any]: ...

    def read(self, content: bytes, attempt: int) -> Reply: ...


class _Answer(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Problem(msgspec.Struct):
    code: str | int | None = None
    message: str | None = None


class _Line(msgspec.Struct):
    custom_id: str
    response: _Answer | None = None
    error: _Problem | None = None


_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()


def file_batches(
    dialect: Dialect,
    *,
    documentation: str,
    url: str = "/v1/chat/completions",
    address: Callable[[str], str] = str,
    mark: str = MARK,
    most_bytes: int = 200_000_000,
) -> BatchKind:
    """Batches of a provider that takes files as OpenAI does. ``url`` is what its lines name, ``address`` makes the
    base URL of its batches from that of its models, ``mark`` is a field of ``metadata`` that it keeps."""

    def line(key: str, request: Request) -> bytes:
        asked = {"custom_id": key, "method": "POST", "url": url, "body": dialect.body(request)}
        return _encoder.encode(asked) + b"\n"

    def connect(endpoint: Endpoint, timeout: float, retries: int) -> FileBatches:
        at = msgspec.structs.replace(endpoint, base_url=address(endpoint.base_url))
        return FileBatches(at, dialect, url, mark, timeout=timeout, retries=retries)

    return BatchKind(line=line, connect=connect, most_bytes=most_bytes, documentation=documentation)


class FileBatches:
    """The batches of one endpoint (``BatchServer``)."""

    def __init__(
        self, endpoint: Endpoint, dialect: Dialect, url: str, mark: str, *, timeout: float, retries: int
    ) -> None:
        # The SDK is imported where a batch is met, and not before.
        import openai

        self._endpoint = endpoint
        self._dialect = dialect
        self._url = url
        self._mark = mark
        self._key = endpoint.api_key()
        self._client = openai.OpenAI(
            api_key=self._key, base_url=endpoint.base_url, timeout=timeout, max_retries=retries
        )

    def upload(self, lines: IO[bytes], token: str) -> str:
        """The id of the file. Uploading twice costs nothing, so that the SDK may retry."""
        lines.seek(0)
        with self._explained():
            return self._client.files.create(file=(f"{MARK}-{token}.jsonl", lines), purpose="batch").id

    def create(self, uploaded: str, token: str, lines: IO[bytes]) -> State:
        once = self._client.with_options(max_retries=0)
        endpoint: Any = self._url  # the SDK knows OpenAI's alone
        with self._explained():
            return _state(
                once.batches.create(
                    input_file_id=uploaded,
                    endpoint=endpoint,
                    completion_window=WINDOW,
                    metadata={self._mark: token},
                )
            )

    def find(self, token: str, since: float) -> State | None:
        with self._explained():
            # Lists of batches come newest first.
            for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(self._mark) == token:
                    return _state(batch)
                if batch.created_at < since - CLOCKS:
                    return None
        return None

    def get(self, batch_id: str) -> State:
        with self._explained():
            return _state(self._client.batches.retrieve(batch_id))

    def cancel(self, batch_id: str) -> State:
        with self._explained():
            return _state(self._client.batches.cancel(batch_id))

    def results(self, state: State) -> Iterator[Result]:
        """What both files of an ended batch say, line by line."""
        for file_id in filter(None, (state.said.output_file_id, state.said.error_file_id)):
            with self._downloaded(file_id) as lines:
                for text in lines:
                    try:
                        yield self._result(_decoder.decode(text))
                    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                        yield Result("")

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _downloaded(self, file_id: str) -> Iterator[IO[bytes]]:
        # Kept whole on disk before it is read, so that a broken download settles nothing.
        with tempfile.TemporaryFile() as file:
            with self._explained(), self._client.files.with_streaming_response.content(file_id) as response:
                for chunk in response.iter_bytes():
                    file.write(chunk)
            file.seek(0)
            yield file

    def _result(self, answered: _Line) -> Result:
        key, answer = answered.custom_id, answered.response
        if answer is None:
            problem = answered.error or _Problem()
            said = ": ".join(str(each) for each in (problem.code, problem.message) if each)
            return Result(key, problem=clean(said or "no answer", self._key), again=True)
        if answer.status_code == 200:
            return read_result(key, bytes(answer.body), self._dialect, self._key)
        return failed_result(key, answer.status_code, bytes(answer.body), self._dialect, self._key)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the SDK's errors into ours."""
        import openai

        url = self._endpoint.base_url
        try:
            yield
        except openai.AuthenticationError as error:
            raise key_refused(self._endpoint) from error
        except openai.APIStatusError as error:
            said = clean(error.message, self._key)
            if error.status_code == 402 or {error.code, error.type} & CHAT_CODES.credit:
                raise no_credit(self._endpoint, said) from error
            if is_full(error.code, said):
                raise QueueFull(
                    said, where=url, remedy="run again later: it goes when others are done"
                ) from error
            raise refused(self._endpoint, error.status_code, said) from error
        except (openai.OpenAIError, ValueError) as error:
            raise unreachable(url, clean(f"{type(error).__name__}: {error}", self._key)) from error


def read_result(key: str, content: bytes, dialect: Dialect, secret: str) -> Result:
    """The result in the body of an answer that came with 200."""
    try:
        return Result(key, reply=dialect.read(content, 1))
    except CallFailed as error:
        again = isinstance(error, TryAgain)
        return Result(key, problem=clean(error.error, secret), again=again, usage=error.usage)


def failed_result(key: str, status: int, content: bytes, dialect: Dialect, secret: str) -> Result:
    """The result in the body of an error."""
    said = error_said(content)
    message = clean(said.message, secret)
    if is_blocked(dialect.codes, status, said):
        return Result(key, reply=Reply(blocked=message))
    return Result(key, problem=f"HTTP {status}: {message}", again=is_retried(status, {}))


def _state(said: Any) -> State:
    """What the SDK gives. Servers that are not OpenAI's leave fields out."""
    counts, errors = said.request_counts, (said.errors.data or []) if said.errors else []
    return State(
        id=said.id,
        status=said.status,
        ended=said.status in ENDED,
        done=(counts.completed or 0) + (counts.failed or 0) if counts else 0,
        due_at=said.expires_at,
        problem="; ".join(filter(None, (error.message for error in errors[:3]))) or None,
        is_full=any(is_full(error.code, error.message) for error in errors),
        said=said,
    )
