"""Qwen on Alibaba's Model Studio, through the async client of its native SDK.

This SDK returns errors instead of raising them and does not retry, so both are done here. The address and
the session are given with each call: ``dashscope.base_http_api_url`` is one global for the whole process.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import aiohttp
from dashscope import AioGeneration

from pipeline.errors import ProviderError
from pipeline.llm.endpoints import Endpoint
from pipeline.llm.providers import (
    LONGEST_RETRY_AFTER,
    CallFailed,
    clean,
    key_refused,
    no_credit,
    no_model,
    wait_before_retry,
)
from pipeline.llm.request import Request
from pipeline.llm.response import Reply
from pipeline.params import Responses

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
RETRIED_STATUSES = {408, 409, 429}
# What the SDK lets through when an answer that arrived whole is not what the API promises.
MALFORMED = (ValueError, LookupError, TypeError, AttributeError)


class DashScopeProvider:
    """Text generation at one endpoint."""

    def __init__(self, endpoint: Endpoint, settings: Responses) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._key = endpoint.api_key()
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request) -> Reply:
        tries = self._settings.retries + 1
        for attempt in range(1, tries + 1):
            wait = wait_before_retry(attempt)
            try:
                answer = await self._call(request)
                if answer.status_code == 200:
                    return _reply(answer, attempt)
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = clean(f"{type(error).__name__}: {error}", self._key)
            except MALFORMED as error:
                problem = clean(f"the server's answer is no generation: {error!r}", self._key)
                raise CallFailed(problem, attempt) from error
            else:
                problem = clean(f"HTTP {answer.status_code}, {answer.code}: {answer.message}", self._key)
                if answer.code in BLOCKED_CODES:
                    return Reply(blocked=problem, attempts=attempt)
                asked = _retry_after(answer)
                if not _is_retried(answer) or asked > LONGEST_RETRY_AFTER:
                    self._refuse(answer, problem, attempt)
                wait = asked or wait
            if attempt < tries:
                await asyncio.sleep(wait)
        raise CallFailed(problem, tries)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _call(self, request: Request) -> Any:
        if self._session is None:
            # The engine bounds the calls in flight; a second, hidden bound would only confuse.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=True)
        return await AioGeneration.call(
            model=request.model,
            messages=[{"role": message.role, "content": message.content} for message in request.messages],
            api_key=self._key,
            result_format="message",
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            response_format=None if request.schema is None else {"type": "json_object"},
            base_address=self._endpoint.base_url,
            request_timeout=self._settings.timeout,
            session=self._session,
        )

    def _refuse(self, answer: Any, problem: str, attempts: int) -> NoReturn:
        """Ends the run where no call can succeed, or just this call."""
        if answer.code in KEY_CODES or answer.status_code == 401:
            raise key_refused(self._endpoint)
        if answer.code in NO_CREDIT_CODES:
            raise no_credit(self._endpoint, problem)
        if answer.code in NO_MODEL_CODES or answer.status_code == 404:
            raise no_model(self._endpoint, problem)
        if answer.status_code == 403:
            raise ProviderError(
                f"{self._endpoint.base_url} denies access: {problem}",
                where=f"models.{self._endpoint.name}",
                remedy="check the workspace and the rights of the key; what was answered so far is recorded",
            )
        raise CallFailed(problem, attempts)


def _is_retried(answer: Any) -> bool:
    fatal = KEY_CODES | NO_CREDIT_CODES | NO_MODEL_CODES
    if answer.code in fatal:
        return False
    throttled = str(answer.code).startswith("Throttling")
    return throttled or answer.status_code in RETRIED_STATUSES or answer.status_code >= 500


def _retry_after(answer: Any) -> float:
    """Seconds that the server asks to wait; 0 where it does not say."""
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        return 0.0


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
