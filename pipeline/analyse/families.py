"""Families of tests: which p values answer one question together, corrected so that the question has one error rate.

Holm's correction (S. Holm, Scandinavian Journal of Statistics 6, 1979) holds whatever the tests have in common: the
chance that any true null of a family is rejected stays at the level asked for. A second test of the same hypotheses
(Fisher's beside the permutation test) is no family of its own and has no corrected column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.statistics.holm import holm

ALL = "all"


@dataclass(frozen=True, slots=True)
class Family:
    """Tests of a table: the column ``p``, corrected in ``corrected``, over the ``tests`` (columns that tell them apart)
    of each combination of ``by``. ``overall``: only rows of all values, or only those of one; None for either."""

    table: str
    p: str
    corrected: str
    by: tuple[str, ...]
    tests: tuple[str, ...]
    overall: bool | None = None

    @property
    def rows(self) -> pl.Expr:
        if self.overall is None:
            return pl.lit(True)
        return (pl.col("value") == ALL) == self.overall


FAMILIES = (
    Family("gaps", "permutation_p", "permutation_holm_p", ("instrument", "kind"), ("respondent",)),
    Family("conditional_logit", "p", "holm_p", ("instrument", "scope", "model"), ("name",)),
    Family("drops", "cluster_p", "cluster_holm_p", (), ("respondent",), overall=True),
    Family("drops", "cluster_p", "cluster_holm_p", ("respondent",), ("value",), overall=False),
    Family("adoption_costs", "p", "holm_p", (), ("a", "b"), overall=True),
    Family("adoption_costs", "p", "holm_p", ("a", "b"), ("value",), overall=False),
    Family("language_effects", "p", "holm_p", ("a", "b"), ("value",)),
    Family("declared_language_effects", "p", "holm_p", ("a", "b", "instrument"), ("value",)),
    Family("positions", "joint_p", "joint_holm_p", ("mode",), ("respondent",)),
    Family("positions", "p", "holm_p", ("respondent", "mode"), ("letter",)),
    Family(
        "wordings",
        "p",
        "holm_p",
        ("respondent", "mode"),
        ("language_a", "wording_a", "language_b", "wording_b"),
    ),
    Family("contamination", "p", "holm_p", ("kind",), ("respondent", "statistic")),
    Family("synthetic", "p", "holm_p", ("kind",), ("respondent", "statistic")),
    Family("factor_effects", "p", "holm_p", ("instrument", "factor"), ("respondent",)),
    Family("covariates", "p", "holm_p", ("group", "covariate", "outcome", "instrument"), ("value",)),
)

# The same hypotheses by another test; of twenty turns of the circle p is .05 at best. The rule for questions multiplies
# its p by their number.
ALONE = {
    ("gaps", "fisher_p"),
    ("gaps", "spearman_p"),
    ("gaps", "circle_p"),
    ("item_quality", "functioning_p"),
}


def correct(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with the corrected columns of their families filled in."""
    found = dict(tables)
    for family in FAMILIES:
        found[family.table] = _corrected(found[family.table], family)
    return found


def _corrected(table: pl.DataFrame, family: Family) -> pl.DataFrame:
    key = [*family.by, *family.tests]
    tests = table.filter(family.rows, pl.col(family.p).is_not_null()).unique(key).sort(key)
    groups = tests.partition_by(family.by) if family.by else [tests]
    parts = [
        group.select(*key, _new=pl.Series(holm(group[family.p].to_list()), dtype=pl.Float64))
        for group in groups
        if group.height
    ]
    if not parts:
        return table
    joined = table.join(pl.concat(parts), on=key, how="left", validate="m:1", maintain_order="left")
    new = pl.when(family.rows).then("_new").otherwise(family.corrected)
    return joined.with_columns(new.alias(family.corrected)).select(table.columns)
