"""The gate on a release: what a round of validation must reach, and what is missing.

It never stops a run. It says of a release whether it counts as validated, and publishing goes by that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core.documents import read_json, write_json
from pipeline.core.errors import InputError
from pipeline.params.validation import Validation

Kind = Literal["experts", "trial"]
VALIDATED, UNVALIDATED = "validated", "unvalidated"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one round.

    ``missing`` has a sentence for each thing that keeps the release from being validated, ``doubts`` one for each
    that the sample is too small to tell or that a person should look at; ``figures`` is what was measured
    (``pipeline.validate.figures.overall``).
    """

    round: str
    kind: Kind
    missing: list[str]
    doubts: list[str]
    figures: dict[str, Any]

    @property
    def validated(self) -> bool:
        return not self.missing

    @property
    def word(self) -> str:
        return VALIDATED if self.validated else UNVALIDATED

    def content(self) -> dict[str, Any]:
        """What its file holds."""
        return {
            "verdict": self.word,
            "round": self.round,
            "kind": self.kind,
            "missing": self.missing,
            "doubts": self.doubts,
            "figures": self.figures,
        }


def pass_gate(figures: Mapping[str, Any], settings: Validation) -> Verdict:
    """The verdict on figures as ``pipeline.validate.figures.overall`` gives them.

    A figure over all passes when its estimate, not the lower end of its interval, reaches what params ask: the size of
    the sample is the wanted precision, and the interval is released beside it. A value, generator or category has a
    small part of that sample: it fails when the upper end of its interval is below what is asked of all, and is a doubt
    when its estimate is.
    """
    gate, missing = settings.gate, []
    if settings.kind != "experts":
        missing.append(
            f"The round {settings.round!r} is a trial: its raters were no experts, and only a round of experts counts."
        )
    coverage = figures["coverage"]
    if not figures["judgements"]:
        missing.append(f"Nobody has judged yet; {coverage['wanted']:,} judgements are wanted.")
        return Verdict(settings.round, settings.kind, missing, [], dict(figures))
    if coverage["share"] < gate.coverage:
        missing.append(
            f"{coverage['there']:,} of {coverage['wanted']:,} wanted judgements are there "
            f"({percent(coverage['share'])}); {percent(gate.coverage)} are needed."
        )
    for name, figure, wanted, show in (
        ("Accuracy", figures["accuracy"], gate.accuracy, percent),
        ("Krippendorff's alpha", figures["alpha"], gate.alpha, "{:.3f}".format),
    ):
        if figure["estimate"] is None:
            missing.append(f"{name} cannot be computed: {figure['why']}.")
        elif figure["estimate"] < wanted:
            missing.append(f"{name} is {show(figure['estimate'])}; {show(wanted)} is needed.")
    checks = figures["attention_checks"]
    if checks["passed"] < gate.checks * checks["answered"]:
        missing.append(
            f"{checks['passed']:,} of {checks['answered']:,} attention checks were passed; {percent(gate.checks)} are "
            "needed."
        )
    failing, doubts = _groups(figures, settings)
    doubts += _in_general(figures, gate.accuracy)
    doubts += [
        f"Rater {name} passed {apart['checks_passed']} of {apart['checks']} attention checks and named the intended "
        f"value in {percent(apart['accuracy'] or 0)} of {apart['judgements']:,} answers: look at these before you "
        "count them."
        for name, apart in figures["raters_apart"].items()
    ]
    doubts += [
        f"Rater {name}: {'; '.join(why)}. Nobody is taken out by a rule: look at the work, and `valact annotate "
        f"exclude {name} --why ...` takes it out, with a date and a way back."
        for name, why in (figures.get("careless") or {}).items()
    ]
    doubts += _repaired(figures.get("repaired") or {})
    return Verdict(settings.round, settings.kind, missing + failing, doubts, dict(figures))


def _repaired(found: Mapping[str, Any]) -> list[str]:
    """What is not known of the actions that were written anew after they had been judged."""
    if not found.get("replaced"):
        return []
    wanted, there = (sum(one[key] for one in found["rounds"].values()) for key in ("wanted", "there"))
    return [
        f"{found['replaced']:,} of the actions judged were rejected and written anew. They count as they were drawn, "
        f"because the accuracy is also that of what nobody sampled; of the new texts {there:,} of {wanted:,} "
        "judgements are there."
    ]


def _in_general(figures: Mapping[str, Any], wanted: float) -> list[str]:
    """A doubt where these raters are good enough, and others like them may not be."""
    own, others = figures["accuracy"], figures["accuracy_of_raters_in_general"]
    if own["estimate"] is None or own["estimate"] < wanted:
        return []
    if others["low"] is None:
        return [f"Of raters in general nothing can be said: {others['why']}."]
    if others["low"] >= wanted:
        return []
    return [
        f"These raters name the intended value in {percent(own['estimate'])} of their answers; raters in general may "
        f"in {percent(others['low'])} only. More raters would tell, more items would not."
    ]


def _groups(figures: Mapping[str, Any], settings: Validation) -> tuple[list[str], list[str]]:
    """Values, generators and categories that fail, and those of which it cannot be told, with what would settle it."""
    wanted, times = settings.gate.accuracy, 1.0
    failing, doubts = [], []
    for kind, name in (("values", "value"), ("generators", "generator"), ("categories", "category")):
        for group, figure in figures[kind].items():
            estimate, high = figure["estimate"], figure["high"]
            if estimate is None:
                failing.append(f"Nothing is known of the {name} {group}: {figure['why']}.")
            elif estimate < wanted:
                told = (
                    f"Of the {name} {group} the intended value is named in {percent(estimate)} of {figure['n']:,} "
                    "judgements"
                )
                if high is not None and high < wanted:
                    failing.append(f"{told}, at most {percent(high)}; {percent(wanted)} is needed of each.")
                else:
                    doubts.append(
                        f"{told}; with so few it cannot be told whether {percent(wanted)} is reached."
                    )
                    if (more := _times(figure, wanted)) is not None:
                        doubts[-1] += f" About {math.ceil(more * figure['n'] - 1e-6):,} would."
                        times = max(times, more)
    if times > 1:
        doubts.append(_larger_round(figures["items_drawn"], times, settings))
    return failing, doubts


def _times(figure: Mapping[str, Any], wanted: float) -> float | None:
    """How many times as many judgements would tell, if the estimate stayed: the width of an interval goes with their
    square root."""
    low, high, estimate = figure["low"], figure["high"], figure["estimate"]
    if low is None or high is None or high <= low:
        return None
    return float(((high - low) / 2 / (wanted - estimate)) ** 2)


def _larger_round(items: int, times: float, settings: Validation) -> str:
    """What a round would have to be that tells, if all estimates stayed."""
    width = math.floor(1000 * settings.sample.half_width / math.sqrt(times)) / 1000
    return (
        f"A round of about {math.ceil(times * items - 1e-6):,} items where this one has {items:,} would settle all of "
        f"these (validation.sample.half_width: {max(width, 0.001):g})."
    )


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def round_in_words(verdict: Verdict) -> str:
    """Who judged, in one line."""
    who = "experts" if verdict.kind == "experts" else "a trial, no experts"
    return f"Round {verdict.round} ({who}): {verdict.figures['judgements']:,} judgements."


def verdict_in_words(verdict: Verdict) -> str:
    """Who judged, the verdict, and the first of what is missing."""
    said = f"{round_in_words(verdict)} {verdict.word.capitalize()}"
    if verdict.validated:
        return f"{said}."
    first, *more = verdict.missing
    return f"{said}: {first}" + (f" And {len(more):,} more in data/validate/gate.json." if more else "")


def background_in_words(found: Mapping[str, Any]) -> str:
    """What the raters said of themselves, in counts (``pipeline.coordination.background``)."""
    parts = [
        f"{name.replace('_', ' ')}: " + ", ".join(f"{answer} {count:,}" for answer, count in counts.items())
        for name, counts in found["answers"].items()
    ]
    return f"{found['raters']:,} raters said who they are: " + "; ".join(parts) + "."


def write(verdict: Verdict, file: Path, metrics_file: Path) -> None:
    """The verdict, and its figures with it as DVC metrics."""
    write_json(verdict.content(), file)
    write_json({"verdict": verdict.word, **verdict.figures}, metrics_file)


def read(path: Path) -> Verdict:
    """The verdict that stage validate wrote; InputError where there is none."""
    again = "run `dvc repro validate`"
    found = read_json(path, remedy=again)
    try:
        return Verdict(found["round"], found["kind"], found["missing"], found["doubts"], found["figures"])
    except (KeyError, TypeError) as error:
        raise InputError(
            f"not a verdict of stage validate ({error!r})", where=str(path), remedy=again
        ) from None
