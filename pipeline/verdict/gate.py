"""The gate on a release: what a round of validation must reach, and what is missing.

It never stops a run. It says of a release whether it counts as validated, and publishing goes by that.
"""

from __future__ import annotations

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

    ``missing`` has a sentence for each thing that keeps the release from being validated; ``figures`` is what was
    measured (``pipeline.validate.figures.overall``).
    """

    round: str
    kind: Kind
    missing: list[str]
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
            "figures": self.figures,
        }


def pass_gate(figures: Mapping[str, Any], settings: Validation) -> Verdict:
    """The verdict on figures as ``pipeline.validate.figures.overall`` gives them.

    A figure passes when its estimate, not the lower end of its interval, reaches what params ask: the size of the
    sample is the wanted precision, and the interval is released beside it.
    """
    gate, missing = settings.gate, []
    if settings.kind != "experts":
        missing.append(
            f"The round {settings.round!r} is a trial: its raters were no experts, and only a round of experts counts."
        )
    coverage = figures["coverage"]
    if not figures["judgements"]:
        missing.append(f"Nobody has judged yet; {coverage['wanted']:,} judgements are wanted.")
        return Verdict(settings.round, settings.kind, missing, dict(figures))
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
    return Verdict(settings.round, settings.kind, missing, dict(figures))


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def round_in_words(verdict: Verdict) -> str:
    """Who judged, in one line."""
    who = "experts" if verdict.kind == "experts" else "a trial, no experts"
    return f"Round {verdict.round} ({who}): {verdict.figures['judgements']:,} judgements."


def write(verdict: Verdict, file: Path, metrics_file: Path) -> None:
    """The verdict, and its figures with it as DVC metrics."""
    write_json(verdict.content(), file)
    write_json({"verdict": verdict.word, **verdict.figures}, metrics_file)


def read(path: Path) -> Verdict:
    """The verdict that stage validate wrote; InputError where there is none."""
    again = "run `dvc repro validate`"
    found = read_json(path, remedy=again)
    try:
        return Verdict(found["round"], found["kind"], found["missing"], found["figures"])
    except (KeyError, TypeError) as error:
        raise InputError(
            f"not a verdict of stage validate ({error!r})", where=str(path), remedy=again
        ) from None
