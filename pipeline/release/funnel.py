"""The funnel: how many posts, scenarios and questions are left after each step, and why the others went.

Every category is counted from both ends: what a step passed on and what its ledger holds must add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.core.atomic import writing
from pipeline.core.documents import write_json
from pipeline.core.errors import InputError
from pipeline.designs import load
from pipeline.params import Params
from pipeline.plots.style import BLUE, WIDTH, save, style
from pipeline.release import acceptance
from pipeline.release.vocabulary import NOT_JUDGED
from pipeline.tables import (
    Candidates,
    Cells,
    Funnel,
    GenerationLedger,
    Ledger,
    Posts,
    Questions,
    Scenarios,
    ScrapeLedger,
    conform,
    read_table,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Name in metrics and plots, and what people read.
STEPS = {
    "posts": "Posts in the wanted subreddits",
    "candidates": "Passed the filter",
    "judged": "Judged until the quotas were full",
    "accepted": "Accepted by the judges, reserves included",
    "asked": "Given to the generators",
    "scenarios": "All actions written",
    "questions": "Questions",
}
# Panels on the width of a page.
PANELS_BESIDE = 2
# Posts of subreddits that params do not list; a list of ids can hold them.
NO_CATEGORY = "(none)"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted.

    ``steps`` is a Funnel table. ``reasons`` has stage, reason and count, one row for each reason for which
    records (scrape) or posts (filter, judge, assemble) went; ``failures`` has generator, reason, asked_again
    and given_up: how many actions or whole answers failed each check, by whether an attempt was left.
    ``records`` is how many records the source held, ``acceptance`` what the judges accepted of each subreddit.
    """

    steps: pl.DataFrame
    reasons: pl.DataFrame
    failures: pl.DataFrame
    records: int
    acceptance: pl.DataFrame

    @property
    def categories(self) -> list[str]:
        return self.steps["category"].unique(maintain_order=True).to_list()

    def at(self, step: str, category: str | None = None) -> int:
        """Rows left after a step, in one category or in all."""
        rows = self.steps.filter(pl.col("step") == step)
        if category is not None:
            rows = rows.filter(pl.col("category") == category)
        return int(rows["count"].sum())

    def because(self, stage: str) -> dict[str, int]:
        """Counts by reason of one stage, most frequent first."""
        rows = self.reasons.filter(pl.col("stage") == stage).sort("count", "reason", descending=[True, False])
        return dict(rows.select("reason", "count").iter_rows())


def count(data: Path, params: Params) -> Counts:
    """Counts the tables of a finished run under ``data``.

    Posts are scanned, never held: two of their columns at a time. Raises InputError where a table is
    missing, or where a stage lost or invented rows.
    """
    of_post = _post_categories(data / "scrape/posts.parquet", params)
    candidates = read_table(Candidates, data / "filter/candidates.parquet")
    accepted = read_table(Scenarios, data / "judge/scenarios.parquet")
    cells = read_table(Cells, data / "judge/cells.parquet")
    used = read_table(Scenarios, data / "assemble/scenarios.parquet")
    questions = read_table(Questions, data / "assemble/questions.parquet")
    went = {
        stage: _ledger_counts(data / stage / "ledger.parquet", of_post)
        for stage in ("filter", "judge", "assemble")
    }
    scrape = read_table(ScrapeLedger, data / "scrape/ledger.parquet")

    left = {
        "posts": _by_category(of_post).collect(engine="streaming"),
        "candidates": _by_category(candidates.lazy()).collect(),
        "accepted": _by_category(accepted.lazy()).collect(),
        "scenarios": _by_category(used.lazy()).collect(),
        "questions": _by_category(
            questions.lazy().join(used.lazy(), on="scenario_id", how="left", validate="m:1")
        ).collect(),
    }
    per_step = {step: dict(table.iter_rows()) for step, table in left.items()}
    went_at_the_judges = went["judge"].filter(~pl.col("reason").is_in(NOT_JUDGED))
    per_step["judged"] = _plus(per_step["accepted"], _sum(went_at_the_judges))
    per_step["asked"] = _plus(per_step["scenarios"], _sum(went["assemble"], only="generation_failed"))

    categories = [*params.categories, *([NO_CATEGORY] if NO_CATEGORY in per_step["posts"] else [])]
    for stage, (before, after) in {
        "filter": ("posts", "candidates"),
        "judge": ("candidates", "accepted"),
        "assemble": ("accepted", "scenarios"),
    }.items():
        _must_add_up(stage, per_step[before], per_step[after], _sum(went[stage]), categories)
    each = load(params.assemble.design).questions
    expected = {category: n * each for category, n in per_step["scenarios"].items()}
    _must_add_up(f"assemble ({each} questions a scenario)", expected, per_step["questions"], {}, categories)

    steps = [
        {"order": order, "step": step, "category": category, "count": per_step[step].get(category, 0)}
        for order, step in enumerate(STEPS, start=1)
        for category in categories
    ]
    n_posts = sum(per_step["posts"].values())
    return Counts(
        conform(Funnel, steps, where="funnel"),
        _reasons(scrape, went),
        _failures(read_table(GenerationLedger, data / "generate/ledger.parquet")),
        n_posts + int(scrape["count"].sum()),
        acceptance.by_subreddit(cells, list(params.categories)),
    )


def metrics(counts: Counts) -> dict[str, Any]:
    """The funnel as DVC metrics: totals, the same for each category, and reasons by stage."""
    stages = counts.reasons["stage"].unique(maintain_order=True).to_list()
    failed = counts.failures.group_by("reason").agg(pl.col("asked_again", "given_up").sum()).sort("reason")
    return {
        "total": {"records": counts.records} | {step: counts.at(step) for step in STEPS},
        "categories": {
            category: {step: counts.at(step, category) for step in STEPS} for category in counts.categories
        },
        "subreddits": acceptance.metrics(counts.acceptance),
        "reasons": {stage: counts.because(stage) for stage in stages},
        "failed_drafts": {
            reason: {"asked_again": again, "given_up": given_up}
            for reason, again, given_up in failed.iter_rows()
        },
    }


def write(counts: Counts, *, metrics_file: Path, table_file: Path, plot_file: Path) -> None:
    """Writes the metrics (JSON), the tidy table (CSV) and the plot (SVG, and PNG beside it); beside the last two what
    was accepted of each subreddit (acceptance.csv, .svg, .png)."""
    write_json(metrics(counts), metrics_file)
    with writing(table_file) as part:
        counts.steps.select("step", "category", "count").write_csv(part)
    with style():
        save(draw(counts), plot_file.with_suffix(""))
    acceptance.write(counts.acceptance, table_file.with_stem("acceptance"), plot_file.with_stem("acceptance"))


def draw(counts: Counts) -> Figure:
    """One panel a category and one for all: bars on a common, linear scale within the panel, each labelled.

    Bars of posts and scenarios are filled, that of questions is hatched because it counts something else.
    """
    from matplotlib.figure import Figure

    panels: list[str | None] = [None, *counts.categories]
    columns = min(PANELS_BESIDE, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(WIDTH, 0.3 + 1.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for ax, category in zip(axes.flat, panels, strict=False):
        _panel(ax, category or "All categories", [counts.at(step, category) for step in STEPS])
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    return figure


def _panel(ax: Axes, title: str, values: Sequence[int]) -> None:
    places = range(len(values))
    bars = ax.barh(places, values, height=0.66, color=BLUE, edgecolor=BLUE, linewidth=0.8)
    bars[-1].set(facecolor="white", hatch="////")
    ax.bar_label(bars, labels=[f"{value:,}" for value in values], padding=3)
    ax.set_yticks(places, list(STEPS.values()))
    ax.set_ylim(len(values) - 0.4, -0.6)  # the first step on top
    ax.set_xlim(0, 1.4 * max(*values, 1))
    ax.set_xticks([])
    ax.set_title(title)
    ax.tick_params(length=0)
    ax.spines["bottom"].set_visible(False)


def _post_categories(path: Path, params: Params) -> pl.LazyFrame:
    """post_id and category of every post, lazily: there may be millions."""
    if not path.exists():
        raise InputError("the file does not exist", where=str(path), remedy="run `dvc repro` to build it")
    missing = {"post_id", "subreddit"} - set(pl.scan_parquet(path).collect_schema())
    if missing:
        raise InputError(
            f"not a {Posts.__name__} table: no column {', '.join(sorted(missing))}", where=str(path)
        )
    category = pl.col("subreddit").str.to_lowercase().replace_strict(params.category_of, default=NO_CATEGORY)
    return pl.scan_parquet(path).select("post_id", category.alias("category"))


def _by_category(table: pl.LazyFrame) -> pl.LazyFrame:
    return table.group_by("category").len().sort("category")


def _ledger_counts(path: Path, of_post: pl.LazyFrame) -> pl.DataFrame:
    """reason, category, count of a stage's ledger."""
    ledger = read_table(Ledger, path).lazy()
    counted = ledger.join(of_post, on="post_id", how="left").group_by("reason", "category").len("count")
    table = counted.sort("reason", "category").collect(engine="streaming")
    if table["category"].null_count():
        raise InputError(
            "it holds posts that the scrape does not",
            where=str(path),
            remedy="run `dvc repro` so that all stages see the same posts",
        )
    return table


def _sum(counted: pl.DataFrame, only: str | None = None) -> dict[str, int]:
    rows = counted if only is None else counted.filter(pl.col("reason") == only)
    return dict(rows.group_by("category").agg(pl.col("count").sum()).iter_rows())


def _plus(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {category: a.get(category, 0) + b.get(category, 0) for category in a | b}


def _must_add_up(
    stage: str, before: dict[str, int], after: dict[str, int], went: dict[str, int], categories: Sequence[str]
) -> None:
    for category in sorted({*categories, *before, *after, *went}):
        into, out, lost = (counts.get(category, 0) for counts in (before, after, went))
        if into != out + lost:
            raise InputError(
                f"{stage}: {into} rows of {category!r} came in, but {out} went out and {lost} are in the ledger",
                where="funnel",
                remedy="run `dvc repro` so that all stages see the same rows; if it stays, this is a defect",
            )


def _reasons(scrape: pl.DataFrame, went: dict[str, pl.DataFrame]) -> pl.DataFrame:
    def rows() -> Iterator[pl.DataFrame]:
        for stage, table in {"scrape": scrape, **went}.items():
            summed = table.group_by("reason").agg(pl.col("count").sum().cast(pl.Int64)).sort("reason")
            yield summed.select(pl.lit(stage).alias("stage"), "reason", "count")

    return pl.concat(rows())


def _failures(ledger: pl.DataFrame) -> pl.DataFrame:
    return (
        ledger.group_by("generator", "reason")
        .agg(
            asked_again=(~pl.col("final")).sum().cast(pl.Int64),
            given_up=pl.col("final").sum().cast(pl.Int64),
        )
        .sort("generator", "reason")
    )
