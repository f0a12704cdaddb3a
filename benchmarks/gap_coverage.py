"""Do the intervals of the gap's measures hold the truth in 95 % of studies?

The generator shares nothing with the library: statements and actions are thresholds of two latent normal numbers,
correlated, with effects of country, topic, value, scenario and cell; eight ratings on four points, one choice. Two
questions, two truths: of these countries and topics, whose effects are the same in every study; and of countries and
topics in general, whose effects are drawn anew. Either truth is computed from many more scenarios than a study has.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from pipeline.core import progress
from pipeline.measures.cells import Cells
from pipeline.measures.gaps import MEASURES
from pipeline.measures.nested import figure

COUNTRIES, TOPICS, VALUES, PROMPTS = 12, 11, 56, 8
THRESHOLDS = np.array([-0.2, 0.9, 1.7])
WORLDS = 300


@click.command()
@click.option("--studies", default=400, show_default=True)
@click.option("--out", default="benchmarks/results/gap_coverage.json", show_default=True, type=Path)
def main(studies: int, out: Path) -> None:
    rng = np.random.default_rng(2_501_15463)
    both = rng.normal(0, 0.45, VALUES)
    values = both + rng.normal(0, 0.4, (2, VALUES))
    fixed = effects(rng)
    truths = {
        "these": truth([world(rng, values, fixed) for _ in range(WORLDS)]),
        "in general": truth([world(rng, values, effects(rng)) for _ in range(WORLDS)]),
    }
    hits: dict[str, dict[str, list[bool]]] = {which: {name: [] for name in MEASURES} for which in truths}
    country, topic = np.repeat(np.arange(COUNTRIES), TOPICS), np.tile(np.arange(TOPICS), COUNTRIES)
    with progress.track("coverage of the gap", total=studies, unit="studies") as bar:
        for _ in range(studies):
            for which, shared in (("these", fixed), ("in general", effects(rng))):
                cells = cells_of([world(rng, values, shared)])
                for name, one in MEASURES.items():
                    found = figure(one.added(cells), one.statistic, [country, topic], bounds=one.bounds)
                    low, high = (
                        (found.low, found.high) if which == "these" else (found.wide_low, found.wide_high)
                    )
                    if low is not None and high is not None:
                        hits[which][name].append(low <= truths[which][name] <= high)
            bar.advance()
    result = {
        "studies": studies,
        "coverage": {
            which: {name: round(float(np.mean(found)), 3) for name, found in of.items()}
            for which, of in hits.items()
        },
        "truth": {
            which: {name: round(number, 4) for name, number in of.items()} for which, of in truths.items()
        },
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def effects(rng: np.random.Generator) -> np.ndarray:
    """Of countries and topics on statement and action (2 x countries x topics x 1)."""
    country = rng.normal(0, 0.15, (2, COUNTRIES, 1))
    topic = rng.normal(0, 0.2, (2, 1, TOPICS))
    return (country + topic)[..., None]


def world(rng: np.random.Generator, values: np.ndarray, shared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """V and A (scenarios x values) of one study."""
    shape = (COUNTRIES, TOPICS, VALUES)
    scenario = rng.normal(0, 0.25, (2, COUNTRIES, TOPICS, 1))
    held = rng.normal(0, 0.5, shape)
    latent = shared + scenario + values[:, None, None, :] + held
    said = latent[0][..., None] + rng.normal(0, 0.4, (*shape, PROMPTS))
    ratings = np.searchsorted(THRESHOLDS, said) + 1
    acts_against = latent[1] * 0.8 + rng.normal(0, 0.7, shape) > 0.7
    flat = COUNTRIES * TOPICS, VALUES
    return (ratings.mean(axis=-1) - 1).reshape(flat) / 3, acts_against.astype(float).reshape(flat)


def cells_of(worlds: list[tuple[np.ndarray, np.ndarray]]) -> Cells:
    stated, acted = (np.concatenate(part) for part in zip(*worlds, strict=True))
    names = tuple(str(n) for n in range(len(stated)))
    slugs = tuple(str(n) for n in range(VALUES))
    return Cells("one", names, slugs, stated, acted, stated >= 0.5, acted >= 0.5)


def truth(worlds: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    cells = cells_of(worlds)
    return {name: float(one.statistic(one.added(cells).sum(axis=0))) for name, one in MEASURES.items()}


if __name__ == "__main__":
    main()
