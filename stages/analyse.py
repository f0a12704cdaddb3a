"""Analyse: enacted and declared values, the gap between them, and what each number is worth."""

import json
from pathlib import Path

from pipeline.analyse.study import Scored, analyse, metrics
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import ANALYSIS_TABLES, write_table

SCORED = Path("data/score")
OUT = Path("data/analyse")
METRICS = Path("data/metrics/analysis.json")


@stage("analyse")
def main(params: Params) -> None:
    tables = analyse(Scored.read(SCORED), params.analysis, params.values, params.seed)
    for name, schema in ANALYSIS_TABLES.items():
        write_table(schema, tables[name], OUT / f"{name}.parquet")
    METRICS.parent.mkdir(parents=True, exist_ok=True)
    METRICS.write_text(json.dumps(metrics(tables), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
