"""In which order options and items are shown: seeded, the same for every respondent, recorded with the answer.

Models favour letters. Where every option is shown at every letter equally often, that preference cannot pass for one
of values, and it can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.core.seeding import seeded_hash

POSITIONS = 4
LETTERS = "ABCD"
# Dealt positions in shown order, by shift: '2341' shows dealt option 2 as A.
ROTATIONS = ("1234", "2341", "3412", "4123")


def option_orders(questions: Sequence[str], wordings: Sequence[int], design: str, seed: int) -> pl.DataFrame:
    """The orders in which each question is shown in each wording: columns question_id, wording, order.

    ``as_dealt`` is the paper's design. ``cyclic4`` shows all four rotations: four rows a question and wording.
    ``one_shift_per_wording`` turns the options by one from wording to wording, from a seeded start for each question:
    one row each; over any four wordings in a row, every option has been shown at every letter.
    """
    starts = [seeded_hash(seed, "first option", question) % POSITIONS for question in questions]
    rows = pl.DataFrame({"question_id": list(questions), "start": starts}).join(
        pl.DataFrame({"wording": list(wordings)}, schema={"wording": pl.Int16}), how="cross"
    )
    if design == "as_dealt":
        shifts = pl.lit(0)
    elif design == "one_shift_per_wording":
        shifts = (pl.col("start") + pl.col("wording") - 1) % POSITIONS
    else:
        rows = rows.join(pl.DataFrame({"shift": range(POSITIONS)}), how="cross")
        shifts = pl.col("shift")
    order = shifts.cast(pl.Int64).replace_strict(dict(enumerate(ROTATIONS)), return_dtype=pl.String)
    return rows.select("question_id", "wording", order=order)


def dealt_position(order: pl.Expr, letter: pl.Expr) -> pl.Expr:
    """Dealt position (1 to 4) of the option that was shown under a letter; null where the letter is."""
    place = letter.replace_strict({letter: i for i, letter in enumerate(LETTERS)}, return_dtype=pl.Int64)
    return order.str.slice(place, 1).cast(pl.Int8)


def shown_letter(order: str, position: int) -> str:
    """Letter under which an order shows a dealt position."""
    return LETTERS[order.index(str(position))]


def item_order(items: Sequence[int], shuffle: int, seed: int) -> tuple[int, ...]:
    """The items of an instrument in the order of a shuffle; 0 is the printed order."""
    if shuffle == 0:
        return tuple(items)
    return tuple(sorted(items, key=lambda item: seeded_hash(seed, f"item order {shuffle}", str(item))))
