"""OpenAI and every server that speaks its chat completions, through the official SDK.

The SDK does the signing, the retries (408, 409, 429, 5xx, broken connections; Retry-After up to two
minutes) and the errors, on its aiohttp transport, which is twice as fast as its own. The answer is taken
as raw JSON and read here: the SDK's models cost more time than the whole rest of a call.
"""

from __future__ import annotations

import httpx2
import msgspec
import openai

from pipeline.errors import ProviderError
from pipeline.llm.endpoints import OPENAI_URL, Endpoint
from pipeline.llm.providers import CallFailed, clean, key_refused, no_credit, no_model
from pipeline.llm.request import Request
from pipeline.llm.response import Reply
from pipeline.params import Responses

# Codes of 4xx errors that mean "not this text", here and at servers that copy the API.
BLOCKED_CODES = {
    "content_filter",
    "content_policy_violation",
    "data_inspection_failed",
    "moderation_blocked",
    "ResponsibleAIPolicyViolation",
}
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


class OpenAIProvider:
    """Chat completions at one endpoint."""

    def __init__(self, endpoint: Endpoint, settings: Responses) -> None:
        self._endpoint = endpoint
        self._key = endpoint.api_key()
        self._client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=endpoint.base_url,
            max_retries=settings.retries,
            timeout=settings.timeout,
            http_client=openai.DefaultAioHttpClient(event_hooks={"response": [_no_retry_without_credit]}),
        )

    async def ask(self, request: Request) -> Reply:
        try:
            response = await self._client.post(
                "/chat/completions",
                body=request_body(request, official=self._endpoint.base_url == OPENAI_URL),
                cast_to=httpx2.Response,
            )
        except openai.APIStatusError as error:
            return self._answered_with_error(error)
        except openai.APIConnectionError as error:
            # The SDK calls a refused connection a timeout; its cause knows better.
            problem = clean(str(error.__cause__ or "") or error.message, self._key)
            raise CallFailed(problem, _attempts(error.request)) from error
        attempts = _attempts(response.request)
        try:
            return _reply(_decoder.decode(response.content), attempts)
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as error:
            raise CallFailed(f"the server's answer is no chat completion: {error}", attempts) from error

    async def close(self) -> None:
        await self._client.close()

    def _answered_with_error(self, error: openai.APIStatusError) -> Reply:
        """Blocked is an answer; everything else is raised: as the end of the run, or of this call."""
        message, codes = clean(error.message, self._key), {error.code, error.type}
        if error.status_code in (400, 403, 422) and codes & BLOCKED_CODES:
            return Reply(blocked=message, attempts=_attempts(error.request))
        if error.status_code == 402 or codes & NO_CREDIT_CODES:
            raise no_credit(self._endpoint, message) from error
        if error.status_code == 401:
            raise key_refused(self._endpoint) from error
        if error.status_code == 404:
            raise no_model(self._endpoint, message) from error
        if error.status_code == 403:
            raise ProviderError(
                f"{self._endpoint.base_url} denies access: {message}",
                where=f"models.{self._endpoint.name}",
                remedy="check what the key, its project and your region may use; "
                "what was answered so far is recorded",
            ) from error
        raise CallFailed(f"HTTP {error.status_code}: {message}", _attempts(error.request)) from error


def request_body(request: Request, *, official: bool) -> dict[str, object]:
    """The JSON that is sent. OpenAI's newer models take the token limit by its new name only, other servers
    mostly know the old one."""
    body: dict[str, object] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
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
                "schema": msgspec.json.decode(request.schema.body),
            },
        }
    else:
        body["response_format"] = {"type": "json_object"}
    return body


def _reply(completion: _Completion, attempts: int) -> Reply:
    choice, usage = completion.choices[0], completion.usage or _Usage()
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


def _attempts(request: httpx2.Request) -> int:
    """The SDK numbers its retries in a header."""
    return 1 + int(request.headers.get("x-stainless-retry-count", 0))


async def _no_retry_without_credit(response: httpx2.Response) -> None:
    """OpenAI says "no credit" with the same 429 as "too fast"; the SDK obeys this header of its server."""
    if response.status_code == 429 and b"insufficient_quota" in await response.aread():
        response.headers["x-should-retry"] = "false"
