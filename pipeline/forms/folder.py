"""The folder of a set of forms: pages and tables to hand out, and the key to keep."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from pipeline.core.atomic import write_text
from pipeline.core.documents import as_json, write_json
from pipeline.core.errors import InputError
from pipeline.forms.csv import columns, render_csv
from pipeline.forms.design import FormSet
from pipeline.forms.key import KEYS, read_key
from pipeline.forms.page import consent_sha256, render_page
from pipeline.forms.surveys import TOOLS
from pipeline.forms.texts import Texts
from pipeline.params.people import Questionnaire
from pipeline.recipe import VALACT
from pipeline.tables import write_table
from pipeline.tables.columns import LETTERS

# What a server of these forms has to know besides their pages.
STUDY = "study.json"


def write_forms(
    forms: FormSet,
    texts: Texts,
    settings: Questionnaire,
    out: Path,
    tools: Sequence[str] = (),
) -> None:
    """Writes pages/, survey/ (with a folder for each of the survey ``tools``), key/ and README.md.

    Forms that are there already must be the same: answers to them may be on their way, and only their key can read
    them.
    """
    if (out / "key").exists() and (there := read_key(out).design) != forms.design:
        raise InputError(
            f"the folder holds other forms (design {there}, now {forms.design}), and their answers need their key",
            where=str(out),
            remedy="choose another --out",
        )
    if out.exists() and any(out.iterdir()) and not (out / "key").exists():
        raise InputError(
            "the folder holds something else than forms", where=str(out), remedy="choose another --out"
        )
    for form in forms.forms:
        for name, text in (
            (f"pages/{form.name}.html", render_page(form, forms, texts, settings)),
            (f"survey/{form.name}.csv", render_csv(form, forms)),
        ):
            write_text(text, out / name)
        for tool in tools:
            for name, text in TOOLS[tool].render(form, forms, texts, settings).items():
                write_text(text, out / f"survey/{tool}/{name}")
    for tool in tools:
        write_text(_guide(tool, forms), out / f"survey/{tool}/README.md")
    write_text(render_study(forms, texts, settings), out / STUDY)
    write_text(_readme(forms), out / "README.md")
    for name, table in {"key": forms.key, **forms.tables}.items():
        write_table(KEYS[forms.recipe][name], table, out / f"key/{name}.parquet")
    facts = {
        "design": forms.design,
        "instrument": forms.statements.instrument,
        "wording": forms.statements.wording,
        "asks": forms.asks,
        "consent": consent_sha256(forms, texts, settings),
        "minutes": forms.minutes,
        "forms": len(forms.forms),
        **forms.even,
    }
    if recipe := _recipe(forms):
        facts |= recipe | {"answers": len(forms.statements.anchors)}
    write_json(facts, out / "key/design.json")


def render_study(forms: FormSet, texts: Texts, settings: Questionnaire) -> str:
    """study.json: the settings of a study on a server, and whether people are told all that they have to be."""
    return as_json(
        {
            "design": forms.design,
            "forms": len(forms.forms),
            "minutes": forms.minutes,
            "consent": consent_sha256(forms, texts, settings),
            "draft": bool(settings.consent.missing),
            "study": settings.study.model_dump(mode="json"),
        }
        | _recipe(forms)
    )


def _recipe(forms: FormSet) -> dict[str, str]:
    """What a file says of the recipe: nothing where it is ValAct's."""
    return {} if forms.recipe == VALACT.name else {"recipe": forms.recipe}


def _import(forms: FormSet, files: str, folder: str) -> str:
    """The command that reads the answers."""
    of = "".join(f" --recipe {name}" for name in _recipe(forms).values())
    return f"`valact import-humans {files} --key {folder} --name STUDY{of}`"


def without_scenarios(folder: Path, theirs: Callable[[str], bool]) -> list[str]:
    """Deletes the pages and tables of every form that shows a scenario of which ``theirs`` is true, names the forms.

    The rows of its key go too; the other rows stay, because answers may be on their way.
    """
    items = read_key(folder).items
    shown = items.filter(pl.col("scenario_id").map_elements(theirs, return_dtype=pl.Boolean).fill_null(False))
    gone = sorted(set(shown["form"]))
    for form in gone:
        for path in _handed_out(folder, form):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return gone


def _handed_out(folder: Path, form: str) -> Iterator[Path]:
    """Everything of a form that shows its texts: page, table, and what survey tools import."""
    for pattern in (f"pages/{form}.html", f"survey/{form}.csv", f"survey/*/{form}.*", f"survey/*/{form}"):
        yield from list(folder.glob(pattern))


def _guide(tool: str, forms: FormSet) -> str:
    return f"""# {len(forms.forms)} questionnaires (design {forms.design}) for {TOOLS[tool].title}

{TOOLS[tool].guide}

Items keep their ids as the names of their columns, answers are numbered from 1 as shown; change neither. Then:
{_import(forms, "EXPORT...", "FOLDER")}, with the exports of all forms at once.
"""


def _readme(forms: FormSet) -> str:
    last = LETTERS[forms.options - 1]
    described = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in columns(forms).items())
    return f"""# {len(forms.forms)} questionnaires (design {forms.design})

They take about {forms.minutes} minutes, by reading speed and the number of items.

- `pages/`: a questionnaire each, one HTML file that needs no network. Hand these out, a different one to each person
  as far as they go. Phones open them best from a web address. People send back the JSON file (or CSV) that the page
  saves.
- `study.json`: what `valact study serve` has to know besides the pages.
- `survey/`: the same questionnaires as tables for survey tools; `--as limesurvey`, `qualtrics` or `jspsych` adds a
  folder with what that tool imports, and how.
- `key/`: what the items and options stand for. **Keep it, and hand it to nobody who answers**: without it no answer
  can be read, and with it the questionnaire is given away.

The statements are those of "{forms.statements.wording}".

## Columns of the tables

| column | |
| --- | --- |
{described}

Export the answers with one row a person and one column an item, named by `item`, holding the number of the answer
(for situations also A to {last}). A column `participant` finds people who took part twice; it is not kept. A column
`seconds_ITEM` holds the seconds spent on an item. All other columns are left unread.

{_import(forms, "FILES...", "{this folder}")} reads all of it.
"""
