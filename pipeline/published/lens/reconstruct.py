"""What lists of mismatches say beside the same models' ratings and logs: comparison, and the choices that follow."""

from __future__ import annotations

import polars as pl

from pipeline.measures.cells import disagrees
from pipeline.measures.waist import declared_of
from pipeline.published.lens.pairs import FULL_RUN, Asked
from pipeline.published.problems import Log
from pipeline.tables.waist import CELL

# The row of a choice that follows from a list, without the answer, which is not in it.
_RUN = Asked(FULL_RUN)
FULL = (pl.col("wording") == _RUN.wording) & (pl.col("order") == "opposing_first") & pl.col("explained")
# A file with more pairs under this prompt is a full run; prompts were compared on fifty.
MANY = 1_000


def full_runs(choices: pl.DataFrame) -> pl.DataFrame:
    """Choices of full runs. What was asked for itself says nothing of a list, which was made of one of them."""
    return choices.filter(FULL).filter(pl.len().over("respondent", "file") > MANY)


def stated(ratings: pl.DataFrame) -> pl.DataFrame:
    """Respondent, scenario and value with ``rated``: whether the mean rating holds the value."""
    return declared_of(ratings).select(*CELL, rated=~disagrees("score"))


def compared(
    mismatches: pl.DataFrame, ratings: pl.DataFrame, choices: pl.DataFrame, log_of: dict[str, Log]
) -> pl.DataFrame:
    """The lists with ``rated_so``; what disagrees with the same model's ratings or log is told by file and line."""
    joined = mismatches.join(stated(ratings), on=CELL, how="left", validate="m:1").with_columns(
        rated_so=pl.col("states_it") == pl.col("rated")
    )
    chosen = (
        full_runs(choices)
        .filter(status="answered", repeat=1)
        .unique(CELL, keep="first", maintain_order=True)
        .select(*CELL, chose="expressed")
    )
    for row in joined.join(chosen, on=CELL, how="left", validate="m:1").iter_rows(named=True):
        subject = f"{row['country']}, {row['topic']}, {row['value']}"
        if row["rated_so"] is False:
            said = "for" if row["states_it"] else "against"
            log_of[row["file"]].add(
                "label_disagrees", f"the list says {said} it", line=row["line"], subject=subject
            )
        if row["chose"] is not None and row["chose"] != row["acts_on_it"]:
            log_of[row["file"]].add(
                "choice_disagrees", "the log has the other", line=row["line"], subject=subject
            )
    for (file,), part in joined.partition_by("file", as_dict=True, maintain_order=True).items():
        if part["rated"].null_count() == part.height:
            log_of[str(file)].add("no_ratings", f"{part['respondent'].item(0)}")
    return joined.drop("rated")


def reconstructed(
    mismatches: pl.DataFrame, ratings: pl.DataFrame, choices: pl.DataFrame, log_of: dict[str, Log]
) -> pl.DataFrame:
    """Choices of the full run that follow from a complete list and ratings: on its cells the other side of what is
    stated, elsewhere the same. Their answers are not there, and so ``raw`` is empty.

    A list that lacks the cells whose action is no plain JSON is a biased part, from which nothing follows; nor is
    anything made of a list whose labels are not those of the ratings, nor where a log has the choices.
    """
    rated = stated(ratings)
    logged = set(full_runs(choices)["respondent"])
    parts = [choices.clear()]
    for (file, name), part in mismatches.partition_by(
        "file", "respondent", as_dict=True, maintain_order=True
    ).items():
        log = log_of[str(file)]
        mine = rated.filter(respondent=name)
        if part["whole_json"].all():
            log.add("list_incomplete", f"all {part.height:,} actions are plain JSON")
        elif mine.height and not part["rated_so"].fill_null(False).all():
            log.add("not_reconstructed", f"{(~part['rated_so'].fill_null(False)).sum():,} labels differ")
        elif mine.height and name not in logged:
            listed = part.select(*CELL, "acts_on_it")
            row = _RUN.row("answered", None, None)
            expressed = pl.coalesce("acts_on_it", "rated")
            mine = mine.join(listed, on=CELL, how="left", validate="1:1").select(
                *CELL,
                wording=pl.lit(row["wording"], pl.Int16),
                order=pl.lit(row["order"]),
                explained=pl.lit(row["explained"]),
                named=pl.lit(row["named"]),
                repeat=pl.lit(1, pl.Int16),
                status=pl.lit("answered"),
                option=pl.when(expressed).then(2).otherwise(1).cast(pl.Int8),
                expressed=expressed,
                origin=pl.lit(f"imported: {file}"),
                file=pl.lit(file),
            )
            log.add("reconstructed", f"{mine.height:,} choices of {name}")
            parts.append(mine)
    return pl.concat(parts, how="diagonal_relaxed")
