"""Asking services whether they are there: for `--online` only, and nothing that costs money."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator

from pipeline.doctor.check import Check
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.providers import PROVIDERS
from pipeline.engine.wire.listing import NoList

SECONDS = 10.0


def models(what: str, endpoint: Endpoint) -> Iterator[Check]:
    """Asks the endpoint for its list of models, which is free and needs a valid key."""
    listing = PROVIDERS.entry(endpoint.provider).listing
    if listing is None:
        yield Check(what, "note", f"{endpoint.provider} has no list of models to ask for")
        return
    try:
        served = listing(endpoint, SECONDS)
    except NoList:
        yield Check(what, "note", f"{endpoint.base_url} answers, but lists no models")
        return
    if endpoint.model not in served:
        remedy = f"correct {what}.model, or ask the provider for access"
        yield Check(what, "warning", f"{endpoint.base_url} does not list {endpoint.model}", remedy)
        return
    yield Check(what, "ok", f"{endpoint.base_url} accepts the key and lists {endpoint.model}")
    if last_day := served[endpoint.model]:
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
