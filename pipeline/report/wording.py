"""How far the wording of the actions alone gives their values away, beside what raters see in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.report.document import Section, Table, between, count, number
from pipeline.values import Inventory
from pipeline.verdict.gate import Verdict, round_in_words

SOURCE = "data/metrics/validation.json"


def section(verdict: Verdict, inventory: Inventory) -> Section:
    """The text-only baseline and the accuracy of the raters in one table, and the words that tell."""
    found = verdict.figures["text_only"]
    words = [
        (value.name, ", ".join(found["words"][value.slug]))
        for value in inventory.values
        if found["words"].get(value.slug)
    ]
    return Section(
        "What the words of the actions give away",
        text=[
            "Words alone is a bag of words that never sees the scenario and guesses each action's value from the "
            "actions of other scenarios. What it finds needs no understanding of what an action means where it is "
            "proposed; accuracies of raters and of respondents (selection) are to be read beside it.",
            "The interval of the raters holds for these raters, that of raters in general for others like them. Best "
            "possible is the share of raters' answers that the most frequent one has, item by item: nobody who gives "
            "one answer to an item can agree with more of them.",
            round_in_words(verdict),
        ],
        tables=[
            Table(
                "How often the intended value is found",
                ("who", "asked for", "share right", "95 % interval", "of", "by chance"),
                list(_rows(verdict.figures, inventory)),
                SOURCE,
            ),
            Table(
                "Words that give a value away, most telling first",
                ("value", "words"),
                words,
                "data/validate/telling_words.parquet",
            ),
        ],
    )


def _rows(figures: dict[str, Any], inventory: Inventory) -> Iterator[tuple[str, ...]]:
    found = figures["text_only"]
    of_all, of_options = f"one of {len(inventory)} values", "the option for a value named"
    asked = (
        ("words alone", of_all, found["values"], "values"),
        ("models that read blindly", of_all, figures["reading"]["recognised"], "values"),
        ("raters, by judgement", of_all, figures["accuracy"], "values"),
        ("raters in general, by judgement", of_all, figures["accuracy_of_raters_in_general"], "values"),
        ("best possible, as far as raters differ", of_all, figures["best_possible"]["value"], "values"),
        ("words alone", of_options, found["options"], "options"),
        ("raters, by judgement", of_options, figures["options"]["accuracy"], "options"),
        ("best possible, as far as raters differ", of_options, figures["best_possible"]["option"], "options"),
    )
    for who, what, figure, among in asked:
        if figure["estimate"] is not None:
            interval = between(figure["low"], figure["high"])
            chance = number(found["by_chance"][among])
            yield who, what, number(figure["estimate"]), interval, count(figure["n"]), chance
