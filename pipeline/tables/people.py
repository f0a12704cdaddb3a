"""Questionnaires for people: what each form holds, and what became of the answer files."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import ORDER, QUESTION_ID, SCENARIO_ID, SHA256, one_of

FORM = r"^f[0-9]{3,}$"
ITEM_KINDS = ("statement", "question", "attention_statement", "attention_question")
EFFECTS = ("left_out", "no_scores", "answer_unused", "noted")


class FormItems(dy.Schema):
    """The key of a set of forms: one row an item of a form. The pages show item_id and option_ids only."""

    form = dy.String(primary_key=True, regex=FORM, description="The form")
    place = dy.Int16(primary_key=True, min=1, description="Place of the item in the form")
    item_id = dy.String(nullable=False, regex=r"^i[0-9a-f]{12}$", description="Opaque id of the item, unique")
    kind = one_of(
        ITEM_KINDS,
        "What it is: answered on the scale of the instrument, or by one of the options",
        nullable=False,
    )
    instrument = dy.String(nullable=False, description="The instrument of the form's statements")
    number = dy.Int16(nullable=True, min=1, description="Number of the item in the instrument's key")
    number_place = dy.Int16(
        nullable=True, min=1, description="Place among the form's items of the instrument"
    )
    question_id = dy.String(nullable=True, regex=QUESTION_ID, description="The question")
    scenario_id = dy.String(nullable=True, regex=SCENARIO_ID, description="Its scenario")
    order = dy.String(
        nullable=True, regex=ORDER, description="Dealt positions of the question's options as shown"
    )
    option_ids = dy.List(
        dy.String(regex=r"^o[0-9a-f]{12}$"), nullable=True, description="Opaque ids of the options as shown"
    )
    expected = dy.Int16(
        nullable=True, min=1, description="Attention checks: the place or number that is asked for"
    )
    language = dy.String(nullable=False, description="Language of the item")
    shown_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the texts shown")

    @dy.rule()
    def item_ids_are_unique(cls) -> pl.Expr:
        return cls.item_id.col.is_unique()


class PeopleLedger(dy.Schema):
    """What did not become a row of the tables, or not as it came, and why.

    A row names a place in the files or a respondent of the tables, never both: nothing here leads from one to the
    other. Participant codes are not kept; where a file name holds one, it stands there as ***.
    """

    number = dy.Int32(primary_key=True, min=1, description="Number of the row")
    file = dy.String(nullable=True, description="Name of the answer file")
    row = dy.Int32(nullable=True, min=0, description="Line of the file, from 1; 0 for the whole file")
    respondent = dy.String(nullable=True, description="Opaque id of a person in the tables")
    item = dy.String(nullable=True, description="The item or column, where it is about one")
    effect = one_of(
        EFFECTS,
        "left_out: nothing of it is in the tables; no_scores: the rules of the instrument give it none; "
        "answer_unused: one answer is not used; noted: all is used",
        nullable=False,
    )
    reason = dy.String(nullable=False, regex=r"^[a-z0-9_]+$", description="Reason code")
    detail = dy.String(nullable=True, description="What was found, for people")

    @dy.rule()
    def no_link_between_file_and_person(cls) -> pl.Expr:
        return cls.file.col.is_null() != cls.respondent.col.is_null()
