"""An import of published results: where every row came from, what could not be read, and what others made of it."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import SCENARIO_ID, instrument_column, one_of, post_id_column, value_column

UNKNOWN_CATEGORY = "unknown"
# What a problem costs; notes are about rows that were read.
EFFECTS = ("file", "block", "line", "answer", "note")
READ_AS = ("answers", "questions", "metadata", "aggregates", "tests", "notebook", "nothing", "beside")
MEASURES = ("enacted", "declared", "selection", "adoption", "adoption_given_selection")


class PublishedFiles(dy.Schema):
    """One row a file that was looked at."""

    file = dy.String(primary_key=True, description="Path below the folder that was imported")
    read_as = one_of(
        READ_AS,
        "What it was taken for; nothing: not read, reason says why; beside: code, text, pictures",
        nullable=False,
    )
    reason = dy.String(nullable=True, description="Why it was not read: a reason of the problems")
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

    number = dy.Int64(primary_key=True, min=1, description="Number of the row")
    file = dy.String(nullable=False, description="Path below the folder that was imported")
    line = dy.Int64(nullable=False, min=0, description="Line of the file, from 1; 0 for the file as a whole")
    reason = dy.String(nullable=False, regex=r"^[a-z0-9_]+$", description="Reason code")
    subject = dy.String(nullable=False, description="Question, item or label concerned; empty for the line")
    places = dy.Int64(
        nullable=False, min=1, description="1, or how many more there are of a kind with very many"
    )
    block = dy.Int32(nullable=False, min=0, description="Block of the file, from 1; 0 outside of any")
    effect = one_of(EFFECTS, "What was lost: the file, the block, the line, one answer, or nothing (note)")
    detail = dy.String(nullable=False, description="What was found, for people")


class PublishedSources(dy.Schema):
    """File and line of every answer that was read: what defends a row."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    instrument = instrument_column("What was asked: a mode of the questions, or an instrument")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    subject = dy.String(primary_key=True, description="scenario_id, or the instrument's administration")
    repeat = dy.Int16(primary_key=True, min=1, description="Round: targets can be asked one after the other")
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
    """One row a cell of a published aggregate table, beside the same number from the imported rows, counted as the
    authors count."""

    table = dy.String(primary_key=True, description="Path below the folder that was imported")
    respondent = dy.String(primary_key=True, description="The respondent of the column")
    value = value_column("The value of the row", primary_key=True)
    measure = one_of(MEASURES, "What it measures", nullable=False)
    wording = dy.Int16(nullable=False, min=1, description="Number of the prompt wording")
    printed = dy.Float64(nullable=False, description="The published number, as far as it was rounded")
    recomputed = dy.Float64(nullable=True, description="From the imported rows; empty without them")
    agrees = dy.Bool(nullable=True, description="Equal to the printed precision")
    n = dy.Int64(nullable=True, min=0, description="Answers behind the recomputed number")
    why = dy.String(nullable=True, description="What their rule of counting does here that ours does not")
    missing = dy.String(nullable=True, description="The file that would be needed to recompute it")


class PublishedFaults(dy.Schema):
    """One row a known fault of the publication that touches these files. None of them is in the imported rows."""

    fault = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="The fault")
    meaning = dy.String(nullable=False, description="What it is, for people")
    places = dy.Int64(nullable=False, min=1, description="How many places it touches")
    files = dy.Int64(nullable=False, min=1, description="How many files these are in")
    examples = dy.List(
        dy.String(), nullable=False, description="The first of them: file, line, what is there"
    )


FIGURES = (
    *MEASURES,
    "declared_enacted_r",
    "declared_enacted_r_mean",
    *(f"{profile}_r_{number}" for profile in ("enacted", "declared") for number in ("min", "mean", "max")),
    "drop",
    "selection_adoption_t",
    "majority_adoption_t",
    "chinese_english_r",
    "temperature_r",
    "letter_share",
    "people_enacted_r_min",
    "people_enacted_r_max",
    "people_declared_enacted_r",
)
PAPER = "paper"


class PublishedNumbers(dy.Schema):
    """One row a figure of the paper or of its tables: as published, and recomputed by the authors' rules."""

    study = dy.String(primary_key=True, description="Folder of data/imported that it was imported into")
    source = dy.String(
        primary_key=True, description=f"'{PAPER}', or the table, as a path below the folder imported"
    )
    figure = one_of(FIGURES, "What it is", primary_key=True)
    respondent = dy.String(primary_key=True, description="The respondent; 'all' for a figure over models")
    value = dy.String(primary_key=True, description="The value, or letter; 'all' where it is of none")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    published = dy.Float64(nullable=True, description="As published; empty where only its files say it")
    decimals = dy.Int8(nullable=False, min=0, description="To which it is printed")
    recomputed = dy.Float64(nullable=True, description="By the authors' rule")
    basis = one_of(("answers", "tables"), "From what it was recomputed", nullable=True)
    n = dy.Int64(nullable=True, min=0, description="Answers, respondents or pairs behind recomputed")
    agrees = dy.Bool(nullable=True, description="Equal to the printed precision")
    why = dy.String(
        nullable=True, description="What their rule does here that ours does not, or what differs"
    )
    missing = dy.String(nullable=True, description="The file without which it cannot be recomputed")


class PublishedComparison(PublishedNumbers):
    """The same beside our number for it, which has an interval and a row of its own in the tables of the analysis."""

    ours = dy.Float64(nullable=True, description="By our rule, from the imported answers")
    low = dy.Float64(nullable=True, description="Lower bound of the interval of ours")
    high = dy.Float64(nullable=True, description="Upper bound of the interval of ours")
    ours_n = dy.Int64(nullable=True, min=0, description="Answers, respondents or pairs behind ours")
    difference = dy.Float64(
        nullable=True, description="ours less published, or less recomputed where none is published"
    )
