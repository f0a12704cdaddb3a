"""From a model's name in params to where it is served.

The base URL is the first of ``<ENDPOINT>_BASE_URL`` in the environment, ``base_url`` in params, and the
provider's public default; ``<ENDPOINT>_API_KEY`` is read only when a call is really made. ENDPOINT is
``endpoint`` in params in capitals ('-' becomes '_'), else OPENAI or DASHSCOPE after the provider.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import msgspec

from pipeline.core.errors import CredentialsError, ParamsError
from pipeline.params.models import Model

OPENAI_URL = "https://api.openai.com/v1"
# Sent to a server that wants no key: SDKs insist on one.
NO_KEY = "no-key"
PUBLIC_URLS = {
    "OPENAI": OPENAI_URL,
    "DASHSCOPE": "https://dashscope.aliyuncs.com/api/v1",
}


class Endpoint(msgspec.Struct, frozen=True):
    """Where and how one model of params is served. It holds no key, so it may be shown and compared.

    ``variable`` is the prefix of the environment variables; ``base_url`` is without a slash at its end
    and empty for replay; ``strict`` says whether the provider enforces a JSON schema.
    """

    name: str
    provider: str
    variable: str
    base_url: str
    model: str
    strict: bool
    max_tokens: int
    needs_key: bool = True

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


def resolve(name: str, model: Model) -> Endpoint:
    """The endpoint of the model that params call ``name``. Needs no key and asks no network."""
    if model.provider == "replay":
        return Endpoint(name, "replay", "", "", model.model, model.strict_schema, model.max_tokens)
    variable = (model.endpoint or model.provider).upper().replace("-", "_")
    url = os.environ.get(f"{variable}_BASE_URL", "").strip() or model.base_url or PUBLIC_URLS.get(variable)
    if url is None:
        raise ParamsError(
            f"the endpoint {model.endpoint!r} has no base URL",
            where=f"models.{name}",
            remedy=f"set models.{name}.base_url in params or {variable}_BASE_URL in the environment",
        )
    # DashScope's own API has JSON mode, but no schema that it enforces.
    strict = model.strict_schema and model.provider != "dashscope"
    return Endpoint(
        name,
        model.provider,
        variable,
        _checked(url, variable),
        model.model,
        strict,
        model.max_tokens,
        model.needs_key,
    )


def _checked(url: str, variable: str) -> str:
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
        where=f"{variable}_BASE_URL or base_url in params",
        remedy=f"give scheme, host and path only, such as {OPENAI_URL}; keys belong in {variable}_API_KEY",
    )
