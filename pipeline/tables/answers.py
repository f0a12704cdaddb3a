"""What comes with anybody's answers beside them: covariates of respondents, and the texts that were rated."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import SCENARIO_ID


class Covariates(dy.Schema):
    """One row a covariate of a respondent: age, country, anything that its study knows of it."""

    respondent = dy.String(primary_key=True, description="Who it is of")
    covariate = dy.String(primary_key=True, description="Name of the column that it came in")
    value = dy.String(nullable=False, description="As it came")
    number = dy.Float64(
        nullable=True, description="The same as a number, where every value of the study is one"
    )


class Texts(dy.Schema):
    """One row a text that was rated, whose own id is not one of ours."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="As the ratings have it")
    text_id = dy.String(nullable=False, description="As it came")
