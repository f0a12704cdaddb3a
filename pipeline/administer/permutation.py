"""In which order options and items are shown: seeded, the same for every respondent, recorded with the answer.

Models favour letters. Where every option is shown at every letter equally often, that preference cannot pass for one
of values, and it can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.tables.columns import LETTERS


def rotation(shift: int, options: int) -> str:
    """Dealt positions in shown order: '2341' shows dealt option 2 as A."""
    return "".join(str((place + shift) % options + 1) for place in range(options))


def option_orders(
    questions: Sequence[str], wordings: Sequence[int], design: str, seed: int, options: int = 4
) -> pl.DataFrame:
    """The orders in which each question (of so many options) is shown in each wording: columns question_id, wording,
    order.

    ``as_dealt`` is the paper's design. ``cyclic4`` shows all rotations: as many rows a question and wording as there
    are options. ``one_shift_per_wording`` turns the options by one from wording to wording, from a seeded start for
    each question: one row each; over as many wordings in a row as there are options, every option has been shown at
    every letter, and no two of these wordings share an order. ``drawn_per_wording`` draws a rotation for each question
    and wording: one row each; two wordings share the order in one question of as many as there are options, so that
    what a wording does can be told from what the order does.
    """
    starts = [seeded_hash(seed, "first option", question) % options for question in questions]
    rows = pl.DataFrame({"question_id": list(questions), "start": starts}).join(
        pl.DataFrame({"wording": list(wordings)}, schema={"wording": pl.Int16}), how="cross"
    )
    if design == "as_dealt":
        shifts = pl.lit(0)
    elif design == "drawn_per_wording":
        asked = rows.select("question_id", "wording").iter_rows()
        drawn = [
            seeded_hash(seed, f"first option, wording {wording}", question) for question, wording in asked
        ]
        rows = rows.with_columns(shift=pl.Series([one % options for one in drawn], dtype=pl.Int64))
        shifts = pl.col("shift")
    elif design == "one_shift_per_wording":
        shifts = (pl.col("start") + pl.col("wording") - 1) % options
    else:
        rows = rows.join(pl.DataFrame({"shift": range(options)}), how="cross")
        shifts = pl.col("shift")
    rotations = {shift: rotation(shift, options) for shift in range(options)}
    order = shifts.cast(pl.Int64).replace_strict(rotations, return_dtype=pl.String)
    return rows.select("question_id", "wording", order=order)


def dealt_position(order: pl.Expr, letter: pl.Expr) -> pl.Expr:
    """Dealt position (from 1) of the option that was shown under a letter; null where the letter is."""
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
