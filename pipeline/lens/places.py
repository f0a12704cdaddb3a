"""Where the tables of the lens lie: below ``lens/data``, as those of ValAct below ``data``."""

from __future__ import annotations

from functools import partial

from pipeline import tables
from pipeline.lens import tables as own
from pipeline.recipe import LENS
from pipeline.tables.measures import SCHEMAS
from pipeline.tables.places import Place

_at = partial(Place, home=LENS.home)

SCENARIOS = _at("grid", "scenarios", own.GridScenarios)
FACTORS = _at("grid", "factors", tables.Factors)

ACTIONS = _at("generate", "actions", own.ValuedActions)
GENERATE_LEDGER = _at("generate", "ledger", own.ValuedLedger)
GENERATE_TRANSCRIPTS = _at("generate", "transcripts", tables.Transcripts)

PAIRS = _at("assemble", "pairs", own.Pairs)
ASSEMBLE_LEDGER = _at("assemble", "ledger", own.PairLedger)

RESPONDENT = _at("administer", "respondents", tables.Respondents, parted=True)
ITS_RATINGS = _at("administer", "ratings", tables.ValueRatings, parted=True)
ITS_CHOICES = _at("administer", "choices", tables.PairChoices, parted=True)
ADMINISTER_TRANSCRIPTS = _at("administer", "transcripts", tables.Transcripts, parted=True)

RESPONDENTS = _at("score", "respondents", tables.Respondents)
RATINGS = _at("score", "ratings", tables.ValueRatings)
CHOICES = _at("score", "choices", tables.PairChoices)
ENACTED = _at("score", "enacted", tables.Enacted)
DECLARED = _at("score", "declared", tables.Declared)
SCORED_FACTORS = _at("score", "factors", tables.Factors)

ANALYSIS = {name: _at("analyse", name, schema) for name, schema in SCHEMAS.items()}
