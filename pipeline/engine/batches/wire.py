"""The Batch API as OpenAI and compatible servers speak it, through the official SDK.

A batch is a file of requests, uploaded, started, and answered within a day in two other files: of answers and of
errors, neither in any order, and neither complete where the batch ended early.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import msgspec
import openai

from pipeline.core.errors import ProviderError
from pipeline.engine.batches.queue import is_full
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.providers.openai import ENDINGS, token_limit
from pipeline.engine.request import Request
from pipeline.engine.response import Reply, Usage
from pipeline.engine.wire.chat import CHAT_CODES, read_reply, request_body
from pipeline.engine.wire.errors import error_said, is_blocked
from pipeline.engine.wire.outcomes import CallFailed, TryAgain, clean, key_refused, no_credit
from pipeline.engine.wire.retry import is_retried

ENDPOINT: Final = "/v1/chat/completions"
WINDOW: Final = "24h"
# States in which nothing more will come.
ENDED = {"completed", "failed", "expired", "cancelled"}
# Our mark on a batch, by which it is found again when its id was not received.
MARK = "valact"
# Lists of batches come newest first; clocks may differ by this many seconds.
CLOCKS = 86_400


class Unreachable(ProviderError):
    """The server did not answer, or not with sense; it may later."""


class QueueFull(ProviderError):
    """The batch was not started, because too much is waiting already."""


class NoSuchBatch(ProviderError):
    """The server knows no such batch, or has no batches at all."""


class Result(msgspec.Struct, frozen=True):
    """What came of one request: a reply, or why there is none. ``again``: it was not answered, but may be.
    ``usage`` is what it may be billed for without a reply, ``key`` is empty for a line that says nothing.
    """

    key: str
    reply: Reply | None = None
    problem: str = ""
    again: bool = False
    usage: Usage | None = None


class _Answer(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Problem(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class _Line(msgspec.Struct):
    custom_id: str
    response: _Answer | None = None
    error: _Problem | None = None


_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()


def line(key: str, request: Request) -> bytes:
    """The line of a batch file that asks a request; its results carry ``key``."""
    body = request_body(request, limit=token_limit(request.base_url))
    asked = {"custom_id": key, "method": "POST", "url": ENDPOINT, "body": body}
    return _encoder.encode(asked) + b"\n"


class BatchServer:
    """The batches of one endpoint. Raises CredentialsError, or ProviderError and its kinds above."""

    def __init__(self, endpoint: Endpoint, *, timeout: float, retries: int) -> None:
        self._endpoint = endpoint
        self._key = endpoint.api_key()
        self._client = openai.OpenAI(
            api_key=self._key, base_url=endpoint.base_url, timeout=timeout, max_retries=retries
        )

    def upload(self, lines: IO[bytes], token: str) -> str:
        """The id of the file. Uploading twice costs nothing, so that the SDK may retry."""
        lines.seek(0)
        with self._explained():
            return self._client.files.create(file=(f"{MARK}-{token}.jsonl", lines), purpose="batch").id

    def create(self, file_id: str, token: str) -> Any:
        """Starts a batch, once: a retry after a lost answer would start and bill a second one."""
        once = self._client.with_options(max_retries=0)
        with self._explained():
            return once.batches.create(
                input_file_id=file_id,
                endpoint=ENDPOINT,
                completion_window=WINDOW,
                metadata={MARK: token},
            )

    def find(self, token: str, since: float) -> Any:
        """The batch that carries our mark, created after ``since`` (seconds since 1970), or None."""
        with self._explained():
            for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(MARK) == token:
                    return batch
                if batch.created_at < since - CLOCKS:
                    return None
        return None

    def get(self, batch_id: str) -> Any:
        with self._explained():
            return self._client.batches.retrieve(batch_id)

    def cancel(self, batch_id: str) -> Any:
        with self._explained():
            return self._client.batches.cancel(batch_id)

    def results(self, batch: Any) -> Iterator[Result]:
        """What both files of an ended batch say, line by line."""
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            with self._downloaded(file_id) as lines:
                for text in lines:
                    try:
                        yield self._result(_decoder.decode(text))
                    except (msgspec.DecodeError, UnicodeDecodeError):
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
            words = clean(": ".join(filter(None, (problem.code, problem.message))) or "no answer", self._key)
            return Result(key, problem=words, again=True)
        if answer.status_code == 200:
            try:
                return Result(key, reply=read_reply(bytes(answer.body), endings=ENDINGS))
            except CallFailed as error:
                again = isinstance(error, TryAgain)
                return Result(key, problem=clean(error.error, self._key), again=again, usage=error.usage)
        said = error_said(bytes(answer.body))
        message = clean(said.message, self._key)
        if is_blocked(CHAT_CODES, answer.status_code, said):
            return Result(key, reply=Reply(blocked=message))
        failed = f"HTTP {answer.status_code}: {message}"
        return Result(key, problem=failed, again=is_retried(answer.status_code, {}))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the SDK's errors into ours."""
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
            if error.status_code in (404, 405):
                raise NoSuchBatch(
                    f"the server knows no such batch or file, or has no batches at all: {said}",
                    where=url,
                    remedy="check the address and the account; where it has no Batch API, set "
                    f"models.{self._endpoint.name}.batch_above: null",
                ) from error
            if error.status_code in (408, 409, 429) or error.status_code >= 500:
                raise _unreachable(url, said) from error
            raise ProviderError(
                f"a batch was refused: HTTP {error.status_code}: {said}",
                where=url,
                remedy="see what the provider allows in a batch; what was answered so far is recorded",
            ) from error
        except (openai.OpenAIError, ValueError) as error:
            raise _unreachable(url, clean(f"{type(error).__name__}: {error}", self._key)) from error


def _unreachable(url: str, said: str) -> Unreachable:
    return Unreachable(
        f"batches cannot be reached: {said}",
        where=url,
        remedy="run again later; batches that are out go on meanwhile, and none is paid for twice",
    )
