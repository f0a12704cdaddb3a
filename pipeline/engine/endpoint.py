"""Where one model is served, and with which key it is asked."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from msgspec import structs

from pipeline.core.errors import CredentialsError

# Sent to a server that wants no key: SDKs insist on one.
NO_KEY = "no-key"


class Endpoint(msgspec.Struct, frozen=True):
    """Where and how one model of params is served. It holds no key, so it may be shown and compared.

    ``variable`` is the prefix of the environment variables; ``base_url`` is without a slash at its end
    and empty where nobody is asked; ``strict`` says whether the provider enforces a JSON schema. ``parameters``
    are the request parameters that params set for the model. ``key_url`` is the address under which answers are
    recorded, where it is not the one that is asked; ``servers`` are all addresses where there are several.
    """

    name: str
    provider: str
    variable: str
    base_url: str
    model: str
    strict: bool
    max_tokens: int
    needs_key: bool = True
    parameters: dict[str, Any] = {}
    key_url: str | None = None
    servers: tuple[str, ...] = ()

    @property
    def recorded_url(self) -> str:
        """The address that enters keys and tables."""
        return self.key_url or self.base_url

    def each(self) -> list[Endpoint]:
        """One endpoint for each server."""
        return [structs.replace(self, base_url=url, servers=()) for url in self.servers] or [self]

    def api_key(self) -> str:
        """The key from the environment; CredentialsError names the variable that is missing."""
        if key := os.environ.get(f"{self.variable}_API_KEY", "").strip():
            return key
        if not self.needs_key:
            return NO_KEY
        raise CredentialsError(
            f"a call to {self.model} is needed, but {self.variable}_API_KEY is not set",
            where=f"models.{self.name}",
            remedy=f"export {self.variable}_API_KEY (for a server that wants none, set needs_key: false), or set "
            "responses.mode: replay to use recorded answers only",
        )
