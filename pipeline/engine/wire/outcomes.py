"""How one call can end.

A provider turns one Request into one Reply by one call, and keeps to these outcomes: a Reply (also when the
model refused or the provider blocked it); ``Throttled`` when the server has too many calls, ``TryAgain`` when
the same call may well succeed later, ``CallFailed`` when it will not; and a ValActError when the model cannot
be used at all (key refused, no credit, no such model, a parameter that it does not take). Who tries again, and
when, is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from pipeline.core.errors import CredentialsError, ProviderError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Reply, Usage

# Told the headers of every answer, by lower-case name, as a provider gets it.
Learn = Callable[[Mapping[str, str]], None]


class CallFailed(Exception):
    """A call ended without an answer. ``usage`` is what it may be billed for, None where that is nothing."""

    def __init__(self, error: str, usage: Usage | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.usage = usage


class TryAgain(CallFailed):
    """The same call may succeed later; ``asked`` is the number of seconds that the server asks to wait."""

    def __init__(self, error: str, asked: float | None = None, usage: Usage | None = None) -> None:
        super().__init__(error, usage)
        self.asked = asked


class Throttled(TryAgain):
    """Turned away because there are too many calls; nothing was done and nothing is billed."""


class ParameterRefused(ProviderError):
    """The server does not take a parameter as it is sent: every other request would end alike."""


class Provider(Protocol):
    """What the engine needs of a provider; one instance serves many calls at once."""

    async def ask(self, request: Request, attempt: int) -> Reply:
        """One call. ``attempt`` counts the calls made for this request, from 1."""

    async def close(self) -> None: ...


def clean(message: object, key: str, limit: int = 500) -> str:
    """An error message fit for tables and people: one line, no API key, not endless."""
    text = str(message).replace(key, "[key]") if key else str(message)
    return " ".join(text.split())[:limit]


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


def denied(endpoint: Endpoint, message: str) -> ProviderError:
    return ProviderError(
        f"{endpoint.base_url} denies access: {message}",
        where=f"models.{endpoint.name}",
        remedy="check what the key, its project and your region may use; what was answered so far is recorded",
    )


def redirected(endpoint: Endpoint, status: int, location: str) -> ProviderError:
    return ProviderError(
        f"{endpoint.base_url} answers with a redirect (HTTP {status}) to {location or 'nowhere'}, which is not "
        "followed: the key and the request are meant for the address in params only",
        where=f"models.{endpoint.name}",
        remedy=f"if that is the right place, put its address into models.{endpoint.name}.base_url",
    )
