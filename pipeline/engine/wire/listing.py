"""Asking a server for the models that it serves: free, and it needs a valid key. For `valact doctor --online`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.errors import ProviderError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.wire.entry import Listing
from pipeline.engine.wire.outcomes import clean, key_refused


class NoList(Exception):
    """The server answers, but lists no models."""


def openai_list(endpoint: Endpoint, seconds: float, base_url: str | None = None) -> Listing:
    """By the OpenAI SDK; ``base_url`` is that of the list where it differs from the endpoint's.

    Raises NoList, CredentialsError for a refused key, ProviderError for a server that does not answer.
    """
    # The SDK is only loaded where somebody is asked.
    import openai

    key = endpoint.api_key()
    client = openai.OpenAI(
        api_key=key, base_url=base_url or endpoint.base_url, max_retries=1, timeout=seconds
    )
    try:
        with client:
            return {entry.id: getattr(entry, "shutdown_date", None) for entry in client.models.list()}
    except openai.AuthenticationError:
        raise key_refused(endpoint) from None
    except openai.NotFoundError:
        raise NoList from None
    except (openai.APIConnectionError, openai.APIStatusError) as error:
        raise _silent(endpoint, clean(error.__cause__ or error, key)) from None


def json_list(
    endpoint: Endpoint, seconds: float, url: str, headers: Mapping[str, str], names: str, field: str
) -> Listing:
    """By one GET: the objects of the list ``names``, each with its id in ``field``. Raises as ``openai_list``."""
    import httpx2

    key = endpoint.api_key()
    try:
        # It follows no redirect, so that the key goes nowhere else.
        answer = httpx2.get(url, headers=dict(headers), timeout=seconds)
        if answer.status_code in (401, 403):
            raise key_refused(endpoint)
        if answer.status_code == 404:
            raise NoList
        answer.raise_for_status()
        return {str(entry[field]).removeprefix("models/"): None for entry in answer.json()[names]}
    except (httpx2.HTTPError, ValueError, LookupError, TypeError) as error:
        raise _silent(endpoint, clean(error, key)) from None


def _silent(endpoint: Endpoint, said: str) -> ProviderError:
    return ProviderError(
        f"it does not answer: {said}",
        where=endpoint.base_url,
        remedy="check the address, the network and the provider's status page",
    )
