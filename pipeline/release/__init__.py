"""The release folder: Parquet configs, card, code book, Croissant metadata, licence and checksums.

A function of the tables and params alone: same inputs, same bytes.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.funnel import Counts
from pipeline.params import Params
from pipeline.release import checks, wording
from pipeline.release.card import card
from pipeline.release.codebook import codebook
from pipeline.release.configs import SPLIT, arrow, tables
from pipeline.release.croissant import croissant
from pipeline.release.files import replacing, write_checksums, write_parquet, write_text

__all__ = ["build", "check_params", "tables"]


def check_params(params: Params) -> None:
    """What can be known to be wrong before any table is read: raises ParamsError."""
    checks.text_is_allowed(params)
    wording.licence(params)


def build(configs: dict[str, pl.DataFrame], counts: Counts, params: Params, folder: Path) -> None:
    """Writes the release of the config tables (see ``tables``) into ``folder``, whole or not at all.

    Raises ParamsError where params forbid it, and ValActError where a check of the contents fails; the
    folder is then as it was.
    """
    check_params(params)
    checks.deal_is_sound(configs)
    with replacing(folder) as new:
        for name, table in configs.items():
            write_parquet(arrow(table), new / name / f"{SPLIT}.parquet")
        write_text(card(configs, new, counts, params), new / "README.md")
        write_text(codebook(counts, params), new / "CODEBOOK.md")
        write_text(_licence(params), new / "LICENSE")
        write_text(croissant(new, params), new / "croissant.json")
        write_checksums(new)
        checks.card_is_true(new)


def _licence(params: Params) -> str:
    return f"{wording.title(params)} {params.release.version}\n\n{wording.licence_scope(params)}"
