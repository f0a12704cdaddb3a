"""The whole analysis: from the tables of the stage score to the tables of ANALYSIS_TABLES."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.analyse import (
    accuracy,
    adoption_costs,
    agreement,
    alignment,
    answers,
    between,
    conditions,
    contamination,
    covariates,
    declared,
    declared_languages,
    drops,
    equal_length,
    families,
    findings,
    gap,
    gap_parts,
    generalizability,
    item_quality,
    languages,
    likeness,
    logit,
    methods,
    missing,
    mixed,
    positions,
    profiles,
    published,
    reliability,
    scaling,
    synthetic,
    wordings,
)
from pipeline.analyse.agents import Agents
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.params.analysis import Analysis
from pipeline.tables import (
    Actions,
    AskedQuestions,
    Choices,
    Covariates,
    InstrumentAnswers,
    InstrumentScores,
    MixedLogit,
    Options,
    PublishedNumbers,
    Ratings,
    Respondents,
    read_table,
    scan_table,
)
from pipeline.tables.content import differs, some
from pipeline.tables.evaluation import SINCE
from pipeline.tables.ids import SYNTHETIC
from pipeline.values import Inventory

# Why a table is empty, where that is not for want of answers.
EMPTY = {
    "conditions": "No agent answered under two conditions, so that nothing can be said of what they do.",
    "contamination": "No model has a known training cut-off (analysis.contamination.cutoffs) among the posts.",
    "covariates": "No study came with covariates of enough respondents, so that nothing is set against them.",
    "mixed_logit": "No model of choice: params.analysis.mixed_logit switches it on, and it needs enough questions.",
    "published": "No published results were imported, so that nothing stands beside ours.",
}


# Tables of questions that not every study asks: nothing is missing where they are empty.
ASKED_FOR = {"adoption_costs", "declared_language_effects", "language_effects", "synthetic"}

WORDS = {"action_id": pl.String, "words": pl.Int32}
POSTED = pl.Schema({"scenario_id": pl.String(), "created_at": pl.Datetime("us", "UTC")})


@dataclass(frozen=True, slots=True)
class Scored:
    """The tables that the analysis reads; of choices and answers to instruments the columns that it needs."""

    respondents: pl.DataFrame
    choices: pl.DataFrame
    instrument_answers: pl.DataFrame
    instrument_scores: pl.DataFrame
    ratings: pl.DataFrame
    options: pl.DataFrame
    questions: pl.DataFrame
    published: pl.DataFrame = field(default_factory=PublishedNumbers.create_empty)
    covariates: pl.DataFrame = field(default_factory=Covariates.create_empty)
    # action_id and words of the actions whose text is here.
    words: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WORDS))
    # scenario_id and created_at of the scenarios whose posts are here.
    posted: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=POSTED))

    @classmethod
    def read(cls, folder: Path, actions: Path | None = None) -> Scored:
        """The output of the stage score; the lengths of the actions where their table is there. Choices are checked by
        their columns only, since they may be millions. InputError where they are not of these questions."""
        choices = scan_table(Choices, folder / "choices.parquet")
        questions = read_table(AskedQuestions, folder / "questions.parquet")
        _of_these(choices, questions, folder)
        return cls(
            read_table(Respondents, folder / "respondents.parquet", since=SINCE),
            choices.select(answers.COLUMNS).collect(),
            read_table(InstrumentAnswers, folder / "instrument_answers.parquet").drop(
                "raw", "request_key", "origin"
            ),
            read_table(InstrumentScores, folder / "instrument_scores.parquet"),
            scan_table(Ratings, folder / "ratings.parquet").drop("raw", "request_key", "origin").collect(),
            read_table(Options, folder / "options.parquet"),
            questions,
            _if_there(PublishedNumbers, folder / "published.parquet"),
            _if_there(Covariates, folder / "covariates.parquet"),
            _words(actions),
        )


def _of_these(choices: pl.LazyFrame, questions: pl.DataFrame, folder: Path) -> None:
    asked = choices.select("question_id", "content_sha256").unique().collect()
    now = questions.select("question_id", content_sha256_now="content_sha256")
    others = asked.join(now, on="question_id", how="left", validate="m:1").filter(differs())
    if others.height:
        raise InputError(
            f"answers to {others.height:,} questions that read otherwise now: {some(others['question_id'])}",
            where=str(folder),
            remedy="run `dvc repro score`",
        )


def _if_there(schema: type[dy.Schema], path: Path) -> pl.DataFrame:
    """A table that runs before it was written do not have; `valact compare` reads those too."""
    return read_table(schema, path) if path.exists() else schema.create_empty()


def _words(actions: Path | None) -> pl.DataFrame:
    if actions is None or not actions.exists():
        return pl.DataFrame(schema=WORDS)
    return scan_table(Actions, actions).select(*WORDS).collect()


def analyse(scored: Scored, settings: Analysis, inventory: Inventory, seed: int) -> dict[str, pl.DataFrame]:
    """All tables of ANALYSIS_TABLES by name; ``inventory`` is that of the questions. What cannot be computed is a row
    of ``notes``."""
    notes = Notebook()
    agents = Agents.of(scored.respondents)
    _check_names(scored, agents)
    if not agents.kind:
        notes.add(
            "profiles", EVERYTHING, "no_respondents", "Nobody has answered yet: there is nothing to analyse."
        )
    with progress.track("analyse", total=15 + settings.mixed_logit, unit="tables") as bar:

        def done(what: str) -> None:
            bar.advance(note=what)

        coded = answers.encode(scored.choices, scored.options, scored.questions, inventory)
        draws = Draws.of(max(coded.material.scenarios, 1), settings.draws, settings.confidence, seed)
        done("answers counted")
        tables = {"profiles": profiles.profiles(coded, draws, notes)}
        enacted = profiles.enacted(coded, draws)
        done("profiles")
        sat = declared.administrations(
            scored.instrument_scores, scored.instrument_answers, settings, seed, notes
        )
        tables["declared"] = declared.declared_profiles(sat, settings, notes)
        done("declared")
        tables["reliability"] = reliability.reliability(coded, sat, seed, notes)
        tables["components"] = generalizability.variance_components(coded, sat, agents)
        done("reliability")
        tables["gaps"], spreads = gap.gaps(
            enacted, sat, inventory, agents, tables["reliability"], draws, seed, notes
        )
        done("gaps")
        tables["cross_correlations"], of_pairs = between.correlate(enacted, sat, agents, draws, notes)
        tables["conditions"] = conditions.conditions(coded, sat, agents, draws)
        tables["language_effects"] = languages.language_effects(coded, agents, settings.confidence)
        tables["declared_language_effects"] = declared_languages.declared_language_effects(
            sat, agents, settings.confidence
        )
        done("cross-correlations")
        tables["agreement"], of_agreement = agreement.agreement(coded, agents, draws, notes)
        tables["likeness"] = likeness.likeness(coded, agents, seed, notes)
        done("agreement")
        tables["summaries"] = between.summaries(spreads | of_pairs | of_agreement, draws, seed)
        done("summaries")
        tables["accuracy"] = accuracy.accuracy(coded, draws, notes)
        done("accuracy")
        tables["drops"] = drops.drops(coded, draws, notes)
        tables["adoption_costs"] = adoption_costs.adoption_costs(coded, agents, draws)
        done("drops")
        tables["positions"] = positions.positions(coded, draws, notes)
        tables["wordings"] = wordings.wordings(coded, draws, notes)
        done("positions and wordings")
        tables["missing"] = missing.missing(coded, scored.instrument_answers, scored.ratings, draws, notes)
        done("missing")
        tables["conditional_logit"] = logit.conditional_logit(coded, sat, agents, settings.confidence, notes)
        done("conditional logit")
        tables["mixed_logit"] = MixedLogit.create_empty()
        if settings.mixed_logit:
            tables["mixed_logit"] = mixed.mixed_logit(
                coded, scored.options, scored.words, agents, settings.confidence, seed, notes
            )
            done("mixed logit")
        tables |= alignment.alignment(
            scored.choices,
            scored.options,
            scored.questions,
            sat,
            inventory,
            confidence=settings.confidence,
            seed=seed,
            notes=notes,
        )
        done("alignment")
        tables["maps"], tables["map_fits"] = scaling.maps(coded, enacted, sat, agents, seed, notes)
        tables["equal_length"] = equal_length.equal_length(coded, sat, agents, draws, seed, notes)
        done("maps and equal length")
        groups = dict(scored.respondents.select("respondent", "group").iter_rows())
        tables["covariates"] = covariates.covariates(scored.covariates, groups, sat, tables["gaps"], agents)
        tables["gap_parts"] = gap_parts.gap_parts(coded, sat, agents, groups, draws, notes)
        tables["findings"] = findings.findings(tables, agents, settings.findings, settings.confidence)
        tables["item_quality"] = item_quality.item_quality(
            coded, _questions(scored), sat, agents, settings.items, settings.confidence
        )
        tables["methods"] = methods.methods(coded, sat, scored.ratings, agents, settings.confidence)
        numbers = {name: number for number, name in enumerate(_scenarios(scored))}
        tables["applicability"] = methods.applicability(
            coded, scored.ratings, numbers, agents, settings.confidence
        )
        tables["contamination"] = contamination.contamination(
            coded,
            sat,
            scored.respondents,
            _days(scored),
            agents,
            settings.contamination,
            settings.confidence,
            notes,
        )
        tables["synthetic"] = synthetic.synthetic(coded, sat, numbers, agents, settings.confidence, notes)
        tables["published"] = published.compared(scored.published, tables, sat, settings.confidence)
    tables = families.correct(tables)
    for name, table in tables.items():
        if table.is_empty() and name not in ASKED_FOR:
            notes.add(
                name,
                EVERYTHING,
                "no_rows",
                EMPTY.get(name, f"The table {name} is empty: nobody has given the answers that it needs."),
            )
    tables["notes"] = notes.table()
    return tables


def _days(scored: Scored) -> dict[int, dt.date]:
    """The day of each scenario's post, where it is known, by the number that the arrays know the scenario by. Scenarios
    that were written for the study were never posted."""
    posted = scored.posted.filter(~pl.col("scenario_id").str.starts_with(SYNTHETIC))
    day = dict(posted.select("scenario_id", pl.col("created_at").dt.date()).iter_rows())
    return {number: day[name] for number, name in enumerate(_scenarios(scored)) if name in day}


def _scenarios(scored: Scored) -> list[str]:
    """The ids of the scenarios, in the order in which the arrays number them."""
    return _with_options(scored)["scenario_id"].unique().sort().to_list()


def _questions(scored: Scored) -> list[str]:
    """The ids of the questions, likewise."""
    return _with_options(scored)["question_id"].sort().to_list()


def _with_options(scored: Scored) -> pl.DataFrame:
    return scored.questions.join(scored.options, on="question_id", how="semi")


def _check_names(scored: Scored, agents: Agents) -> None:
    for table in (scored.choices, scored.instrument_scores, scored.ratings):
        if unknown := sorted(set(table["respondent"].unique()) - set(agents.kind)):
            raise InputError(
                f"respondent {unknown[0]!r} has answers, but is not in the table of respondents",
                where="respondents.parquet",
                remedy="run `dvc repro score`, which writes the tables together",
            )


def metrics(tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The numbers to watch between versions (`dvc metrics diff`), to six decimals."""
    overall = tables["accuracy"].filter(
        pl.col("value") == "all", pl.col("wording") == 0, pl.col("language") == "all"
    )
    answered = tables["missing"].filter(
        pl.col("status") == "answered", pl.col("wording") == 0, pl.col("language") == "all"
    )
    return {
        "declared_enacted_r": _by(tables["gaps"], ["instrument", "respondent"], "r"),
        "summaries": _by(tables["summaries"], ["statistic", "instrument", "kind"], "mean"),
        "accuracy": _by(overall, ["mode", "respondent"], "accuracy"),
        "drop": _by(tables["drops"].filter(pl.col("value") == "all"), ["respondent"], "drop"),
        "answered": _by(answered, ["instrument", "respondent"], "share"),
        "notes": tables["notes"].height,
    }


def _by(table: pl.DataFrame, keys: list[str], number: str) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for row in table.sort(keys).filter(pl.col(number).is_not_null()).iter_rows(named=True):
        place = nested
        for key in keys[:-1]:
            place = place.setdefault(row[key], {})
        place[row[keys[-1]]] = round(row[number], 6)
    return nested
