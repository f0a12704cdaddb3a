"""OpenAI and every server that speaks its chat completions.

The official SDK decides what is sent along: base URL, key, organisation, user agent, all its headers. The bytes
go over one aiohttp session, encoded and read by msgspec: that is several times as fast as the SDK's own way of
sending, whose models, options and copies cost more than the call. Retries keep to the SDK's rules (``retry``).
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import httpx2
import msgspec
import openai

from pipeline.core.errors import ProviderError
from pipeline.engine.endpoints import OPENAI_URL, Endpoint
from pipeline.engine.providers import (
    CallFailed,
    Learn,
    Throttled,
    TryAgain,
    clean,
    key_refused,
    no_credit,
    no_model,
)
from pipeline.engine.providers.retry import is_retried, retry_after
from pipeline.engine.providers.wire import session
from pipeline.engine.request import Request
from pipeline.engine.response import Reply, Usage
from pipeline.params.models import Responses

# Codes of 4xx errors that mean "not this text", here and at servers that copy the API.
BLOCKED_CODES = {
    "content_filter",
    "content_policy_violation",
    "data_inspection_failed",
    "moderation_blocked",
    "ResponsibleAIPolicyViolation",
}
BLOCKED_STATUSES = {400, 403, 422}
NO_CREDIT_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Completion)
_encoder = msgspec.json.Encoder()


class OpenAIProvider:
    """Chat completions at one endpoint."""

    def __init__(self, endpoint: Endpoint, settings: Responses, learn: Learn) -> None:
        self._endpoint = endpoint
        self._key = endpoint.api_key()
        self._learn = learn
        self._official = endpoint.base_url == OPENAI_URL
        self._client = openai.AsyncOpenAI(
            api_key=self._key, base_url=endpoint.base_url, timeout=settings.timeout
        )
        self._url = f"{self._client.base_url}chat/completions"
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout)
        self._headers: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request, attempt: int) -> Reply:
        if self._session is None:
            self._session = self._open()
        headers = self._headers | {"x-stainless-retry-count": str(attempt - 1)}
        body = _encoder.encode(request_body(request, official=self._official))
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                content = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise TryAgain(clean(error, self._key)) from error
        except TimeoutError as error:
            problem = f"Timeout: no whole answer within {self._timeout.total:g} seconds"
            raise TryAgain(problem, usage=Usage()) from error
        except aiohttp.ClientError as error:
            raise TryAgain(clean(f"{type(error).__name__}: {error}", self._key), usage=Usage()) from error
        # multidict compares names without regard to case.
        self._learn(response.headers)
        if response.status >= 400:
            return self._answered_with_error(response.status, response.headers, content, attempt)
        return read_reply(content, attempt)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self._client.close()

    def _open(self) -> aiohttp.ClientSession:
        """The session. Only inside a running event loop: the SDK's headers name it."""
        sent = {**self._client.default_headers, **self._client.auth_headers}
        self._headers = {name: value for name, value in sent.items() if isinstance(value, str)}
        self._headers["x-stainless-read-timeout"] = f"{self._timeout.total:g}"
        return session(self._endpoint.base_url, httpx2.create_ssl_context())

    def _answered_with_error(
        self, status: int, headers: Mapping[str, str], content: bytes, attempt: int
    ) -> Reply:
        """Blocked is an answer; everything else is raised: as the end of this model, this try or this call."""
        codes, message = error_said(content)
        message = clean(message, self._key)
        problem = f"HTTP {status}: {message}"
        if status in BLOCKED_STATUSES and codes & BLOCKED_CODES:
            return Reply(blocked=message, attempts=attempt)
        if status == 402 or codes & NO_CREDIT_CODES:
            raise no_credit(self._endpoint, message)
        if status == 401:
            raise key_refused(self._endpoint)
        if status == 404:
            raise no_model(self._endpoint, message)
        if status == 403:
            raise ProviderError(
                f"{self._endpoint.base_url} denies access: {message}",
                where=f"models.{self._endpoint.name}",
                remedy="check what the key, its project and your region may use; "
                "what was answered so far is recorded",
            )
        if status == 429 and headers.get("x-should-retry") != "false":
            raise Throttled(problem, retry_after(headers))
        if is_retried(status, headers):
            raise TryAgain(problem, retry_after(headers))
        raise CallFailed(problem)


def request_body(request: Request, *, official: bool) -> dict[str, object]:
    """What is sent, as an object that msgspec encodes. OpenAI's newer models take the token limit by its new
    name only, other servers mostly know the old one."""
    body: dict[str, object] = {
        "model": request.model,
        "messages": request.messages,
        "temperature": request.temperature,
        "max_completion_tokens" if official else "max_tokens": request.max_tokens,
    }
    if request.schema is None:
        return body
    if request.strict:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {
                "name": request.schema.name,
                "strict": True,
                "schema": msgspec.Raw(request.schema.body),
            },
        }
    else:
        body["response_format"] = {"type": "json_object"}
    return body


def error_said(content: bytes) -> tuple[set[str], str]:
    """The codes and the message of an error, in whichever of the usual shapes."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return set(), content.decode(errors="replace")
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return set(), str(error)
    codes = {code for name in ("code", "type") if isinstance(code := error.get(name), str)}
    return codes, str(error.get("message", ""))


def read_reply(content: bytes, attempts: int = 1) -> Reply:
    """The reply in a chat completion; CallFailed for bytes that are none."""
    try:
        completion = _decoder.decode(content)
        choice, usage = completion.choices[0], completion.usage or _Usage()
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as error:
        raise CallFailed(f"the server's answer is no chat completion: {error}", Usage()) from error
    return Reply(
        text=choice.message.content or "",
        finish_reason=choice.finish_reason,
        refusal=choice.message.refusal,
        served_model=completion.model,
        input_tokens=usage.prompt_tokens,
        cached_tokens=usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None,
        output_tokens=usage.completion_tokens,
        attempts=attempts,
    )
