"""What one provider is, all of it: a file in ``engine/providers`` makes one of these and names it ENTRY."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.response import Ending
from pipeline.engine.wire.batch import BatchKind
from pipeline.engine.wire.outcomes import Learn, Provider
from pipeline.params.models import Responses

# Fields of a request's body that are the engine's business alone: a second answer or a stream nobody would read.
OURS = {"model", "messages", "contents", "input", "stream", "n"}
# The ids of the models that a server lists, each with the day of its shutdown where the server says one.
Listing = Mapping[str, str | None]


class ProviderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """``says`` is who stands behind it, in words for people. ``variable`` begins the names of its environment
    variables, ``base_url`` is its public address, None where there is no one address. ``connect`` gives the
    Provider of an endpoint (SDKs are imported inside it, so that a run on recorded answers never pays for them),
    None where nobody is ever asked. ``listing`` asks a server for its models within so many seconds, None where
    there is nothing to ask.

    ``strict_schemas`` says whether a JSON schema can be enforced at all, ``batches`` are what it takes many requests
    at once in, None where it has none. ``endings`` translates the words with which answers end; a word that is not
    there makes an answer unusable. ``parameters`` are the request parameters that models of it take in params, by
    name, with their types; ``documentation`` is where all of this was read.
    """

    says: str
    variable: str = ""
    base_url: str | None = None
    connect: Callable[[Endpoint, Responses, Learn], Provider] | None = None
    listing: Callable[[Endpoint, float], Listing] | None = None
    strict_schemas: bool = True
    batches: BatchKind | None = None
    endings: Mapping[str, Ending] = {}
    parameters: Mapping[str, Any] = {}
    documentation: tuple[str, ...] = ()

    def problem(self, parameters: Mapping[str, Any]) -> str | None:
        """What is wrong with request parameters from params, None where nothing is; null leaves a parameter out."""
        known = {**self.parameters, "extra_body": dict[str, Any]}
        for name, value in parameters.items():
            if name not in known:
                return f"there is no parameter {name!r} here; known are {', '.join(sorted(known))}"
            if value is None:
                continue
            try:
                msgspec.convert(value, known[name])
            except msgspec.ValidationError as error:
                return f"{name}: {value!r} is not allowed: {error}"
        if ours := OURS & set(parameters.get("extra_body") or ()):
            return f"extra_body: {', '.join(sorted(ours))} cannot be set"
        return None
