"""What a call costs, by the dated price list in ``data/prices.yaml``. A price that is not there is unknown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import msgspec

from pipeline.core.errors import InputError
from pipeline.engine import datafile

FILE = datafile.FOLDER / "prices.yaml"
MILLION = Decimal(1_000_000)


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """US dollars a million tokens of the ``models`` of one provider, as ``source`` had it on ``checked``.

    ``batch`` multiplies them for calls made in batches; 1 where no rebate is known.
    """

    provider: str
    models: list[str]
    input: Decimal
    cached_input: Decimal
    output: Decimal
    batch: Decimal = Decimal(1)
    source: str
    checked: dt.date

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
        for model in price.models:
            if (price.provider, model) in prices:
                raise InputError(f"{model} has two prices", where=str(file), remedy="leave one of them")
            prices[price.provider, model] = price
    return prices
