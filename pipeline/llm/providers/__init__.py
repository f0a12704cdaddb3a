"""Providers: who answers requests.

A provider turns one Request into one Reply and keeps to three outcomes: a Reply (also when the model
refused or the provider blocked it), ``CallFailed`` when this one call got no answer, and a ValActError
when the endpoint cannot be used at all (key refused, no credit, no such model), which ends the run.
"""

from __future__ import annotations

import random
from typing import Protocol

from pipeline.errors import CredentialsError, ProviderError
from pipeline.llm.endpoints import Endpoint
from pipeline.llm.request import Request
from pipeline.llm.response import Reply
from pipeline.params import Responses

FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
# A server that asks for a longer pause than this is not waited for; the call counts as failed.
LONGEST_RETRY_AFTER = 120.0


class CallFailed(Exception):
    """A call ended without an answer, after ``attempts`` tries. It is asked again in the next run."""

    def __init__(self, error: str, attempts: int) -> None:
        super().__init__(error)
        self.error = error
        self.attempts = attempts


class Provider(Protocol):
    """What the engine needs of a provider; one instance serves many calls at once."""

    async def ask(self, request: Request) -> Reply: ...

    async def close(self) -> None: ...


def connect(endpoint: Endpoint, settings: Responses) -> Provider:
    """The provider that serves an endpoint; CredentialsError when its key is missing.

    SDKs are imported here and not before: a run on recorded answers never pays for them.
    """
    if endpoint.provider == "openai":
        from pipeline.llm.providers.openai import OpenAIProvider

        return OpenAIProvider(endpoint, settings)
    from pipeline.llm.providers.dashscope import DashScopeProvider

    return DashScopeProvider(endpoint, settings)


def wait_before_retry(attempt: int) -> float:
    """Seconds before the try that follows number ``attempt``: 0.5 doubling to 8, less up to a quarter."""
    return min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (1 - 0.25 * random.random())


def clean(message: object, key: str, limit: int = 500) -> str:
    """An error message fit for tables and people: one line, no API key, not endless."""
    return " ".join(str(message).replace(key, "[key]").split())[:limit]


def key_refused(endpoint: Endpoint) -> CredentialsError:
    return CredentialsError(
        f"{endpoint.base_url} refused the key in {endpoint.variable}_API_KEY",
        where=f"models.{endpoint.name}",
        remedy=f"put a valid key into {endpoint.variable}_API_KEY; what was answered so far is recorded",
    )


def no_credit(endpoint: Endpoint, message: str) -> ProviderError:
    return ProviderError(
        f"{endpoint.base_url} has no credit left for this key: {message}",
        where=f"models.{endpoint.name}",
        remedy="top up the account and run again; what was answered so far is recorded",
    )


def no_model(endpoint: Endpoint, message: str) -> ProviderError:
    return ProviderError(
        f"{endpoint.base_url} does not serve {endpoint.model!r} to this key: {message}",
        where=f"models.{endpoint.name}",
        remedy=f"correct models.{endpoint.name}.model, base_url or endpoint in params.yaml, "
        "or ask the provider for access",
    )
