"""What calls to a model would cost, for commands that count them themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pipeline.params import Params


class Priced(NamedTuple):
    """Calls to the model that params call ``name``: their tokens, and US dollars (None: the price is not known)."""

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None


def priced(params: Params, name: str, calls: float, characters: float, tokens: float) -> Priced:
    """``characters`` are those of all prompts, ``tokens`` those of all answers."""
    from pipeline.cost.estimate import CHARACTERS_A_TOKEN
    from pipeline.engine.prices import Book

    model = params.models[name]
    sizes = round(characters / CHARACTERS_A_TOKEN), round(tokens)
    price = Book(params.models).of(model.provider, model.model)
    return Priced(
        name, round(calls), *sizes, None if price is None else price.cost(sizes[0], 0, sizes[1], False)
    )
