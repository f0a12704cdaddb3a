"""From a model's name in params to where it is served.

The base URL is the first of ``<ENDPOINT>_BASE_URL`` in the environment, ``base_url`` in params, and the
provider's public default; ``<ENDPOINT>_API_KEY`` is read only when a call is really made. ENDPOINT is
``endpoint`` in params in capitals ('-' becomes '_'), else the variable of the provider's entry.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from pipeline.core.errors import ParamsError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.providers import PROVIDERS
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.params.models import Model

__all__ = ["Endpoint", "check", "resolve"]


def check(name: str, model: Model) -> None:
    """ParamsError where params ask of a model what its provider does not have."""
    entry, where = PROVIDERS.entry(model.provider), f"models.{name}"
    if model.batch_above is not None and entry.batches is None:
        able = ", ".join(other for other, provider in PROVIDERS.all().items() if provider.batches)
        raise ParamsError(f"batch_above needs a provider with batches: {able}", where=f"{where}.batch_above")
    if problem := entry.problem(model.parameters):
        raise ParamsError(problem, where=f"{where}.parameters")


def resolve(name: str, model: Model) -> Endpoint:
    """The endpoint of the model that params call ``name``. Needs no key and asks no network."""
    check(name, model)
    entry = PROVIDERS.entry(model.provider)
    variable, url = ("", "") if entry.connect is None else _address(name, model, entry)
    return Endpoint(
        name,
        model.provider,
        variable,
        url,
        model.model,
        # Two different things: what the provider can, and what params say of this server and model.
        entry.strict_schemas and model.strict_schema,
        model.max_tokens,
        model.needs_key,
        dict(model.parameters),
        None if model.key_url is None else _checked(model.key_url, f"models.{name}.key_url"),
        tuple(_checked(server, f"models.{name}.servers") for server in model.servers),
    )


def _address(name: str, model: Model, entry: ProviderEntry) -> tuple[str, str]:
    """The prefix of the environment variables, and the base URL."""
    variable = model.endpoint.upper().replace("-", "_") if model.endpoint else entry.variable
    default = entry.base_url if variable == entry.variable else None
    url = os.environ.get(f"{variable}_BASE_URL", "").strip() or model.base_url
    # The first of several stands for them where one address is asked (a list of models).
    url = model.servers[0] if model.servers else url or default
    if url is None:
        raise ParamsError(
            f"the endpoint {model.endpoint or model.provider!r} has no base URL",
            where=f"models.{name}",
            remedy=f"set models.{name}.base_url in params or {variable}_BASE_URL in the environment",
        )
    return variable, _checked(url, f"{variable}_BASE_URL or base_url in params", variable)


def _checked(url: str, where: str, variable: str = "<ENDPOINT>") -> str:
    """The URL in the form in which it enters keys and tables: no secrets, no slash at its end."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem = "is not an http(s) address"
    elif parts.username or parts.password or parts.query or parts.fragment:
        # Not shown: what is too much may be a secret.
        problem = "must not carry a user, password, query or fragment"
    else:
        return url.rstrip("/")
    raise ParamsError(
        f"the base URL {problem}",
        where=where,
        remedy="give scheme, host and path only, such as https://api.openai.com/v1; keys belong in "
        f"{variable}_API_KEY",
    )
