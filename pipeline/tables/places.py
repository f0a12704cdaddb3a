"""Where the tables of a recipe lie: ``data/<step>/<name>.parquet``, or ``data/<step>/<part>/<name>.parquet``
where each part of a step (a respondent) writes its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import dataframely as dy

from pipeline import tables
from pipeline.tables.author import Authored
from pipeline.tables.freetext import FreeAnswers, FreeChecks, FreeCodes, FreeSummaries, FreeValues
from pipeline.tables.probe import Continuations, Likelihoods, Probed, Ranked
from pipeline.tables.translate import (
    TranslationChecks,
    TranslationReadings,
    TranslationReviews,
    Translations,
)

DATA = Path("data")
# Who the raters of the round are, in counts; only there where some are known.
BACKGROUND = DATA / "collect/background.json"


@dataclass(frozen=True, slots=True)
class Place:
    """One table of one step; ``parted`` if each part of the step writes its own. ``home``: the folder of its recipe."""

    step: str
    name: str
    schema: type[dy.Schema]
    parted: bool = False
    home: Path = Path()

    def path(self, root: Path = Path(), part: str = "") -> Path:
        """The file below ``root``, the folder of the repository."""
        folder = root / self.home / DATA / self.step
        return (folder / part if self.parted else folder) / f"{self.name}.parquet"

    def joined(self, step: str) -> Self:
        """Its rows of all parts in one table, which ``step`` makes."""
        return replace(self, step=step, parted=False)

    def below(self, home: Path) -> Self:
        """The same table of another recipe."""
        return replace(self, home=home)


POSTS = Place("scrape", "posts", tables.Posts)
SCRAPE_LEDGER = Place("scrape", "ledger", tables.ScrapeLedger)

CANDIDATES = Place("filter", "candidates", tables.Candidates)
FILTER_LEDGER = Place("filter", "ledger", tables.Ledger)

VOTES = Place("judge", "votes", tables.Votes)
JUDGED_SCENARIOS = Place("judge", "scenarios", tables.Scenarios)
JUDGE_LEDGER = Place("judge", "ledger", tables.Ledger)
CELLS = Place("judge", "cells", tables.Cells)
JUDGE_TRANSCRIPTS = Place("judge", "transcripts", tables.Transcripts)

GENERATED_ACTIONS = Place("generate", "actions", tables.Actions)
DRAFTS = Place("generate", "drafts", tables.Drafts)
GENERATE_LEDGER = Place("generate", "ledger", tables.GenerationLedger)
READINGS = Place("generate", "readings", tables.Readings)
GENERATE_TRANSCRIPTS = Place("generate", "transcripts", tables.Transcripts)

SCENARIOS = Place("assemble", "scenarios", tables.Scenarios)
ACTIONS = Place("assemble", "actions", tables.Actions)
ASSEMBLE_LEDGER = Place("assemble", "ledger", tables.Ledger)
QUESTIONS = Place("assemble", "questions", tables.Questions)
OPTIONS = Place("assemble", "options", tables.Options)

ITEMS = Place("send", "items", tables.Items)

JUDGEMENTS = Place("collect", "judgements", tables.Judgements)
COLLECT_LEDGER = Place("collect", "ledger", tables.JudgementLedger)

JUDGED_ACCURACY = Place("validate", "accuracy", tables.JudgedAccuracy)
CONFUSION = Place("validate", "confusion", tables.Confusion)
AGREEMENT = Place("validate", "agreement", tables.Agreement)
RATERS = Place("validate", "raters", tables.Raters)
RATER_CONFUSION = Place("validate", "rater_confusion", tables.RaterConfusion)
CONSENSUS = Place("validate", "consensus", tables.Consensus)
ACTION_VERDICTS = Place("validate", "actions", tables.ActionVerdicts)
TEXT_ONLY = Place("validate", "text_only", tables.TextOnly)
TELLING_WORDS = Place("validate", "telling_words", tables.TellingWords)
GIVE_AWAY = Place("validate", "give_away", tables.GiveAway)
RECOGNISED = Place("validate", "recognised", tables.Recognised)
READ_CONFUSION = Place("validate", "read_confusion", tables.ReadConfusion)
VALIDATE_LEDGER = Place("validate", "ledger", tables.JudgementLedger)

RESPONDENT = Place("administer", "respondents", tables.Respondents, parted=True)
ITS_CHOICES = Place("administer", "choices", tables.Choices, parted=True)
ITS_INSTRUMENT_ANSWERS = Place("administer", "instrument_answers", tables.InstrumentAnswers, parted=True)
ITS_RATINGS = Place("administer", "ratings", tables.Ratings, parted=True)
ADMINISTER_TRANSCRIPTS = Place("administer", "transcripts", tables.Transcripts, parted=True)

RESPONDENTS = RESPONDENT.joined("score")
CHOICES = ITS_CHOICES.joined("score")
INSTRUMENT_ANSWERS = ITS_INSTRUMENT_ANSWERS.joined("score")
INSTRUMENT_SCORES = Place("score", "instrument_scores", tables.InstrumentScores)
RATINGS = ITS_RATINGS.joined("score")
COVARIATES = Place("score", "covariates", tables.Covariates)
PUBLISHED_NUMBERS = Place("score", "published", tables.PublishedNumbers)
SCORED_OPTIONS = Place("score", "options", tables.Options)
SCORED_QUESTIONS = Place("score", "questions", tables.AskedQuestions)
SCORE_LEDGER = Place("score", "ledger", tables.ScoreLedger)

# Of steps that commands run, and no stage.
CONTINUATIONS = Place("probe", "continuations", Continuations)
PROBED = Place("probe", "probe", Probed)
LIKELIHOODS = Place("probe", "likelihoods", Likelihoods)
RANKED = Place("probe", "ranks", Ranked)
PROBE_TRANSCRIPTS = Place("probe", "transcripts", tables.Transcripts)
AUTHORED = Place("author", "dilemmas", Authored)
AUTHOR_TRANSCRIPTS = Place("author", "transcripts", tables.Transcripts)
FREE_ANSWERS = Place("freetext", "answers", FreeAnswers)
FREE_CODES = Place("freetext", "codes", FreeCodes)
FREE_VALUES = Place("freetext", "values", FreeValues)
FREE_SUMMARIES = Place("freetext", "summaries", FreeSummaries)
FREE_CHECKS = Place("freetext", "checks", FreeChecks)
FREE_TRANSCRIPTS = Place("freetext", "transcripts", tables.Transcripts)
TRANSLATIONS = Place("translate", "translations", Translations)
TRANSLATION_READINGS = Place("translate", "readings", TranslationReadings)
TRANSLATION_REVIEWS = Place("translate", "reviews", TranslationReviews)
TRANSLATION_CHECKS = Place("translate", "checks", TranslationChecks)
TRANSLATE_TRANSCRIPTS = Place("translate", "transcripts", tables.Transcripts)

RESULTS = Place("analyse", "results", tables.Results)
ANSWERS = Place("analyse", "answers", tables.Answers)
ANALYSIS = {name: Place("analyse", name, schema) for name, schema in tables.ANALYSIS_TABLES.items()}
