"""Questions as they read in another language: the same ids, the texts and the hashes of the translations.

What may be shown is decided here for everybody: respondents, a release and questionnaires leave out the same.
"""

from __future__ import annotations

import polars as pl

from pipeline.tables.content import question_hashes, text_hashes

ENGLISH = "en"
# Marked, and shown all the same: few words that come back tell of a free translation as often as of a wrong one.
SHOWN = ("unlike",)


def shown(translations: pl.DataFrame, english: pl.DataFrame, language: str) -> pl.DataFrame:
    """Columns id and text, a row for each translation into a language that may be shown: it is there, nothing that a
    program sees is wrong with it, and it is of the text that the original has now.

    ``translations``: table Translations; ``english``: columns id and text.
    """
    now = english.select("id", now=text_hashes(pl.col("text")))
    return (
        translations.filter(
            pl.col("language") == language,
            pl.col("text").is_not_null(),
            pl.col("fault").is_null() | pl.col("fault").is_in(SHOWN),
        )
        .join(now, on="id", how="inner", validate="1:1")
        .filter(pl.col("now") == pl.col("source_sha256"))
        .select("id", "text")
    )


def texts(
    translations: pl.DataFrame, scenarios: pl.DataFrame, actions: pl.DataFrame, language: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``scenarios`` and ``actions`` (tables of these names) with texts in a language; null where none may be shown."""
    english = pl.concat(
        [scenarios.select(id="scenario_id", text="text"), actions.select(id="action_id", text="text")]
    )
    found = shown(translations, english, language)
    return _with(scenarios, "scenario_id", found), _with(actions, "action_id", found)


def _with(table: pl.DataFrame, key: str, found: pl.DataFrame) -> pl.DataFrame:
    both = table.join(
        found.select("id", now="text"),
        left_on=key,
        right_on="id",
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    return both.with_columns(text="now").drop("now")


def hashes(options: pl.DataFrame, scenarios: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Columns question_id and content_sha256 of the questions of which every text is there.

    ``options``: table Options; of ``scenarios`` and ``actions`` the texts that are shown.
    """
    of_scenarios = scenarios.select("scenario_id", scenario_sha256=text_hashes(pl.col("text")))
    of_actions = actions.select("action_id", "scenario_id", text_sha256=text_hashes(pl.col("text")))
    parts = options.join(of_actions, on="action_id", how="left", validate="m:1").join(
        of_scenarios, on="scenario_id", how="left", validate="m:1"
    )
    return question_hashes(parts).drop_nulls("content_sha256")
