"""The page on which somebody who reads both languages accepts or mends translations: to Label Studio and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.annotation import exports, projects, rounds, sending
from pipeline.annotation.client import Server, connect
from pipeline.annotation.labelling import FOLDER, guidelines, labelling_config
from pipeline.annotation.sending import Sent
from pipeline.core.errors import ProviderError
from pipeline.params import Params
from pipeline.translate.reviews import round_of, seen

CONFIG, GUIDELINES = FOLDER / "translation.xml", FOLDER / "translation.md"
# Texts with a fault first, then those of which least comes back: who has little time looks at these.
ORDER = (pl.col("fault").is_null(), "similarity", "id")
NOTHING = "(nothing came back)"


def send(
    server: Server,
    params: Params,
    translations: pl.DataFrame,
    english: pl.DataFrame,
    language: str,
    *,
    most: int | None = None,
    folder: Path = Path(),
) -> Sent:
    """Brings the language's project on the server in step with the translations that there are, the ``most`` doubtful
    ones where that is given. ``english``: columns id and english. Reviewed tasks stay."""
    made = tasks(translations, english, params.translate.languages.get(language, language), language, most)
    with connect(server) as client:
        return sending.send(
            client,
            made,
            round_=round_of(language),
            title=params.validation.label_studio.title,
            config=labelling_config(folder / CONFIG),
            instructions=guidelines(params.values, folder / GUIDELINES),
        )


def collect(server: Server, language: str, folder: Path = Path()) -> tuple[int, int]:
    """Saves every review so far in annotations/translations; how many are new, and how many there are."""
    name = round_of(language)
    with connect(server) as client:
        project = projects.find(client, name)
        if project is None:
            raise ProviderError(
                f"the server has no project for translations into {language!r}",
                where=server.url,
                remedy="`valact translate send` makes it",
            )
        found = exports.exported(sending.read_tasks(client, project), name, project.key, where=server.url)
    whole, changed = rounds.add(found, folder / rounds.TRANSLATIONS)
    return changed, len(whole.annotations)


def tasks(
    translations: pl.DataFrame, english: pl.DataFrame, spoken: str, language: str, most: int | None = None
) -> list[dict[str, Any]]:
    """A task for each text that was translated, as the model translated it."""
    of = (
        translations.filter(pl.col("language") == language, pl.col("text").is_not_null())
        .join(english, on="id", how="inner", validate="1:1")
        .sort(*ORDER)
    )
    return [
        {"data": _data(row, spoken, language)} for row in of.head(most or of.height).iter_rows(named=True)
    ]


def _data(row: Mapping[str, Any], spoken: str, language: str) -> dict[str, Any]:
    translation = row["machine"] or row["text"]
    doubt = f" A program found: {row['detail']}." if row["fault"] and row["detail"] else ""
    return {
        "item_id": f"{row['id']}.{language}.{seen(row['english'], translation)}",
        "raters": 1,
        "language": spoken,
        "english": row["english"],
        "translation": translation,
        "back": row["back"] or NOTHING,
        "note": f"{'A situation' if row['kind'] == 'scenario' else 'An action'}.{doubt}",
    }
