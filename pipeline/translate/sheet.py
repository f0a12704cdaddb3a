"""For a reader of both languages: original, translation and what came back, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

COLUMNS = ("id", "kind", "fault", "detail", "similarity", "english", "text", "back")


def sheets(translations: pl.DataFrame, english: pl.DataFrame, folder: Path) -> Iterator[Path]:
    """Writes LANGUAGE.csv for each language: texts with a fault first, then those of which least comes back.
    ``english``: columns id and english."""
    both = translations.join(english, on="id", how="left", validate="m:1")
    for (language,), of in sorted(both.partition_by("language", as_dict=True).items()):
        file = folder / f"{language}.csv"
        order = of.sort(pl.col("fault").is_null(), "similarity", "id")
        order.select(COLUMNS).write_csv(file)
        yield file
