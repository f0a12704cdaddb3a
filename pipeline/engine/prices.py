"""What a call costs, by the dated price list in ``data/prices.yaml``. A price that is not there is unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import product
from pathlib import Path

import msgspec

from pipeline.core.errors import InputError, ParamsError
from pipeline.engine import datafile
from pipeline.params.models import Model

FILE = datafile.FOLDER / "prices.yaml"
MILLION = Decimal(1_000_000)


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """US dollars a million tokens of ``models``, as ``source`` had it on ``checked`` (None: nobody says when).

    ``batch`` multiplies them for calls made in batches; 1 where no rebate is known.
    """

    providers: list[str]
    models: list[str]
    input: Decimal
    cached_input: Decimal
    output: Decimal
    batch: Decimal = Decimal(1)
    source: str
    checked: dt.date | None = None

    def __post_init__(self) -> None:
        if min(self.input, self.cached_input, self.output, self.batch) < 0:
            raise ValueError(f"a price of {', '.join(self.models)} is negative")

    def cost(self, input_tokens: int, cached_tokens: int, output_tokens: int, batch: bool = False) -> Decimal:
        """US dollars, exactly. ``cached_tokens`` are among the input tokens; batches know no cache rebate."""
        cached = 0 if batch else cached_tokens
        amount = (
            (input_tokens - cached) * self.input + cached * self.cached_input + output_tokens * self.output
        ) / MILLION
        return amount * self.batch if batch else amount


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: ``version`` is the day of its last change."""

    version: str
    prices: list[Price]


def price_of(provider: str, model: str) -> Price | None:
    """The price of a model as params name it, or None where it is not known."""
    return _by_model(FILE).get((provider, model))


# What gives the price of a model of a provider, None where it is not known.
PriceOf = Callable[[str, str], Price | None]


class Book:
    """Prices for one run: those that the user gives in params (``models.NAME.price``), then those of the list.

    ParamsError where params give two prices for one model of one provider: which of them holds cannot be told from
    what is recorded.
    """

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._own: dict[tuple[str, str], Price] = {}
        for name, model in models.items():
            if model.price is None:
                continue
            place, price = (model.provider, model.model), _own(model)
            if self._own.setdefault(place, price) != price:
                raise ParamsError(
                    f"{model.model} has two prices",
                    where=f"models.{name}.price",
                    remedy="give the same one in both",
                )

    def of(self, provider: str, model: str) -> Price | None:
        """The price of a model, or None where it is not known."""
        return self._own.get((provider, model)) or price_of(provider, model)


def _own(model: Model) -> Price:
    given = model.price
    if given is None:
        raise ValueError(f"{model.model} has no price in params")
    return Price(
        providers=[model.provider],
        models=[model.model],
        input=given.input,
        cached_input=given.input if given.cached_input is None else given.cached_input,
        output=given.output,
        batch=given.batch,
        source=given.source,
        checked=given.checked,
    )


def version() -> str:
    """The day of the price list, for whoever shows an amount."""
    return _price_list(FILE).version


@lru_cache
def _price_list(file: Path) -> PriceList:
    return datafile.read(file, PriceList)


@lru_cache
def _by_model(file: Path) -> dict[tuple[str, str], Price]:
    prices: dict[tuple[str, str], Price] = {}
    for price in _price_list(file).prices:
        for provider, model in product(price.providers, price.models):
            if (provider, model) in prices:
                raise InputError(f"{model} has two prices", where=str(file), remedy="leave one of them")
            prices[provider, model] = price
    return prices
