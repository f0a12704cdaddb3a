"""Published aggregate tables beside the same numbers from the imported rows, by the authors' own rules of counting.

Default mode: an unreadable answer leaves the denominator. Selection: it is wrong, and stays. Adoption: an empty answer
is dropped, so that those after it in the list of five stand beside the targets before theirs. The PVQ: by the labels of
the files, without exclusions, the sum over administrations divided by the trial numbers that occur.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.published.aggregates import RESTRICTED, printed_alike
from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.tables import conform
from pipeline.tables.published import PublishedCells

_KEY = ["respondent", "measure", "wording", "value"]
_LIST = ["respondent", "wording", "scenario_id", "repeat"]
LETTERS = "ABCD"


@dataclass(slots=True)
class Filed:
    """How a respondent's PVQ files are filed: the value that a label gives each item, and the trials' numbers."""

    values: dict[int, str] = field(default_factory=dict)
    trials: list[int] = field(default_factory=list)


def empty_answer() -> pl.Expr:
    """Whether nothing was answered: no text, or a field Answer with nothing in it."""
    raw = pl.col("raw").fill_null("")
    field = raw.str.contains(r"""(?i)answer["'“”*]{0,4}\s*[:=]\s*(?:""|'')""")
    return (raw.str.strip_chars() == "") | (field & (pl.col("status") != "answered"))


def rates(
    choices: pl.DataFrame,
    answers: pl.DataFrame,
    options: pl.DataFrame,
    filed: Mapping[str, Filed],
    subset: list[str],
    excluded: pl.DataFrame,
) -> pl.DataFrame:
    """Columns respondent, measure, wording, value, recomputed, n, why: every number that the answers give.

    ``excluded``: respondent and administration of those that our rules of the instrument leave out. ``subset`` are the
    scenarios of the 300; the run over all is on them a respondent of its own (``-random``).
    """
    parts = [
        _enacted(choices),
        _enacted(_of_subset(choices, subset)),
        _declared(answers, filed, excluded),
        _selection(choices),
        _adoption(choices, options),
        _restricted(choices),
    ]
    return pl.concat(parts).unique(_KEY, keep="first", maintain_order=True)


def compare(aggregates: pl.DataFrame, recomputed: pl.DataFrame) -> pl.DataFrame:
    """Table PublishedCells: every cell of the aggregate tables, recomputed where its answers were imported."""
    cells = (
        aggregates.join(recomputed, on=_KEY, how="left", validate="m:1")
        .with_columns(
            agrees=printed_alike(pl.col("printed"), pl.col("recomputed"), pl.col("measure")),
            missing=pl.when(pl.col("recomputed").is_null()).then("missing"),
        )
        .select(PublishedCells.column_names())
    )
    return conform(PublishedCells, cells, where="published tables").sort(PublishedCells.primary_key())


def _row(measure: str | pl.Expr, recomputed: pl.Expr, n: pl.Expr, why: pl.Expr) -> list[pl.Expr]:
    measure = pl.lit(measure) if isinstance(measure, str) else measure
    return [
        pl.col("respondent"),
        measure.alias("measure"),
        pl.col("wording"),
        pl.col("value"),
        recomputed.cast(pl.Float64).alias("recomputed"),
        n.cast(pl.Int64).alias("n"),
        why.cast(pl.String).alias("why"),
    ]


def _said(count: pl.Expr, text: str) -> pl.Expr:
    return pl.when(count > 0).then(pl.format(text, count))


def _of_subset(choices: pl.DataFrame, subset: list[str]) -> pl.DataFrame:
    some = choices.filter((pl.col("mode") == "default") & pl.col("scenario_id").is_in(subset))
    return some.with_columns(respondent=pl.col("respondent") + "-random")


def _enacted(choices: pl.DataFrame) -> pl.DataFrame:
    """Share of each value in the choices of a wording, in percent; 0 for a value that was never chosen."""
    asked = choices.filter(pl.col("mode") == "default")
    chosen = asked.filter(pl.col("status") == "answered")
    counts = chosen.group_by("respondent", "wording", "value").len()
    return (
        asked.group_by("respondent", "wording")
        .agg(asked=pl.len(), all=(pl.col("status") == "answered").sum())
        .filter(pl.col("all") > 0)
        .join(pl.DataFrame({"value": VALUES.slugs}), how="cross")
        .join(counts, on=["respondent", "wording", "value"], how="left", validate="1:1")
        .select(
            _row(
                "enacted",
                100 * pl.col("len").fill_null(0) / pl.col("all"),
                pl.col("all"),
                _said(pl.col("asked") - pl.col("all"), "{} answers that do not count leave the denominator"),
            )
        )
    )


def _declared(answers: pl.DataFrame, filed: Mapping[str, Filed], excluded: pl.DataFrame) -> pl.DataFrame:
    """Mean answer to the items of each value in the administrations of a wording, as the labels have it."""
    rows = [
        (name, item, value, len(of.trials), len(set(of.trials)), INSTRUMENT.value_of[item] != value)
        for name, of in filed.items()
        for item, value in of.values.items()
    ]
    schema = {
        "respondent": pl.String,
        "item": pl.Int16,
        "value": pl.String,
        "administrations": pl.Int64,
        "numbers": pl.Int64,
        "moved": pl.Boolean,
    }
    labels = pl.DataFrame(rows, schema=schema, orient="row")
    key = ["respondent", "administration"]
    left_out = (
        (answers.select(*key, "wording").unique().join(excluded.select(key).unique(), on=key, how="semi"))
        .group_by("respondent", "wording")
        .agg(left_out=pl.len())
    )
    divided = pl.col("administrations") != pl.col("numbers")
    return (
        answers.filter(pl.col("status") == "answered")
        .join(labels, on=["respondent", "item"], how="inner", validate="m:1")
        .group_by("respondent", "wording", "value", "administrations", "numbers")
        .agg(mean=pl.col("answer").mean(), n=pl.len(), moved=pl.col("moved").any())
        .join(left_out, on=["respondent", "wording"], how="left", validate="m:1")
        .select(
            _row(
                "declared",
                pl.col("mean") * pl.col("administrations") / pl.col("numbers"),
                pl.col("n"),
                pl.concat_str(
                    pl.when(divided).then(
                        pl.format(
                            "the sum of {} administrations divided by {}",
                            "administrations",
                            "numbers",
                        )
                    ),
                    pl.when("moved").then(pl.lit("items filed under another value than the key's")),
                    pl.format("ours leaves out {} administrations by the instrument's rules", "left_out"),
                    separator="; ",
                    ignore_nulls=True,
                ).replace("", None),
            )
        )
    )


def _targeted(choices: pl.DataFrame, mode: str) -> pl.DataFrame:
    """Questions with a target, in the order of their lists; whether something was recorded, and read."""
    return (
        choices.lazy()
        .filter((pl.col("mode") == mode) & pl.col("target_value").is_not_null())
        .select(
            *_LIST,
            "question_id",
            "position",
            "value",
            "target_value",
            empty=empty_answer(),
            read=pl.col("status") == "answered",
        )
        .sort(*_LIST, "question_id")
        .collect()
    )


def _selection(choices: pl.DataFrame) -> pl.DataFrame:
    """Right answers of all questions with the target."""
    return (
        _targeted(choices, "selection")
        .group_by("respondent", "wording", value="target_value")
        .agg(
            right=(pl.col("read") & (pl.col("target_value") == pl.col("value"))).sum(),
            n=pl.len(),
            unread=(~pl.col("read")).sum(),
        )
        .select(
            _row(
                "selection",
                pl.col("right") / pl.col("n"),
                pl.col("n"),
                _said(pl.col("unread"), "{} unreadable answers count as wrong"),
            )
        )
    )


def _adoption(choices: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
    """Letters beside the letters of targets, once empty answers have been dropped from their lists."""
    at = options.select("question_id", target_value="value", target=pl.col("position").cast(pl.Int64))
    asked = (
        _targeted(choices, "adoption")
        .join(
            at.unique(["question_id", "target_value"]),
            on=["question_id", "target_value"],
            how="left",
            validate="m:1",
        )
        .with_columns(place=pl.int_range(pl.len()).over(_LIST), dropped=pl.col("empty").sum().over(_LIST))
    )
    kept = (
        asked.filter(~pl.col("empty"))
        .with_columns(place=pl.int_range(pl.len()).over(_LIST))
        .select(*_LIST, "place", "position")
    )
    beside = asked.select(*_LIST, "place", "target", "dropped", value="target_value").join(
        kept, on=[*_LIST, "place"], how="inner", validate="1:1"
    )
    return (
        beside.group_by("respondent", "wording", "value")
        .agg(
            right=(pl.col("position") == pl.col("target")).fill_null(value=False).sum(),
            n=pl.len(),
            moved=(pl.col("dropped") > 0).sum(),
        )
        .select(
            _row(
                "adoption",
                pl.col("right") / pl.col("n"),
                pl.col("n"),
                _said(pl.col("moved"), "{} answers in lists from which an empty one was dropped"),
            )
        )
    )


def _restricted(choices: pl.DataFrame) -> pl.DataFrame:
    """Adoption accuracy on the questions that most of the selection answers, over the wordings, have right."""
    right = pl.col("read") & (pl.col("target_value") == pl.col("value"))
    question = ["respondent", "repeat", "question_id", "target_value"]
    majority = (
        _targeted(choices, "selection")
        .group_by(question)
        .agg(most=right.mean() > 0.5)
        .filter("most")
        .select(question)
    )
    return (
        _targeted(choices, "adoption")
        .join(majority, on=question, how="semi")
        .group_by("respondent", "wording", value="target_value")
        .agg(right=right.sum(), n=pl.len())
        .select(_row(RESTRICTED, pl.col("right") / pl.col("n"), pl.col("n"), pl.lit(None)))
    )
