"""`valact track`: the same questions to the same respondent on a schedule, and a test for change that may look
often."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.price import Priced, priced
from pipeline.commands.table import table

if TYPE_CHECKING:
    from pipeline.administer.design import Material
    from pipeline.series.folder import Track

ASSEMBLE, CHOICES = Path("data/assemble"), Path("data/score/choices.parquet")


@click.group()
def track() -> None:
    """Asks a respondent the same questions again and again: has it changed, and since when?"""


@track.command()
@click.argument("name")
@click.option("--respondent", required=True, help="Whom to ask: a respondent of params.")
@click.option(
    "--scenarios", default=20, show_default=True, type=click.IntRange(min=1), help="Scenarios, whole."
)
@click.option(
    "--wordings", default=1, show_default=True, type=click.IntRange(1, 5), help="Wordings of the prompt."
)
@click.option(
    "--baseline", default=3, show_default=True, type=click.IntRange(min=2), help="Dates to compare with."
)
@click.option(
    "--arl",
    default=200,
    show_default=True,
    type=click.IntRange(min=10),
    help="Dates until a false alarm, on average at least.",
)
def begin(name: str, respondent: str, scenarios: int, wordings: int, baseline: int, arl: int) -> None:
    """Fixes the questions of tracks/NAME: those of scenarios that are answered most reliably, as many of each
    category."""
    import polars as pl

    from pipeline.administer.design import respondent_of
    from pipeline.administer.languages import read_for
    from pipeline.series import folder
    from pipeline.tables import Choices, scan_table
    from pipeline.track import choose

    params = settings.load()
    respondent_of(params, respondent)
    folder.check_is_free(folder.HOME / name)
    material = read_for(params, respondent, ASSEMBLE)
    answered = scan_table(Choices, CHOICES).collect() if CHOICES.exists() else Choices.create_empty()
    reliable = choose.reliability(answered)
    chosen = choose.scenarios(material.scenarios, reliable, scenarios, params.seed)
    questions = material.questions.join(chosen, on="scenario_id", how="semi")
    hashes = dict(questions.select("question_id", "content_sha256").iter_rows())
    folder.begin(
        folder.HOME / name,
        folder.Track(respondent=respondent, wordings=wordings, baseline=baseline, arl=arl, questions=hashes),
    )
    click.echo(
        f"{len(hashes)} questions of {chosen.height} scenarios are in {folder.HOME / name / folder.MARK}"
    )
    if reliable.height:
        mean = reliable.select(pl.col("reliability").mean()).item()
        mine = chosen.select(pl.col("reliability").mean()).item()
        click.echo(f"Same answer to a question asked twice: {mine:.3f}, {mean:.3f} over all scenarios")
    else:
        click.echo(
            "Nobody has answered a question twice: the scenarios are drawn, not chosen for reliability"
        )


@track.command()
@click.argument("name")
@click.option(
    "--cost", "only_cost", is_flag=True, help="Say what this date would ask and cost, and ask nobody."
)
def run(name: str, only_cost: bool) -> None:
    """Asks the questions of tracks/NAME today, once a day (UTC), and keeps the answers."""
    from pipeline.administer.languages import read_for
    from pipeline.engine import Engine
    from pipeline.series import folder
    from pipeline.track import ask

    params, home = settings.load(), folder.HOME / name
    found = folder.read(home)
    material = ask.restricted(read_for(params, found.respondent, ASSEMBLE), found, str(home / folder.MARK))
    today = dt.datetime.now(dt.UTC).date()
    if gone := len(found.questions) - material.questions.height:
        click.echo(f"{gone} of its questions are gone, and are not asked")
    if only_cost:
        click.echo(_said(expected(params, found, material, today)))
        return
    if today in folder.dates(home):
        click.echo(f"{today} was asked already")
        return
    asked = params.respondents[found.respondent].asks if found.respondent in params.respondents else None
    if asked is None:
        choices, served = ask.ask(found, params, material, None, today)
    else:
        with Engine(params, stage="track") as engine:
            choices, served = ask.ask(found, params, material, engine, today)
    folder.add(home, today, choices, ",".join(sorted(served)))
    click.echo(
        f"{choices.height} answers of {today} are kept; `valact track show {name}` tests and draws the series"
    )


@track.command()
@click.argument("name")
def show(name: str) -> None:
    """Tests and draws the series of tracks/NAME: series.csv and series.svg beside its answers."""
    import polars as pl

    from pipeline.plots.style import save, style
    from pipeline.series import figure, folder
    from pipeline.series.monitor import SAME, monitor, same_answer

    params, home = settings.load(), folder.HOME / name
    found, answers, served = folder.read(home), folder.answers(home), folder.served_models(home)
    tested = monitor(answers, params.values, found.baseline, found.arl)
    counts = same_answer(answers.filter(pl.col("status") == "answered"))
    alarms = {
        day: ", ".join(
            f"{row['statistic'].replace('_', ' ')} ({row['window']})" for row in rows.iter_rows(named=True)
        )
        for (day,), rows in tested.filter("alarm").partition_by("date", as_dict=True).items()
    }
    lines = [
        [str(day), f"{n} of {of}", served.get(str(day), "") or "-", alarms.get(day, "")]
        for day, (n, of) in sorted(counts.items())
    ]
    click.echo(
        table(["date", SAME.replace("_", " "), "served model", "alarm (dates together)"], lines, right=[])
    )
    tested.write_csv(home / "series.csv")
    with style():
        save(figure.draw(answers, tested, served, f"{found.respondent}: {name}"), home / "series")
    for day, model in figure.changes(served):
        click.echo(f"{day}: another model answers, {model}")
    if len(counts) <= found.baseline:
        click.echo(f"{found.baseline} dates are the baseline: the next one is the first that is tested")
    click.echo(
        f"A false alarm comes after {found.arl} dates or more, on average. {home}/series.csv has every test"
    )


def expected(params: settings.Params, found: Track, material: Material, today: dt.date) -> Priced | None:
    """What a date would cost; None where the respondent is no model."""
    from pipeline.cost.planner import Planner
    from pipeline.engine import Engine
    from pipeline.track import ask

    name = params.respondents[found.respondent].asks
    if name is None:
        return None
    with Engine(params, stage="track") as engine:
        planner = Planner(engine, (), set())
        ask.said(found, params, material, planner, today)
        asked = planner.plan()[name].sure
    return priced(params, name, asked.calls, asked.characters, asked.tokens)


def _said(found: Priced | None) -> str:
    if found is None:
        return "Nobody is asked: the respondent is simulated"
    price = "a price that is not known" if found.usd is None else f"{found.usd:,.4f} USD"
    return f"{found.calls:,} calls, {found.input_tokens:,} tokens in, {found.output_tokens:,} out: {price} a date"
