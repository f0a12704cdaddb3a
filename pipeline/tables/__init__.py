"""The schema of every table: the contract between stages.

A table is a Parquet file that is checked against its schema when it is written and when it is read.
Rows are keyed by id, never by position. Descriptions feed the release's code book.
"""

from pipeline.tables.actions import (
    ACTION_CHECKS,
    Actions,
    Drafts,
    GenerationLedger,
)
from pipeline.tables.columns import (
    ACTION_ID,
    POST_ID,
    QUESTION_ID,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    one_of,
    post_id_column,
    utc,
)
from pipeline.tables.evaluation import (
    ANSWER_STATUSES,
    KINDS,
    MODES,
    Choices,
    PvqAnswers,
    PvqScores,
    Ratings,
    Respondents,
)
from pipeline.tables.files import (
    conform,
    read_table,
    scan_table,
    write_table,
)
from pipeline.tables.posts import (
    Ledger,
    Posts,
    ScrapeLedger,
)
from pipeline.tables.questions import (
    Options,
    Questions,
)
from pipeline.tables.run import (
    Funnel,
    Transcripts,
)
from pipeline.tables.scenarios import (
    Candidates,
    Cells,
    Scenarios,
    Votes,
)
from pipeline.tables.validation import (
    ACTION_STATUSES,
    NONE,
    TASKS,
    ActionVerdicts,
    Items,
    JudgementLedger,
    Judgements,
)

__all__ = [
    "ACTION_CHECKS",
    "ACTION_ID",
    "ACTION_STATUSES",
    "ANSWER_STATUSES",
    "KINDS",
    "MODES",
    "NONE",
    "POST_ID",
    "QUESTION_ID",
    "RESPONSE_STATUSES",
    "SCENARIO_ID",
    "SHA256",
    "TASKS",
    "ActionVerdicts",
    "Actions",
    "Candidates",
    "Cells",
    "Choices",
    "Drafts",
    "Funnel",
    "GenerationLedger",
    "Items",
    "JudgementLedger",
    "Judgements",
    "Ledger",
    "Options",
    "Posts",
    "PvqAnswers",
    "PvqScores",
    "Questions",
    "Ratings",
    "Respondents",
    "Scenarios",
    "ScrapeLedger",
    "Transcripts",
    "Votes",
    "conform",
    "one_of",
    "post_id_column",
    "read_table",
    "scan_table",
    "utc",
    "write_table",
]
