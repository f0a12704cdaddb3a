"""One call over HTTP, for every provider: sent, read as far as an answer can be long, and told apart.

The bytes go over one aiohttp session, encoded and read by msgspec; a ``Dialect`` says what they are. No redirect is
followed: the key and the request are meant for one address.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiohttp
import msgspec

from pipeline.core import progress
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Reply, Usage
from pipeline.engine.served import substitutes
from pipeline.engine.wire.errors import Codes, outcome
from pipeline.engine.wire.outcomes import CallFailed, Learn, TryAgain, clean, redirected
from pipeline.engine.wire.session import session
from pipeline.params.models import Responses

# The most bytes that an answer can have: so many in any case, and for each token, with its likely others or without.
BYTES = 1 << 20
BYTES_A_TOKEN = 256
BYTES_A_LIKELY_TOKEN = 4096

# Whoever asks keeps the time (``asking``), and cancels what takes too long.
_NO_CLOCK = aiohttp.ClientTimeout(total=None)

_encoder = msgspec.json.Encoder()


class Dialect(Protocol):
    """How one provider is spoken to. ``codes`` are its errors."""

    codes: Codes

    def url(self, endpoint: Endpoint, request: Request) -> str: ...

    def headers(self, key: str, attempt: int) -> Mapping[str, str]: ...

    def body(self, request: Request) -> Mapping[str, Any]: ...

    def read(self, content: bytes, attempt: int) -> Reply:
        """The reply in the body of an answer; CallFailed for bytes that hold none."""


class HttpProvider:
    """Calls to one endpoint. ``certificates`` makes the SSL context where the usual one will not do."""

    def __init__(
        self,
        endpoint: Endpoint,
        learn: Learn,
        dialect: Dialect,
        certificates: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._dialect = dialect
        self._key = endpoint.api_key()
        self._learn = learn
        self._certificates = certificates
        self._session: aiohttp.ClientSession | None = None
        self._told: set[str] = set()

    async def ask(self, request: Request, attempt: int) -> Reply:
        if self._session is None:
            self._session = session(self._endpoint.base_url, self._certificates and self._certificates())
        body = self._dialect.body(request)
        url = self._dialect.url(self._endpoint, request)
        headers = self._dialect.headers(self._key, attempt)
        try:
            async with self._session.post(
                url, data=_encoder.encode(body), headers=headers, timeout=_NO_CLOCK, allow_redirects=False
            ) as response:
                content = await _read(response, longest(request))
        except aiohttp.ClientConnectorError as error:
            raise TryAgain(clean(error, self._key)) from error
        except aiohttp.ClientError as error:
            raise TryAgain(clean(f"{type(error).__name__}: {error}", self._key), usage=Usage()) from error
        # multidict compares names without regard to case.
        self._learn(response.headers)
        if content is None:
            problem = f"more than {longest(request):,} bytes came: no answer of {request.max_tokens} tokens is as long"
            return Reply(unusable=problem, attempts=attempt)
        if 300 <= response.status < 400:
            place = clean(response.headers.get("location", ""), self._key, 200)
            raise redirected(self._endpoint, response.status, place)
        if response.status >= 400:
            return outcome(
                self._endpoint,
                self._dialect.codes,
                response.status,
                response.headers,
                content,
                key=self._key,
                body=body,
                attempt=attempt,
            )
        try:
            reply = self._dialect.read(content, attempt)
        except TryAgain as error:
            raise TryAgain(clean(error.error, self._key), error.asked, error.usage) from error
        except CallFailed as error:
            raise CallFailed(clean(error.error, self._key), error.usage) from error
        self._look_who_answers(request, reply)
        return reply

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _look_who_answers(self, request: Request, reply: Reply) -> None:
        """Warns, once for each, of a model that is not the one that was asked."""
        served = reply.served_model
        if not served or served == request.model or served in self._told:
            return
        self._told.add(served)
        if substitutes(request.model, [served]):
            progress.say(
                f"models.{self._endpoint.name}: {request.model} was asked, but {self._endpoint.base_url} answers "
                f"with {served}; the answers are recorded as from {served}"
            )


def connector(dialect: Dialect) -> Callable[[Endpoint, Responses, Learn], HttpProvider]:
    """What makes the Provider of an endpoint that is spoken to in one dialect, whatever the endpoint is."""

    def connect(endpoint: Endpoint, settings: Responses, learn: Learn) -> HttpProvider:
        return HttpProvider(endpoint, learn, dialect)

    return connect


def longest(request: Request) -> int:
    """The most bytes that an answer to a request can have."""
    likely = "logprobs" in request.parameters or "responseLogprobs" in request.parameters
    return BYTES + request.max_tokens * (BYTES_A_LIKELY_TOKEN if likely else BYTES_A_TOKEN)


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """The body, None where it is longer than ``most``; then the rest is never read, nor unpacked."""
    parts, size = [], 0
    while part := await response.content.readany():
        size += len(part)
        if size > most:
            response.close()
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
