"""What a file of the publication is, by its columns and not by its name."""

from __future__ import annotations

from pipeline.published.lens import actions, experts, mismatches, pairs, predictions, ratings
from pipeline.published.lens.rows import Row, Source, header


def kind_of(source: Source, rows: list[Row]) -> str | None:
    """One of the kinds of tables; None for a table that is none of them.

    A list of mismatches may have the columns of the file of actions: it has one row a cell, the actions have two.
    """
    names = header(source)
    known = set(names)
    if known >= ratings.COLUMNS:
        return "ratings"
    if known >= pairs.COLUMNS and pairs.evaluations(names):
        return "choices"
    if known >= pairs.COLUMNS and experts.prompts(names):
        return "judgements"
    if known >= pairs.COLUMNS and mismatches.is_list(rows, names):
        return "mismatches"
    if known >= actions.COLUMNS and actions.text_column(names):
        return "actions"
    if known >= predictions.COLUMNS:
        return "predictions"
    return None
