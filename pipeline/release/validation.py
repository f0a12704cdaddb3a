"""What a release says of its validation, from the gate's verdict and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pipeline.params import Params
from pipeline.release.markdown import count
from pipeline.step.about import SAMPLE_JUDGED
from pipeline.tables import NO_VALUE
from pipeline.values import Inventory
from pipeline.verdict.gate import Verdict, percent

Row = tuple[str, str, str, int | str]


def state(verdict: Verdict, params: Params) -> str:
    """The verdict, and who judged, in a few sentences."""
    found = verdict.figures
    if not found["judgements"]:
        return "**Unvalidated.** There are no judgements yet of whether the actions express their intended values."
    word = "Validated" if verdict.validated else "Unvalidated"
    return (
        f"**{word}.** {who(verdict, params)} {count(found['raters'], 'rater')} gave "
        f"{count(found['judgements'], 'judgement')} on {found['items']:,} of {found['items_drawn']:,} items and "
        f"skipped {found['skipped']:,}; {percent(found['coverage']['share'])} of the wanted judgements are there."
    )


def who(verdict: Verdict, params: Params) -> str:
    """Who judged, in a sentence that nobody can take for more than it is."""
    if not verdict.figures["judgements"]:
        return "Nobody has judged yet."
    if verdict.kind == "experts":
        return "The raters were experts who did not see what was intended."
    if params.scrape.source == "sample":
        return (
            f"This was a trial, no round of experts. {SAMPLE_JUDGED} The figures show how a round is measured and "
            "validate nothing."
        )
    return "This was a trial: the raters were no experts. The figures validate nothing."


def limit(verdict: Verdict) -> str:
    """What the state of validation means for a user; its figures stand under Validation."""
    if verdict.validated:
        return (
            "Validated on a sample: most actions were not judged, and readers may see another value in some of them; "
            "`validation` in config `actions` says which were judged."
        )
    return "Not validated: a label says what an action was written for, not what readers see in it."


def repaired(verdict: Verdict) -> str:
    """What the figures say of actions that were rejected and written anew; empty where there are none."""
    found = verdict.figures.get("repaired") or {}
    if not found.get("replaced"):
        return ""
    told = []
    for name, one in found["rounds"].items():
        accuracy = one["accuracy"]
        share = "nobody has judged yet"
        if accuracy["estimate"] is not None:
            interval = (
                ""
                if accuracy["low"] is None
                else f" [{percent(accuracy['low'])}, {percent(accuracy['high'])}]"
            )
            share = f"the intended value is named in {percent(accuracy['estimate'])}{interval}"
        told.append(f"round {name}: {one['there']:,} of {one['wanted']:,} judgements, {share}")
    return (
        f"{found['replaced']:,} of the actions judged were rejected and written anew (`replaced` in config "
        "`validation`). All figures here are of the actions as they were generated and drawn; that is also the "
        f"accuracy to expect of an action that was not sampled. The new texts were judged apart ({'; '.join(told)})."
    )


def excluded(verdict: Verdict) -> str:
    """What the figures are with the raters who were taken out of the round; empty where there are none."""
    found = verdict.figures.get("excluded") or {}
    if not found.get("raters"):
        return ""
    accuracy, alpha = found["accuracy"]["estimate"], found["alpha"]["estimate"]
    return (
        f"{found['raters']:,} raters with {found['judgements']:,} judgements were taken out of the round by a decision "
        "of the makers, which its file records with day and reason; they are in no figure here. With them, accuracy by "
        f"judgement is {'unknown' if accuracy is None else percent(accuracy)} and Krippendorff's alpha "
        f"{'unknown' if alpha is None else f'{alpha:.3f}'}."
    )


def how(values: Inventory) -> str:
    """How to read the figures."""
    return (
        "Items were drawn by seeded hash, stratified over value, generator and category, and shown without what was "
        "intended. By judgement is the share of answers that name the intended value, with an interval bootstrapped "
        "over items, which holds for these raters, and one that takes the raters as a sample of raters. Best possible "
        "is an estimate of what no labelling can exceed while raters differ as these do: the share of raters' answers "
        "that the most frequent answer has, item by item, seen through few raters (as in Scruples, Lourie and others "
        "2021). By item is the share of items of which more than half of the answers name the intended value, with "
        f"Wilson's interval. Agreement is nominal, over the {values.in_words('en')} values and none, with intervals "
        "bootstrapped over items."
    )


def headlines(verdict: Verdict) -> Iterator[Row]:
    """The rows of ``figures`` that the card has."""
    found = verdict.figures
    yield _row("accuracy, by judgement", found["accuracy"], "judgements")
    yield from islice(baseline(verdict), 1)
    yield _row("Krippendorff's alpha", found["alpha"], "items", share=False)


def figures(verdict: Verdict) -> Iterator[Row]:
    """Rows of a table: figure, estimate, 95 % interval, what it is of."""
    found = verdict.figures
    yield _row("accuracy, by judgement", found["accuracy"], "judgements")
    others = found["accuracy_of_raters_in_general"]
    yield _row("the same, interval for raters in general", others, "judgements")
    yield _row(
        "best possible: raters agree so far with their most frequent answer",
        found["best_possible"]["value"],
        "items",
    )
    yield _row("accuracy, by item", found["accuracy_of_items"], "items")
    yield from baseline(verdict)
    yield _row("accuracy, first or second value", found["accuracy_with_second_value"], "judgements")
    yield _row("Krippendorff's alpha", found["alpha"], "items", share=False)
    yield _row("Fleiss' kappa", found["kappa"], "items", share=False)
    yield _row("Gwet's AC1", found["ac1"], "items", share=False)
    near = found["neighbour_errors"]
    if near["by_chance"] is not None:
        chance = percent(near["by_chance"])
        yield _row(f"errors that name a neighbour on the circle (by chance {chance})", near, "errors")
    yield _row("right option for a value named", found["options"]["accuracy"], "judgements")
    yield _row("scenario is a request for advice", found["scenarios"]["accuracy"], "judgements")
    checks = found["attention_checks"]
    passed = percent(checks["passed"] / checks["answered"]) if checks["answered"] else "none answered"
    yield "attention checks passed", passed, "", f"{checks['answered']:,} checks"
    seconds = found["seconds_median"]
    yield "median time of a judgement", "unknown" if seconds is None else f"{seconds:.0f} s", "", ""


def baseline(verdict: Verdict) -> Iterator[Row]:
    """Rows of a table: what words alone find, without the post, beside what is found by chance."""
    found = verdict.figures["text_only"]
    for among, name in (
        ("options", "words alone, the right option for a value named"),
        ("values", "words alone, of all values"),
    ):
        if (chance := found["by_chance"][among]) is not None:
            yield _row(f"{name} (by chance {percent(chance)})", found[among], "actions")


def wording(verdict: Verdict, inventory: Inventory) -> str:
    """What the text-only baseline is, and the words that give each value away."""
    words = verdict.figures["text_only"]["words"]
    told = "; ".join(
        f"{value.name}: {', '.join(words[value.slug])}" for value in inventory.values if words.get(value.slug)
    )
    return (
        "Words alone is a text-only baseline: a bag of words that never sees the post and guesses each action's value "
        "from the actions of other scenarios; its intervals are bootstrapped over scenarios. What it finds needs no "
        "understanding of the scenario, so an accuracy of raters or models says little where this one is as high."
        + (f" Words that give a value away, most telling first. {told}." if told else "")
    )


def read_blindly(verdict: Verdict, params: Params) -> Iterator[str]:
    """The card's sentence on what ``reading`` tells in full; none where no model read."""
    found = verdict.figures["reading"]["recognised"]
    sample = params.scrape.source == "sample"
    who = "stand-ins, whose answers were written with the sample" if sample else "language models"
    if found["estimate"] is not None:
        yield (
            f"Readers who did not know the intended value ({who}) see it in {percent(found['estimate'])} of "
            f"{found['n']:,} actions (`recognised` in config `actions`)."
        )


def reading(verdict: Verdict, params: Params) -> Iterator[str]:
    """What models saw that read every action blindly, in sentences; none where no model did."""
    found = verdict.figures["reading"]
    if found["recognised"]["estimate"] is None:
        return
    who = (
        "its readers are stand-ins whose answers were written with the sample"
        if params.scrape.source == "sample"
        else "its readers are language models, and no substitute for people"
    )
    alpha = "" if found["alpha"] is None else f" Krippendorff's alpha of the two is {found['alpha']:.3f}."
    yield (
        "**Blind reading.** Two readers labelled every action without knowing for which value it was written, a third "
        f"those on which they differ; {who}. {percent(found['recognised']['estimate'])} of "
        f"{found['recognised']['n']:,} actions are read as intended (two readers say so); of the texts as first "
        f"written {percent(found['before_repair']['estimate'])} were.{alpha} `read_as`, `readers` and `recognised` in "
        "config `actions` have it for each."
    )


def read_values(verdict: Verdict, inventory: Inventory) -> Iterator[tuple[str, str, str, int, str]]:
    """Rows of a table: value, share read as intended, interval, actions, what others are read as."""
    found = verdict.figures["reading"]
    names = {value.slug: value.name for value in inventory.values} | {NO_VALUE: "none"}
    for value in inventory.values:
        figure = found["values"][value.slug]
        other = ", ".join(f"{names[slug]} {n}" for slug, n in list(found["read_as"][value.slug].items())[:2])
        yield (
            value.name,
            _estimate(figure, share=True),
            _interval(figure, share=True),
            figure["n"],
            other,
        )


def values(verdict: Verdict, inventory: Inventory) -> Iterator[Row]:
    """Rows of a table: value, accuracy, 95 % interval, judgements."""
    for value in inventory.values:
        figure = verdict.figures["values"][value.slug]
        yield value.name, _estimate(figure, share=True), _interval(figure, share=True), figure["n"]


def _row(name: str, figure: Mapping[str, Any], unit: str, *, share: bool = True) -> Row:
    return name, _estimate(figure, share=share), _interval(figure, share=share), f"{figure['n']:,} {unit}"


def _estimate(figure: Mapping[str, Any], *, share: bool) -> str:
    if figure["estimate"] is None:
        return figure["why"]
    return _number(figure["estimate"], share=share)


def _interval(figure: Mapping[str, Any], *, share: bool) -> str:
    if figure["estimate"] is None:
        return ""
    if figure["low"] is None:
        return figure["why"]
    return f"{_number(figure['low'], share=share)} to {_number(figure['high'], share=share)}"


def _number(figure: float, *, share: bool) -> str:
    return percent(figure) if share else f"{figure:.3f}"
