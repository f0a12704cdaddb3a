"""`valact export-training`: supervised examples and preference pairs for trainers, split by scenario."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError

MODES, TARGETED = ("default", "selection", "adoption"), ("selection", "adoption")


@click.command("export-training")
@click.argument("release", default="data/release/valact-15k")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write the files to.")
@click.option(
    "--prefer",
    default="target",
    show_default=True,
    metavar="RULE",
    help="What is chosen: target, value:SLUG, or declared:RESPONDENT (a model or a person of data/score).",
)
@click.option(
    "--mode", type=click.Choice(MODES), help="How questions are asked; adoption for the rule target."
)
@click.option(
    "--answer",
    default="letter",
    show_default=True,
    type=click.Choice(["letter", "text"]),
    help="Answer with a letter, as respondents do, or with the action itself.",
)
@click.option(
    "--test-share",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Share of the scenarios that is kept for the test.",
)
@click.option("--confirmed", is_flag=True, help="Only actions that experts read as they were meant.")
def export_training(
    release: str, out: Path, prefer: str, mode: str | None, answer: str, test_share: float, confirmed: bool
) -> None:
    """Writes training files of RELEASE (a folder, a hydrated copy, OWNER/NAME or OWNER/NAME@TAG).

    In the formats of TRL, Axolotl and OpenAI; no scenario is on both sides of the split; values, pairs of values and
    generators are balanced. Of a release that withholds its texts only ids are written.
    """
    from pipeline.hydrate.source import locate
    from pipeline.takedown import places
    from pipeline.training import folder, preference, source

    params = settings.load()
    rule = preference.rule(prefer, params.values)
    if mode in TARGETED and not rule.targeted:
        raise ParamsError(f"mode {mode} names a target, and {prefer} has none", where="--mode")
    if mode == "default" and rule.targeted:
        raise ParamsError("mode default names no target, by which --prefer target chooses", where="--mode")
    how = folder.How(
        rule, mode or ("adoption" if rule.targeted else "default"), answer, test_share, confirmed
    )
    folder.check_is_free(out)
    found = source.read(locate(release), params.values)
    if not found.withheld:
        # Before there is anything to find: a take-down in this project has to find it.
        places.remember("training", out)
    rows = folder.write(found, how, params, out)
    click.echo(
        table(["file", "lines"], [[name, f"{part.height:,}"] for name, part in rows.items()], right=["lines"])
    )
    if found.lacking:
        click.echo(f"\n{found.lacking:,} scenarios have no text any more, and are in no file")
    if found.withheld:
        click.echo(
            f"\nThe release withholds its texts: {out} names the lines by ids only. Hydrate it, and export again"
        )
    else:
        click.echo(f"\nwritten to {out}; README.md says how to load them and what they may be used for")
