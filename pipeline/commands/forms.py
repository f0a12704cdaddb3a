"""`valact forms`: balanced questionnaires for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands import forms_lens
from pipeline.commands.recipe_option import recipe_option
from pipeline.core.errors import ParamsError
from pipeline.recipe import LENS, VALACT, Recipe

if TYPE_CHECKING:
    from pipeline.administer.design import Material
    from pipeline.forms.design import FormSet
    from pipeline.forms.texts import Texts
    from pipeline.params import Params
    from pipeline.params.people import Consent, Forms

ASSEMBLED = Path("data/assemble")


@click.command()
@click.option("--n", "count", required=True, type=click.IntRange(min=1), help="Number of questionnaires.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write them to.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="How long one may take: as many questions, or cells, as fit. Instead of forms.questions and forms.minutes.",
)
@click.option("--draft", is_flag=True, help="To look at only: what people are told need not be stated yet.")
@click.option(
    "--as",
    "tools",
    multiple=True,
    type=click.Choice(("limesurvey", "qualtrics", "jspsych")),
    help="A survey tool for which to make files that it imports; may be given several times.",
)
@recipe_option
def forms(
    recipe: Recipe, count: int, out: Path, minutes: float | None, draft: bool, tools: tuple[str, ...]
) -> None:
    """Makes N balanced questionnaires: an instrument, questions and attention checks, as pages and as tables.

    With --recipe lens they have cells of the lens: a rating of a value and a choice between its two actions each.

    Each page is one HTML file that works offline, on a phone too, and saves a file of answers for `valact
    import-humans`; `valact study serve` puts them on a server. The section forms of params names the items, the texts,
    the numbers and what people are told before they agree. The folder's README.md says what to hand out and what to
    keep.
    """
    from pipeline.forms.folder import write_forms
    from pipeline.takedown import places

    make = forms_lens.make if recipe is LENS else _make
    made, words, chosen = make(count, minutes, (lambda consent: None) if draft else _check)
    if recipe is VALACT:
        # Before there is anything to find: a take-down has to find it.
        places.remember("forms", out)
    write_forms(made, words, chosen, out, tools)
    asked = "pairs of actions" if recipe is LENS else "questions"
    click.echo(
        f"{count:,} questionnaires of {made.count('statement')} statements, {made.questions} {asked} and "
        f"{chosen.attention_checks} attention checks (design {made.design})"
    )
    click.echo(f"Statements: {made.statements.wording}")
    click.echo(_time(made))
    for line in forms_lens.evenness(made) if recipe is LENS else _evenness(made):
        click.echo(line)
    if draft and chosen.consent.missing:
        click.echo("A draft, and the pages say so: nobody can be asked with it")
    for tool in dict.fromkeys(tools):
        click.echo(
            f"{out}/survey/{tool}/README.md says how to import them there, and how to export the answers"
        )
    click.echo(f"{out}/README.md says what to hand out; keep {out}/key/ to yourself")


def _make(
    count: int, minutes: float | None, check: Callable[[Consent], None]
) -> tuple[FormSet, Texts, Forms]:
    from pipeline.administer.wordings import load_wording
    from pipeline.forms import texts
    from pipeline.forms.fitting import fitting
    from pipeline.forms.questions import make_forms, most_questions
    from pipeline.instruments import load as load_instrument

    params = settings.load()
    check(params.forms.consent)
    material, language = _shown(params)
    items = load_wording(params, load_instrument(params.forms.instrument), params.forms.language)
    words = texts.load(params.forms.texts, params.forms.asks, params.forms.language)

    def make(questions: int) -> FormSet:
        chosen = params.forms.model_copy(update={"questions": questions})
        return make_forms(
            count,
            material,
            items,
            words,
            chosen,
            params.values,
            seed=params.seed,
            language=language,
        )

    if minutes := minutes or params.forms.minutes:
        most = most_questions(material, params.forms)
        return fitting(minutes, make, params.forms.together, most), words, params.forms
    return make(params.forms.questions), words, params.forms


def _evenness(made: FormSet) -> list[str]:
    spread, uses = made.even["values_shown_differ_by"], made.even["uses_of_a_scenarios_questions_differ_by"]
    lines = [f"Within a form, the numbers of times that values are shown differ by at most {spread}"]
    if uses > 1:
        lines.append(f"Over all forms, the uses of one scenario's questions differ by up to {uses}")
    return lines


def _shown(params: Params) -> tuple[Material, str]:
    """What the pages show, and its language: that of the statements where there are translations into it."""
    from pipeline.administer.design import Material
    from pipeline.administer.languages import situations, translated
    from pipeline.tables import places, read_table

    whole, spoken, wanted = Material.read(ASSEMBLED), params.filter.language, params.forms.language
    if wanted == spoken:
        return whole, spoken
    path = places.TRANSLATIONS.path()
    if not path.exists():
        click.echo(
            f"Statements are in {wanted!r}, and situations in {spoken!r}: there are no translations of them"
        )
        return whole, spoken
    made = situations(translated(whole, read_table(places.TRANSLATIONS.schema, path), wanted), whole)
    if left := whole.questions["scenario_id"].n_unique() - made.questions["scenario_id"].n_unique():
        click.echo(f"{left:,} situations are left out: a text of theirs has no translation that may be shown")
    return made, wanted


def _check(consent: Consent) -> None:
    """ParamsError where people would not be told what they have to know before they agree."""
    if missing := consent.missing:
        raise ParamsError(
            f"people are not told: {', '.join(missing)}",
            where="forms.consent",
            remedy="say it there, in sentences for participants; --draft makes pages to look at without it",
        )


def _time(made: FormSet) -> str:
    least, most = (f"{pick(form.minutes for form in made.forms):.0f}" for pick in (min, max))
    takes = least if least == most else f"{least} to {most}"
    return f"Reading and answering takes {takes} minutes; people are told about {made.minutes}"
