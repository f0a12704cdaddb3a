"""How large the report of a whole study is, and how soon it can be used: ten models and 55 people on the sample.

    python -m benchmarks.report --data DIR

DIR is the ``data`` of a built sample (`make repro`). Its simulated answers are dealt to invented models and people:
what they say is nothing, how many they are is a study's. The analysis and the report are the stages' own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from contextlib import chdir
from pathlib import Path

import polars as pl

from pipeline import params as settings
from pipeline.analyse.step import STEP as ANALYSE
from pipeline.report.step import STEP as REPORT
from pipeline.step.step import Job
from pipeline.tables import write_table
from pipeline.tables.places import (
    ANALYSIS,
    CHOICES,
    INSTRUMENT_ANSWERS,
    INSTRUMENT_SCORES,
    QUESTIONS,
    RATINGS,
    RESPONDENTS,
    SCORED_OPTIONS,
    SCORED_QUESTIONS,
    Place,
)

ROOT = Path(__file__).resolve().parent.parent
RESULT = Path(__file__).parent / "results/report.json"
MODELS, PEOPLE, ASKED = 10, 55, 80
TESTS = str(ROOT / "tests")


def names() -> list[tuple[str, str, str, str]]:
    """respondent, kind, agent, condition."""
    models = [(f"model-{n:02}", "model", f"model-{n:02}", "main") for n in range(MODELS)]
    return models + [(f"p{n:03}", "human", f"p{n:03}", "main") for n in range(PEOPLE)]


def deal(data: Path) -> None:
    """Gives the answers of the sample's respondents to the invented ones, another mixture to each."""
    who = names()
    known = pl.read_parquet(RESPONDENTS.path(data.parent)).filter(kind="simulated")
    rows = [
        {"respondent": name, "kind": kind, "group": kind, "model": None, "served_model": None}
        | {"temperature": None, "source": "invented", "agent": agent, "condition": condition}
        for name, kind, agent, condition in who
    ]
    write_table(RESPONDENTS.schema, rows, RESPONDENTS.path(data.parent))
    own = pl.scan_parquet(QUESTIONS.path(data.parent)).select("question_id")
    for place in (SCORED_OPTIONS, SCORED_QUESTIONS):
        asked = pl.scan_parquet(place.path(data.parent)).join(own, on="question_id", how="semi")
        write_table(place.schema, asked.collect(), place.path(data.parent))
    write_table(RATINGS.schema, RATINGS.schema.create_empty(), RATINGS.path(data.parent))
    for place, key in (
        (CHOICES, "question_id"),
        (INSTRUMENT_ANSWERS, "administration"),
        (INSTRUMENT_SCORES, "administration"),
    ):
        _dealt(place, key, who, data, known.select("respondent"))


def _dealt(
    place: Place, key: str, who: list[tuple[str, str, str, str]], data: Path, known: pl.DataFrame
) -> None:
    found = pl.read_parquet(place.path(data.parent)).join(known, on="respondent", how="semi")
    found = found.with_columns(source=pl.col("respondent").rank("dense") - 1)
    sources = found["source"].n_unique()
    parts = []
    for n, (name, kind, *_) in enumerate(who):
        drawn = (pl.col(key).cast(pl.String).hash(seed=n) % 7 < 5).cast(pl.Int64)
        own = found.filter((pl.lit(n % sources) + 1 - drawn) % sources == pl.col("source"))
        if kind == "human":
            few = own[key].unique().sort().head(ASKED if key == "question_id" else 1)
            own = own.filter(pl.col(key).is_in(few.implode()))
            if "wording" in own.columns and key == "question_id":
                own = own.filter(mode="default", wording=1)
        parts.append(own.drop("source").with_columns(respondent=pl.lit(name)))
    write_table(place.schema, pl.concat(parts), place.path(data.parent))


def in_a_browser(page: Path) -> dict[str, float]:
    """Milliseconds until the page is loaded, and until a table is sorted after a press on its heading."""
    sys.path.insert(0, TESTS)
    from services.browser import chromium

    with chromium() as browser:
        tab = browser.new_page()
        tab.goto(page.as_uri())
        loaded = tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        sort = (
            "() => { const t = performance.now(); document.querySelector('thead button').click(); "
            "return performance.now() - t; }"
        )
        return {"loaded_ms": round(loaded), "sorted_ms": round(tab.evaluate(sort), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--keep", type=Path, help="Folder to leave the report in.")
    asked = parser.parse_args()
    params = settings.load(ROOT / "params.yaml")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        skipped = shutil.ignore_patterns("sample", "imported", "inputs", "recorded", "release", "report")
        shutil.copytree(asked.data, root / "data", ignore=skipped)
        deal(root / "data")
        with chdir(root):
            ANALYSE.make(Job(ANALYSE, params))
            began = time.perf_counter()
            REPORT.make(Job(REPORT, params))
        took = time.perf_counter() - began
        out = root / "data/report"
        pages = {name: (out / name).stat().st_size for name in ("report.html", "explore.html")}
        result = {
            "respondents": len(names()),
            "tables": len(ANALYSIS),
            "seconds_to_write": round(took, 1),
            "bytes": pages,
            "megabytes_in_all": round(sum(pages.values()) / 1e6, 2),
            "report": in_a_browser(out / "report.html"),
        }
        if asked.keep:
            shutil.copytree(out, asked.keep, dirs_exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
