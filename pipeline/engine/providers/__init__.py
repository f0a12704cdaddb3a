"""Providers: who answers requests. One file, one provider; its ``ENTRY`` is all that is known of it."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.core.errors import ProviderError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.outcomes import Learn, Provider
from pipeline.engine.wire.servers import Servers
from pipeline.params.models import Responses

PROVIDERS: Entries[ProviderEntry] = Entries("provider", __name__, ProviderEntry)


def connect(endpoint: Endpoint, settings: Responses, learn: Learn) -> Provider:
    """The provider that serves an endpoint; CredentialsError when its key is missing."""
    entry = PROVIDERS.entry(endpoint.provider)
    if entry.connect is None:
        raise ProviderError(
            f"the provider {endpoint.provider!r} is never asked: it has recorded answers only",
            where=f"models.{endpoint.name}",
            remedy="name another provider",
        )
    if endpoint.servers:
        return Servers({one.base_url: entry.connect(one, settings, learn) for one in endpoint.each()})
    return entry.connect(endpoint, settings, learn)
