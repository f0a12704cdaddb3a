"""What each question of docs/questions.md costs at the paper's size, as `valact cost` counts it: asks nobody.

    python -m benchmarks.costs      # the table of docs/questions.md

Params are profiles/paper.yaml with one switch each; no table is there, so that the quotas say how many rows there are.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipeline import params as settings
from pipeline.administer.design import Material
from pipeline.administer.step import MATERIAL
from pipeline.administer.subset import subset
from pipeline.commands import together, track
from pipeline.commands.price import Priced
from pipeline.core.invariants import given
from pipeline.cost.estimate import Line, estimate
from pipeline.cost.imagined import TEXT_CHARACTERS, material
from pipeline.params import Params
from pipeline.recipe import VALACT
from pipeline.series.folder import Track
from pipeline.together.talk import Talk

ROOT = Path(__file__).resolve().parent.parent
# Whose prices are known of those of the paper, one of each kind.
MODEL, OTHER, THINKS = "gpt-4o", "qwen2.5-72b", "gemini-2.5-pro"
BUDGETS = (128, 8192)
SWITCHES: dict[str, Any] = {
    "probe": {"models": [MODEL]},
    "author": {"model": MODEL},
    "translate": {
        "languages": {"zh": "Simplified Chinese"},
        "model": MODEL,
        "back": OTHER,
        "readers": [MODEL, OTHER],
    },
    "freetext": {"respondents": [MODEL]},
}
# Respondents, each with a model of its own: whose, with which parameters beside its own, and asked in which way.
ASKED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    MODEL: (MODEL, {}, {}),
    "other": (OTHER, {}, {"modes": ["default"], "subset": 5}),
    "chinese": (MODEL, {}, {"language": "zh"}),
    "arm": (MODEL, {}, {"arm": "few_shot"}),
    "probabilities": (MODEL, {"logprobs": True, "top_logprobs": 10}, {"modes": ["default"]}),
} | {
    f"budget-{tokens}": (THINKS, {"thinking": {"thinkingBudget": tokens}}, {"modes": ["default"]})
    for tokens in BUDGETS
}


class Row(NamedTuple):
    """Expected calls, tokens, and US dollars by the price list of the package."""

    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal


def rows() -> dict[str, Row]:
    """By switch, and by respondent of ASKED."""
    raw = yaml.safe_load((ROOT / "profiles/paper.yaml").read_text(encoding="utf-8")) | SWITCHES
    raw["models"] |= {
        name: raw["models"][model] | {"parameters": parameters}
        for name, (model, parameters, _) in ASKED.items()
    }
    raw["respondents"] = {name: {"kind": "model", "model": name} | own for name, (*_, own) in ASKED.items()}
    params = settings.parse(raw, where="profiles/paper.yaml")
    steps = [*map(VALACT.step, SWITCHES), VALACT.step("administer")]
    with _nothing_there():
        lines = estimate(params, raw, steps=steps).lines
        found = {name: _sum(line for line in lines if line.stage == name) for name in SWITCHES}
        asked = {line.name: _sum([line]) for line in lines if line.stage == "administer"}
        return found | asked | _beside(params)


def _beside(params: Params) -> dict[str, Row]:
    """What has a command of its own: a date of a track, and a discussion, both of their default sizes."""
    tables = material(params, TEXT_CHARACTERS)
    every = Material(*(tables[place] for place in MATERIAL))

    def of(scenarios: int) -> Material:
        chosen = subset(every.scenarios, scenarios, params.seed)
        questions = every.questions.join(chosen, on="scenario_id", how="semi")
        options = every.options.join(questions, on="question_id", how="semi")
        return Material(questions, options, every.scenarios, every.actions)

    weekly = of(20)
    hashes = dict.fromkeys(weekly.questions["question_id"], "")
    series = Track(respondent=MODEL, wordings=1, baseline=3, arl=200, questions=hashes)
    date = given(track.expected(params, series, weekly, dt.date(2027, 1, 1)), "a model is asked")
    talk = Talk([MODEL, "other"], params, of(200))
    return {"track": _sum([date]), "together": _sum(together.expected(talk, params, 2))}


def _sum(lines: Iterable[Line | Priced]) -> Row:
    sizes, usd = [0, 0, 0], Decimal(0)
    for line in lines:
        sizes = [sizes[0] + line.calls, sizes[1] + line.input_tokens, sizes[2] + line.output_tokens]
        usd += given(line.cost if isinstance(line, Line) else line.usd, f"a price of {line.name}")
    return Row(*sizes, usd)


@contextlib.contextmanager
def _nothing_there() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


def table(found: dict[str, Row]) -> str:
    """The table of docs/questions.md."""
    said = {
        "probe": f"`probe`: 200 texts and the canary, {MODEL}",
        "author": f"`author`: 20 dilemmas for each of five categories, {MODEL}",
        "translate": f"`translate`: one language, {MODEL}; back by {OTHER}; both read",
        MODEL: f"for comparison: one respondent in three modes, with the questionnaire, {MODEL}",
        "chinese": "the same in Chinese, `language: zh`",
        "arm": "an arm, `arm: few_shot`",
        "probabilities": "default mode anew with `logprobs`",
        "freetext": f"`freetext`: 200 scenarios, {MODEL}, two coders and a tie-breaker",
        "track": "`track`: a date of 100 questions",
        "together": f"`together`: 1,000 questions, two rounds, {MODEL} and {OTHER}",
    }
    for tokens in BUDGETS:
        said[f"budget-{tokens}"] = f"a thinking budget of {tokens:,} tokens in default mode, {THINKS}"
    lines = ["| question | calls | tokens in | out | USD |", "| --- | --- | --- | --- | --- |"]
    for name, text in said.items():
        row = found[name]
        tokens_in, out = (f"{number / 1e6:,.2f} M" for number in (row.input_tokens, row.output_tokens))
        lines.append(f"| {text} | {row.calls:,} | {tokens_in} | {out} | {row.usd:,.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(rows()))
