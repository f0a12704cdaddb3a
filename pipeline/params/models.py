"""The models that answer, and how they are asked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.core.entries import PIPELINE, named
from pipeline.params.base import Name, Natural, Positive, Section

# What a provider is stands above params, in a file of its own; here only its name counts.
PROVIDERS = PIPELINE / "engine/providers"
Amount = Annotated[Decimal, Field(ge=0)]
Address = Annotated[str, Field(pattern=r"^https?://")]


class Limits(Section):
    """What a provider allows one account to ask of one model; empty where only its rate headers say so."""

    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None


class OwnPrice(Section):
    """US dollars for a million tokens, as the user knows them. ``cached_input`` empty: no rebate; ``batch`` is a
    factor on all of them. ``source`` and ``checked`` say where and when that was read.
    """

    input: Amount
    output: Amount
    cached_input: Amount | None = None
    batch: Amount = Decimal(1)
    source: str = "params"
    checked: dt.date | None = None


class Model(Section):
    """A model as a stage may name it. ``endpoint`` picks <ENDPOINT>_BASE_URL and <ENDPOINT>_API_KEY."""

    provider: Annotated[str, AfterValidator(lambda name: named("provider", name, PROVIDERS))]
    model: Annotated[str, Field(min_length=1)]
    endpoint: Name | None = None
    base_url: Address | None = None
    # The address under which answers are recorded: the same model at another address keeps its answers.
    key_url: Address | None = None
    # Addresses of several servers of this model, in the place of base_url; key_url then names them all.
    servers: Annotated[tuple[Address, ...], Field(max_length=1000)] = ()
    # Whether the endpoint wants an API key; a server of your own may not.
    needs_key: bool = True
    # Whether the endpoint takes a strict JSON schema; without it, and with providers that have none: JSON mode,
    # validation and repair.
    strict_schema: bool = True
    max_tokens: Positive = 2048
    # Parameters of every request to it, those that its provider knows (and ``extra_body`` for any others). They
    # come before what a stage asks for; an empty one (also ``temperature``, ``max_tokens`` and
    # ``response_format``) is not sent.
    parameters: dict[str, Any] = Field(default_factory=dict)
    # Seconds a call, for a model that is slower than ``responses.timeout``.
    timeout: Annotated[float, Field(gt=0)] | None = None
    # What it costs, where the price list does not say, or says something else.
    price: OwnPrice | None = None
    limits: Limits = Limits()
    # More missing answers than this in one go are asked by the Batch API, at its price; empty: never.
    batch_above: Natural | None = None

    @model_validator(mode="after")
    def _one_name_for_all(self) -> Model:
        if self.servers and self.base_url:
            raise ValueError("base_url and servers are two ways to say where it is served: leave one of them")
        if self.servers and not self.key_url:
            raise ValueError(
                "servers needs key_url, the one address under which answers are recorded, whichever server gave them"
            )
        if self.servers and self.batch_above is not None:
            raise ValueError("batch_above is for a model at one address, not for servers")
        return self


class Responses(Section):
    """Where answers are recorded, and how they are asked for.

    ``transcripts`` is a folder of Parquet transcripts that are read as recorded answers. With mode
    'replay' no provider is called for any model.
    """

    store: str = ".responses/store.sqlite"
    transcripts: str = "data/recorded"
    mode: Literal["live", "replay"] = "live"
    concurrency: Positive = 32
    timeout: Annotated[float, Field(gt=0)] = 120
    retries: Natural = 5
    # Seconds that a request may be turned away as one too many (429), which uses up no retry.
    patience: Annotated[float, Field(gt=0)] = 600
    # US dollars that all calls recorded in the store may cost together; empty for no cap.
    budget_usd: Annotated[Decimal, Field(gt=0)] | None = None
    # Whether a stage waits for its batches, looking at them every so many seconds, or ends and is run again.
    batch_wait: bool = True
    batch_poll: Annotated[float, Field(gt=0)] = 60
    # Requests of a stage that may stay without any answer; one more ends the stage, to be run again.
    max_failed: Natural = 0
