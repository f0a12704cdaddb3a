"""The schema of every table: the contract between steps, a module for each step.

A table is a Parquet file that is checked against its schema when it is written and when it is read.
Rows are keyed by id, never by position. Descriptions feed the release's code book. Like the core, the tables are
imported whole.
"""

from pipeline.tables import ids, people, published, scalars
from pipeline.tables.analysis import (
    ANALYSIS_TABLES,
    Accuracy,
    Conditions,
    CrossCorrelations,
    DeclaredProfiles,
    Drops,
    Gaps,
    Notes,
    Profiles,
    Summaries,
)
from pipeline.tables.assemble import Options, Questions
from pipeline.tables.collect import RATER, JudgementLedger, Judgements
from pipeline.tables.columns import (
    ACTION_ID,
    POST_ID,
    QUESTION_ID,
    QUESTIONS,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    STANCES,
    instrument_column,
    one_of,
    post_id_column,
    utc,
    value_column,
)
from pipeline.tables.diagnostics import (
    Comparisons,
    ConditionalLogit,
    EqualLength,
    MapFits,
    Maps,
    Missing,
    Positions,
    Reliability,
    RespondentAgreement,
    Wordings,
)
from pipeline.tables.evaluation import (
    ANSWER_STATUSES,
    KINDS,
    MAIN,
    MODES,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Ratings,
    Respondents,
)
from pipeline.tables.files import check_values, conform, read_table, scan_table, write_table
from pipeline.tables.filter import Candidates
from pipeline.tables.generate import ACTION_CHECKS, Actions, Drafts, GenerationLedger
from pipeline.tables.judge import Cells, Scenarios, Votes
from pipeline.tables.ledger import Ledger
from pipeline.tables.release import Funnel
from pipeline.tables.scrape import Posts, ScrapeLedger
from pipeline.tables.send import NONE, TASKS, Items
from pipeline.tables.transcripts import Transcripts
from pipeline.tables.validate import (
    ACTION_STATUSES,
    ActionVerdicts,
    Agreement,
    Confusion,
    Consensus,
    JudgedAccuracy,
    Raters,
)

__all__ = [
    "ACTION_CHECKS",
    "ACTION_ID",
    "ACTION_STATUSES",
    "ANALYSIS_TABLES",
    "ANSWER_STATUSES",
    "KINDS",
    "MAIN",
    "MODES",
    "NONE",
    "POST_ID",
    "QUESTIONS",
    "QUESTION_ID",
    "RATER",
    "RESPONSE_STATUSES",
    "SCENARIO_ID",
    "SHA256",
    "STANCES",
    "TASKS",
    "Accuracy",
    "ActionVerdicts",
    "Actions",
    "Agreement",
    "AskedQuestions",
    "Candidates",
    "Cells",
    "Choices",
    "Comparisons",
    "ConditionalLogit",
    "Conditions",
    "Confusion",
    "Consensus",
    "CrossCorrelations",
    "DeclaredProfiles",
    "Drafts",
    "Drops",
    "EqualLength",
    "Funnel",
    "Gaps",
    "GenerationLedger",
    "InstrumentAnswers",
    "InstrumentScores",
    "Items",
    "JudgedAccuracy",
    "JudgementLedger",
    "Judgements",
    "Ledger",
    "MapFits",
    "Maps",
    "Missing",
    "Notes",
    "Options",
    "Positions",
    "Posts",
    "Profiles",
    "Questions",
    "Raters",
    "Ratings",
    "Reliability",
    "RespondentAgreement",
    "Respondents",
    "Scenarios",
    "ScrapeLedger",
    "Summaries",
    "Transcripts",
    "Votes",
    "Wordings",
    "check_values",
    "conform",
    "ids",
    "instrument_column",
    "one_of",
    "people",
    "post_id_column",
    "published",
    "read_table",
    "scalars",
    "scan_table",
    "utc",
    "value_column",
    "write_table",
]
