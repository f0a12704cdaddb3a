"""Qwen on Alibaba's Model Studio, through the async client of its native SDK.

This SDK returns errors instead of raising them, so they are told apart here. The address and
the session are given with each call: ``dashscope.base_http_api_url`` is one global for the whole process.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from dashscope import AioGeneration

from pipeline.core.errors import ProviderError
from pipeline.engine.endpoints import Endpoint
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

# Final: asking again, or in other words, would be working around the provider's inspection.
BLOCKED_CODES = {"DataInspectionFailed", "data_inspection_failed"}
KEY_CODES = {"InvalidApiKey", "invalid_api_key"}
NO_CREDIT_CODES = {
    "Arrearage",
    "AllocationQuota.FreeTierOnly",
    "CommodityNotPurchased",
    "PostpaidBillOverdue",
    "PrepaidBillOverdue",
}
NO_MODEL_CODES = {"ModelNotFound", "Model.AccessDenied", "model_not_found"}
# What the SDK lets through when an answer that arrived whole is not what the API promises.
MALFORMED = (ValueError, LookupError, TypeError, AttributeError)


class DashScopeProvider:
    """Text generation at one endpoint."""

    def __init__(self, endpoint: Endpoint, settings: Responses, learn: Learn) -> None:
        self._endpoint = endpoint
        self._timeout = settings.timeout
        self._key = endpoint.api_key()
        self._learn = learn
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request, attempt: int) -> Reply:
        try:
            answer = await self._call(request)
        except aiohttp.ClientConnectorError as error:
            raise TryAgain(clean(f"{type(error).__name__}: {error}", self._key)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryAgain(clean(f"{type(error).__name__}: {error}", self._key), usage=Usage()) from error
        except MALFORMED as error:
            raise self._no_generation(error) from error
        headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
        self._learn(headers)
        if answer.status_code != 200:
            return self._answered_with_error(answer, headers, attempt)
        try:
            return _reply(answer, attempt)
        except MALFORMED as error:
            raise self._no_generation(error) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _call(self, request: Request) -> Any:
        if self._session is None:
            self._session = session(self._endpoint.base_url)
        return await AioGeneration.call(
            model=request.model,
            messages=[{"role": message.role, "content": message.content} for message in request.messages],
            api_key=self._key,
            result_format="message",
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            response_format=None if request.schema is None else {"type": "json_object"},
            base_address=self._endpoint.base_url,
            request_timeout=self._timeout,
            session=self._session,
        )

    def _no_generation(self, error: Exception) -> CallFailed:
        return CallFailed(clean(f"the server's answer is no generation: {error!r}", self._key), Usage())

    def _answered_with_error(self, answer: Any, headers: dict[str, str], attempt: int) -> Reply:
        """Blocked is an answer; everything else is raised: as the end of this model, this try or this call."""
        status, code = answer.status_code, answer.code
        problem = clean(f"HTTP {status}, {code}: {answer.message}", self._key)
        if code in BLOCKED_CODES:
            return Reply(blocked=problem, attempts=attempt)
        if code in KEY_CODES or status == 401:
            raise key_refused(self._endpoint)
        if code in NO_CREDIT_CODES:
            raise no_credit(self._endpoint, problem)
        if code in NO_MODEL_CODES or status == 404:
            raise no_model(self._endpoint, problem)
        if status == 429 or str(code).startswith("Throttling"):
            raise Throttled(problem, retry_after(headers))
        if status == 403:
            raise ProviderError(
                f"{self._endpoint.base_url} denies access: {problem}",
                where=f"models.{self._endpoint.name}",
                remedy="check the workspace and the rights of the key; what was answered so far is recorded",
            )
        if is_retried(status, headers):
            raise TryAgain(problem, retry_after(headers))
        raise CallFailed(problem)


def _reply(answer: Any, attempts: int) -> Reply:
    """One of MALFORMED for a 200 that holds no message."""
    choice = answer.output.choices[0]
    content = choice.message.content
    if not isinstance(content, str):
        raise ValueError("the answer holds no text")
    # Half a surrogate pair is JSON, but no text; nothing downstream could store it.
    content.encode()
    details = answer.usage.get("prompt_tokens_details") or {}
    return Reply(
        text=content,
        finish_reason=choice.finish_reason,
        served_model=None,
        input_tokens=answer.usage.input_tokens,
        cached_tokens=details.get("cached_tokens"),
        output_tokens=answer.usage.output_tokens,
        attempts=attempts,
    )
