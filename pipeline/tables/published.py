"""An import of published results: where every row came from, what could not be read, and what others made of it."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import SCENARIO_ID, instrument_column, one_of, post_id_column, value_column

UNKNOWN_CATEGORY = "unknown"
# What a problem costs; notes are about rows that were read.
EFFECTS = ("file", "block", "line", "answer", "note")
READ_AS = ("answers", "questions", "metadata", "aggregates", "nothing")
MEASURES = ("enacted", "declared", "selection", "adoption", "adoption_given_selection")


class PublishedFiles(dy.Schema):
    """One row a file that was looked at."""

    file = dy.String(primary_key=True, description="Path below the folder that was imported")
    read_as = one_of(READ_AS, "What it was taken for; nothing: a problem says why", nullable=False)
    instrument = dy.String(
        nullable=True,
        description="What was asked: a mode of the questions, or an instrument; empty for files that hold no answers",
    )
    respondent = dy.String(nullable=True, description="Whose answers it holds")
    language = dy.String(nullable=True, description="Language of what was asked: en, zh")
    encoding = dy.String(nullable=True, description="Encoding in which it could be read")
    blocks = dy.Int32(nullable=False, min=0, description="Blocks: scenarios, or trials of the instrument")
    unreadable = dy.Int32(nullable=False, min=0, description="Of these, blocks that gave no row")
    rows = dy.Int64(nullable=False, min=0, description="Answers that the file should hold, one row each")
    answered = dy.Int64(nullable=False, min=0, description="Of these, valid answers")
    invalid = dy.Int64(nullable=False, min=0, description="Of these, answers that cannot be read as one")
    failed = dy.Int64(nullable=False, min=0, description="Of these, empty or not recorded")


class PublishedProblems(dy.Schema):
    """One row for everything that could not be read, or was read and is not what it seems."""

    file = dy.String(primary_key=True, description="Path below the folder that was imported")
    line = dy.Int64(
        primary_key=True, min=0, description="Line of the file, from 1; 0 for the file as a whole"
    )
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    subject = dy.String(primary_key=True, description="Question, item or label concerned; empty for the line")
    block = dy.Int32(nullable=False, min=0, description="Block of the file, from 1; 0 outside of any")
    effect = one_of(EFFECTS, "What was lost: the file, the block, the line, one answer, or nothing (note)")
    detail = dy.String(nullable=False, description="What was found, for people")


class PublishedSources(dy.Schema):
    """File and line of every answer that was read: what defends a row."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    instrument = instrument_column("What was asked: a mode of the questions, or an instrument")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    subject = dy.String(primary_key=True, description="scenario_id, or the instrument's administration")
    file = dy.String(nullable=False, description="Path below the folder that was imported")
    line = dy.Int64(nullable=False, min=1, description="Line of the answers")
    block = dy.Int32(nullable=False, min=1, description="Block of the file")


class PublishedScenarios(dy.Schema):
    """The scenarios of published questions; their text is not published."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="Seeded hash of its actions")
    category = dy.String(nullable=False, description="Category by the metadata, or 'unknown'")
    subreddit = dy.String(nullable=True, description="Subreddit by the metadata")
    post_id = post_id_column(nullable=True)
    metadata_row = dy.Int32(nullable=True, min=0, description="Row of the metadata, from 0")


class PublishedCells(dy.Schema):
    """One row a cell of a published aggregate table, beside the same number from the imported rows."""

    table = dy.String(primary_key=True, description="Path below the folder that was imported")
    respondent = dy.String(primary_key=True, description="The respondent of the column")
    value = value_column("The value of the row", primary_key=True)
    measure = one_of(MEASURES, "What it measures", nullable=False)
    wording = dy.Int16(nullable=False, min=1, description="Number of the prompt wording")
    printed = dy.Float64(nullable=False, description="The published number, as far as it was rounded")
    recomputed = dy.Float64(nullable=True, description="From the imported rows; empty without them")
    agrees = dy.Bool(nullable=True, description="Equal to the printed precision")


class PublishedFaults(dy.Schema):
    """One row for each published row that a known fault of the publication touches."""

    fault = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="The fault")
    file = dy.String(primary_key=True, description="Path below the folder that was imported")
    line = dy.Int64(primary_key=True, min=0, description="Line of the file; 0 for the file as a whole")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    subject = dy.String(
        primary_key=True, description="Question, scenario, administration, respondent or label"
    )
    detail = dy.String(nullable=False, description="What the fault makes of it, and what is the case")
