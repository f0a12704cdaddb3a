"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

import shutil
from pathlib import Path

from pipeline.params import Params
from pipeline.release import wording
from pipeline.report import contents, render
from pipeline.report.figures import catalogue
from pipeline.step.run import stage
from pipeline.tables import ANALYSIS_TABLES, Respondents, read_table

DATA = Path("data")
OUT = DATA / "report"


@stage("report")
def main(params: Params) -> None:
    tables = {
        name: read_table(schema, DATA / "analyse" / f"{name}.parquet")
        for name, schema in ANALYSIS_TABLES.items()
    }
    tables["respondents"] = read_table(Respondents, DATA / "score/respondents.parquet")
    shutil.rmtree(OUT, ignore_errors=True)
    drawn = catalogue.write(tables, params.values, OUT / "figures")
    built = contents.built_pictures(DATA / "plots")
    render.take_over(built, DATA / "plots", OUT / "figures")
    about = [
        f"{wording.title(params)}, version {params.release.version}. Intervals have a confidence of "
        f"{params.analysis.confidence:.0%}; what each resamples is in docs/statistics.md. Every number stands in "
        "the table that is named beside it.",
        wording.notice(params),
    ]
    render.write(
        "Declared and enacted values",
        [line for line in about if line],
        contents.sections(tables, params.values, drawn, built),
        OUT,
    )


if __name__ == "__main__":
    main()
