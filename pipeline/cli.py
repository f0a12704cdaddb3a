"""The `valact` command, for people. DVC runs the scripts in stages/ instead."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import click

from pipeline import __version__
from pipeline.commands.adjudicate import adjudicate
from pipeline.commands.annotate import annotate
from pipeline.commands.author import author
from pipeline.commands.background import background
from pipeline.commands.batches import batches
from pipeline.commands.compare import compare
from pipeline.commands.cost import cost, spend
from pipeline.commands.doctor import doctor
from pipeline.commands.explore import explore
from pipeline.commands.export_training import export_training
from pipeline.commands.forms import forms
from pipeline.commands.freetext import freetext
from pipeline.commands.gaps import gaps
from pipeline.commands.hydrate import hydrate
from pipeline.commands.import_answers import import_answers
from pipeline.commands.import_humans import import_humans
from pipeline.commands.import_published import import_published
from pipeline.commands.local import local
from pipeline.commands.plan import plan
from pipeline.commands.plan_study import plan_study
from pipeline.commands.probabilities import probabilities
from pipeline.commands.probe import probe
from pipeline.commands.raters import exclude, include, people
from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.release import release
from pipeline.commands.repair import repair
from pipeline.commands.responses import responses
from pipeline.commands.scrape import scrape
from pipeline.commands.study import study
from pipeline.commands.takedown import refresh, takedown
from pipeline.commands.together import together
from pipeline.commands.track import track
from pipeline.commands.train import train
from pipeline.commands.translate import translate
from pipeline.core.atomic import write_bytes
from pipeline.core.errors import ParamsError
from pipeline.recipe import Recipe
from pipeline.step.run import readable_errors


class Group(click.Group):
    """A command group in which an error that the user can mend prints as one."""

    def invoke(self, ctx: click.Context) -> object:
        with readable_errors(ctx.invoked_subcommand or ""):
            return super().invoke(ctx)


@click.group(cls=Group)
@click.version_option(__version__, prog_name="valact")
def main() -> None:
    """Builds the ValAct-15k dataset. `dvc repro` runs the stages; these commands go with it."""


@main.group()
def profile() -> None:
    """Whole sets of params: the sample run, the paper's run, your own in profiles/."""


@profile.command("list")
@recipe_option
def list_profiles(recipe: Recipe) -> None:
    """The profiles there are, the active one marked."""
    active = recipe.load().profile
    for path in sorted(recipe.profiles.glob("*.yaml")):
        click.echo(f"{'*' if path.stem == active else ' '} {path.stem:11} {_first_sentence(path)}")


@profile.command("use")
@click.argument("name")
@click.option("--force", is_flag=True, help="Replace params.yaml even if it holds changes of yours.")
@recipe_option
def use_profile(name: str, force: bool, recipe: Recipe) -> None:
    """Makes profiles/NAME.yaml the params.yaml that `dvc repro` runs."""
    source = recipe.profiles / f"{name}.yaml"
    if not source.exists():
        known = ", ".join(sorted(path.stem for path in recipe.profiles.glob("*.yaml")))
        raise ParamsError(f"there is no profile {name!r}; known are {known}", where=str(recipe.profiles))
    recipe.load(source)
    if not force and _edited(recipe):
        raise ParamsError(
            "it holds changes that no profile has, and they would be lost",
            where=str(recipe.params_file),
            remedy=f"copy it into {recipe.profiles}/ under a name of its own, or add --force",
        )
    write_bytes(source.read_bytes(), recipe.params_file)
    click.echo(f"{recipe.params_file} is now {source}; `{recipe.command}` runs it")


main.add_command(compare)
main.add_command(gaps)
main.add_command(plan_study)
main.add_command(probabilities)
main.add_command(author)
main.add_command(probe)
main.add_command(freetext)
main.add_command(translate)
main.add_command(explore)
main.add_command(export_training)
main.add_command(cost)
main.add_command(spend)
main.add_command(responses)
main.add_command(scrape)
main.add_command(release)
main.add_command(doctor)
main.add_command(batches)
main.add_command(local)
main.add_command(annotate)
for command in (plan, train, background, adjudicate, repair, exclude, include, people):
    annotate.add_command(command)
main.add_command(import_answers)
main.add_command(import_humans)
main.add_command(import_published)
main.add_command(forms)
main.add_command(study)
main.add_command(hydrate)
main.add_command(takedown)
main.add_command(refresh)
main.add_command(together)
main.add_command(track)


def _first_sentence(path: Path) -> str:
    """The first sentence of the comment at the head of a file."""
    lines = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
    return " ".join(line.lstrip("# ") for line in lines).split(". ")[0].rstrip(".") + "."


def _edited(recipe: Recipe) -> bool:
    path = recipe.params_file
    return path.exists() and path.read_bytes() not in {p.read_bytes() for p in recipe.profiles.glob("*.yaml")}


if __name__ == "__main__":
    main(prog_name="valact")
