"""Where the tables of the lens lie: below ``lens/data``, as those of ValAct below ``data``."""

from __future__ import annotations

from functools import partial

from pipeline import tables
from pipeline.lens import tables as own
from pipeline.recipe import LENS
from pipeline.tables import places as valact
from pipeline.tables.measures import SCHEMAS
from pipeline.tables.places import Place

_at = partial(Place, home=LENS.home)

SCENARIOS = _at("grid", "scenarios", own.GridScenarios)
FACTORS = _at("grid", "factors", tables.Factors)

ACTIONS = _at("generate", "actions", own.ValuedActions)
GENERATE_LEDGER = _at("generate", "ledger", own.ValuedLedger)
GENERATE_TRANSCRIPTS = valact.GENERATE_TRANSCRIPTS.below(LENS.home)

PAIRS = _at("assemble", "pairs", own.Pairs)
ASSEMBLE_LEDGER = _at("assemble", "ledger", own.PairLedger)

ITEMS = _at("send", "items", own.ValuedItems)

JUDGEMENTS = _at("collect", "judgements", own.ValuedJudgements)
COLLECT_LEDGER = _at("collect", "ledger", tables.JudgementLedger)

JUDGED = _at("validate", "figures", own.JudgedActions)
AGREEMENT = _at("validate", "agreement", own.ValuedAgreement)
VERDICTS = _at("validate", "actions", own.ValuedVerdicts)
# What the gate says; its figures lie there as metrics of DVC, too.
GATE = LENS.home / valact.DATA / "validate/gate.json"
METRICS = LENS.home / valact.DATA / "metrics/validation.json"
RATERS = valact.RATERS.below(LENS.home)

RESPONDENT = valact.RESPONDENT.below(LENS.home)
ITS_RATINGS = _at("administer", "ratings", tables.ValueRatings, parted=True)
ITS_CHOICES = _at("administer", "choices", tables.PairChoices, parted=True)
ADMINISTER_TRANSCRIPTS = valact.ADMINISTER_TRANSCRIPTS.below(LENS.home)

RESPONDENTS = RESPONDENT.joined("score")
RATINGS = ITS_RATINGS.joined("score")
CHOICES = ITS_CHOICES.joined("score")
ENACTED = _at("score", "enacted", tables.Enacted)
DECLARED = _at("score", "declared", tables.Declared)
SCORED_FACTORS = _at("score", "factors", tables.Factors)

PREDICTIONS = _at("predict", "predictions", own.Predictions)
PREDICTION_SCORES = _at("predict", "scores", own.PredictionScores)
PREDICT_TRANSCRIPTS = _at("predict", "transcripts", tables.Transcripts)

ANALYSIS = {name: _at("analyse", name, schema) for name, schema in SCHEMAS.items()}
