"""`valact forms`: balanced questionnaires for people."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import params as settings

ASSEMBLED = Path("data/assemble")


@click.command()
@click.option("--n", "count", required=True, type=click.IntRange(min=1), help="Number of questionnaires.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write them to.")
def forms(count: int, out: Path) -> None:
    """Makes N balanced questionnaires: an instrument, questions and attention checks, as pages and as tables.

    Each page is one HTML file that works offline, on a phone too, and saves a file of answers for `valact
    import-humans`. The section forms of params names the items, the texts and the numbers. The folder's README.md
    says what to hand out and what to keep.
    """
    from pipeline.administer.design import Material
    from pipeline.administer.wordings import load_wording
    from pipeline.forms import texts
    from pipeline.forms.design import make_forms
    from pipeline.forms.folder import write_forms
    from pipeline.instruments import load as load_instrument
    from pipeline.takedown import places

    params = settings.load()
    material = Material.read(ASSEMBLED)
    items = load_wording(params, load_instrument(params.forms.instrument), params.forms.language)
    words = texts.load(params.forms.texts)
    made = make_forms(
        count,
        material,
        items,
        words,
        params.forms,
        params.values,
        seed=params.seed,
        language=params.filter.language,
    )
    # Before there is anything to find: a take-down has to find it.
    places.remember("forms", out)
    write_forms(made, material, words, out)
    click.echo(
        f"{count:,} questionnaires of {len(items.items)} statements, {params.forms.questions} questions and "
        f"{params.forms.attention_checks} attention checks (design {made.design})"
    )
    click.echo(f"Statements: {items.name}")
    click.echo(
        f"Within a form, the numbers of times that values are shown differ by at most {made.deal.spread}"
    )
    if made.deal.uses > 1:
        click.echo(f"Over all forms, the uses of one scenario's questions differ by up to {made.deal.uses}")
    click.echo(f"{out}/README.md says what to hand out; keep {out}/key/ to yourself")
