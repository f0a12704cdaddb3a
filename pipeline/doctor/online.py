"""Asking services whether they are there: for `--online` only, and nothing that costs money."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator

from pipeline.core.errors import ProviderError
from pipeline.doctor.check import Check
from pipeline.engine.endpoints import Endpoint

SECONDS = 10.0


def models(what: str, endpoint: Endpoint) -> Iterator[Check]:
    """Asks the endpoint for its list of models, which is free and needs a valid key."""
    # The SDK is only loaded where somebody is asked.
    import openai

    from pipeline.engine.providers import clean, key_refused

    key = endpoint.api_key()
    # DashScope's own API has no such list; the compatible one beside it has, for the same keys.
    url = endpoint.base_url.removesuffix("/api/v1") + "/compatible-mode/v1"
    client = openai.OpenAI(
        api_key=key,
        base_url=url if endpoint.provider == "dashscope" else endpoint.base_url,
        max_retries=1,
        timeout=SECONDS,
    )
    try:
        with client:
            served = {entry.id: entry for entry in client.models.list()}
    except openai.AuthenticationError:
        raise key_refused(endpoint) from None
    except (openai.APIConnectionError, openai.APIStatusError) as error:
        if isinstance(error, openai.NotFoundError):
            yield Check(what, "note", f"{endpoint.base_url} answers, but lists no models")
            return
        raise ProviderError(
            f"it does not answer: {clean(error.__cause__ or error, key)}",
            where=endpoint.base_url,
            remedy="check the address, the network and the provider's status page",
        ) from None
    if endpoint.model not in served:
        remedy = f"correct {what}.model, or ask the provider for access"
        yield Check(what, "warning", f"{endpoint.base_url} does not list {endpoint.model}", remedy)
        return
    yield Check(what, "ok", f"{endpoint.base_url} accepts the key and lists {endpoint.model}")
    if last_day := getattr(served[endpoint.model], "shutdown_date", None):
        yield Check(
            what, "warning", f"by the provider's own list {endpoint.model} is shut down on {last_day}"
        )


def label_studio(*, online: bool) -> Iterator[Check]:
    what, url = "Label Studio", os.environ.get("LABEL_STUDIO_URL", "").strip().rstrip("/")
    if not url:
        yield Check(what, "note", "LABEL_STUDIO_URL is not set; only validation by people needs it")
        return
    if not os.environ.get("LABEL_STUDIO_API_KEY", "").strip():
        yield Check(
            what, "warning", "LABEL_STUDIO_API_KEY is not set", "export the token of your account there"
        )
    if not online:
        yield Check(what, "ok", f"{url} (not asked)")
        return
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=SECONDS) as response:
            response.read()
        yield Check(what, "ok", f"{url} is up")
    except (OSError, ValueError) as error:
        yield Check(
            what, "warning", f"{url} does not answer: {error}", "start it, or correct LABEL_STUDIO_URL"
        )
