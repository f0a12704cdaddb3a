"""The gate on a release of the lens: what a round must reach, and what is missing. It never stops a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.lens.tables import BLIND, TOLD
from pipeline.lens.validation import Validation
from pipeline.verdict.gate import Verdict, percent

SAID = {
    BLIND[2]: "value and stance named by who was not told",
    TOLD[0]: "correct, by who was told",
    TOLD[1]: "harmless",
    TOLD[2]: "spans sufficient",
    TOLD[3]: "explanation plausible",
}


def pass_gate(figures: Mapping[str, Any], settings: Validation) -> Verdict:
    """The verdict on figures as ``pipeline.lens.validate.figures`` gives them.

    A share over all passes when its estimate reaches what params ask. A country has a small part of the sample: it
    fails where the upper end of its interval is below that, and is a doubt where its estimate is.
    """
    if not figures["judgements"]:
        wanted = figures["coverage"]["wanted"]
        missing = [*_trial(settings), f"Nobody has judged yet; {wanted:,} judgements are wanted."]
        return Verdict(settings.round, settings.kind, missing, [], dict(figures))
    missing = [*_trial(settings), *_coverage(figures["coverage"], settings), *_shares(figures, settings)]
    failing, doubts = _countries(figures, settings)
    doubts += [
        f"Rater {name}: {'; '.join(why)}. Nobody is taken out by a rule: look at the work, and `valact annotate "
        f"exclude {name} --recipe lens --why ...` takes it out, with a date and a way back."
        for name, why in figures["careless"].items()
    ]
    return Verdict(settings.round, settings.kind, missing + failing, doubts, dict(figures))


def _trial(settings: Validation) -> Iterator[str]:
    if settings.kind != "experts":
        yield (
            f"The round {settings.round!r} is a trial, and only one of people who know the countries counts "
            "(validation.kind: experts)."
        )


def _coverage(coverage: Mapping[str, Any], settings: Validation) -> Iterator[str]:
    wanted = settings.gate.coverage
    if coverage["share"] < wanted:
        yield (
            f"{coverage['there']:,} of {coverage['wanted']:,} wanted judgements by people of the action's country are "
            f"there ({percent(coverage['share'])}); {percent(wanted)} are needed."
        )


def _shares(figures: Mapping[str, Any], settings: Validation) -> Iterator[str]:
    for question, said in SAID.items():
        estimate, wanted = figures[question]["judgement"]["estimate"], getattr(settings.gate, question)
        if estimate is None:
            yield f"Nothing is known of: {said}."
        elif estimate < wanted:
            yield f"In {percent(estimate)} of the judgements: {said}; {percent(wanted)} is needed."
    alpha = figures["blind"]["agreement"]["alpha"]
    if alpha["estimate"] is None:
        yield f"Krippendorff's alpha of the blind answers cannot be computed: {alpha['why']}."
    elif alpha["estimate"] < settings.gate.alpha:
        yield (
            f"Krippendorff's alpha of the blind answers is {alpha['estimate']:.3f}; {settings.gate.alpha:.3f} is "
            "needed."
        )


def _countries(figures: Mapping[str, Any], settings: Validation) -> tuple[list[str], list[str]]:
    """Countries that fail, and those of which it cannot be told."""
    failing, doubts = [], []
    for question, said in SAID.items():
        wanted = getattr(settings.gate, question)
        for country, figure in figures[question]["countries"].items():
            if figure["estimate"] is None or figure["estimate"] >= wanted:
                continue
            told = f"{country}: in {percent(figure['estimate'])} of {figure['n']:,} judgements: {said}"
            if figure["high"] is not None and figure["high"] < wanted:
                failing.append(
                    f"{told}, at most {percent(figure['high'])}; {percent(wanted)} is needed of each."
                )
            else:
                doubts.append(f"{told}; with so few it cannot be told whether {percent(wanted)} is reached.")
    return failing, doubts
