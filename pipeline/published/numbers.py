"""Every figure of the paper and of its tables: as published, and recomputed by the authors' own rules.

Recomputed from the answers where these were imported, else from the tables, else not at all, and then the row names the
file that is missing. The numbers called published are those of the paper (arXiv 2601.07972) and, where it gives only a
range or a chart, those that its released tables give.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.published.aggregates import RESTRICTED
from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.published.names import MODELS, Named, respondent, result_file
from pipeline.published.paper import (
    ACCURACY,
    BETWEEN,
    DECLARED_ENACTED,
    DECLARED_ENACTED_MEAN,
    DROP,
    GROK,
    NOT_RELEASED,
    OPTION_A,
    PEOPLE,
)
from pipeline.tables import conform
from pipeline.tables.published import PAPER, PublishedNumbers

# What each figure is made of.
_GAP, _TARGETED = ("enacted", "declared"), ("selection", "adoption", RESTRICTED)
MEASURES_OF = {
    "declared_enacted_r": _GAP,
    "declared_enacted_r_mean": _GAP,
    **{f"{measure}_r_{number}": (measure,) for measure in _GAP for number in ("min", "mean", "max")},
    **{measure: (measure,) for measure in _TARGETED},
    "drop": _TARGETED[:2],
    "chinese_english_r": ("declared",),
}

Row = dict[str, Any]


def published_numbers(
    tables: dict[str, pl.DataFrame], rates: pl.DataFrame, tests: pl.DataFrame, study: str
) -> pl.DataFrame:
    """Table PublishedNumbers. ``rates``: each measure of each respondent, value and wording, recomputed from answers by
    the authors' rules; ``tests``: their tables of tests (``aggregates.TEST_SCHEMA``)."""
    of = _Rates(rates, tables["cells"])
    rows = [
        *_of_cells(tables["cells"]),
        *_of_tests(tests, of),
        *_gaps(of),
        *_between(of),
        *_accuracies(of),
        *_languages(of),
        *_temperatures(of),
        *_letters(tables["choices"]),
        *(
            _row(name, published=number, decimals=n, missing=NOT_RELEASED)
            for name, (number, n) in PEOPLE.items()
        ),
    ]
    for row in rows:
        row["study"] = study
        if row.get("basis") == "answers" and not row.get("incomplete"):
            row["missing"] = None
        if row["source"] == PAPER and row.get("basis"):
            row["why"] = "; ".join(filter(None, [of.short_of(row), row.get("why")])) or None
        published, recomputed = row.get("published"), row.get("recomputed")
        if row.get("agrees") is None and published is not None and recomputed is not None:
            row["agrees"] = abs(published - recomputed) <= 0.5 * 10.0 ** -row["decimals"] + 1e-9
    return conform(PublishedNumbers, rows, where="published numbers")


class _Rates:
    """Means over wordings, as the paper takes them, by measure and respondent: value -> number."""

    def __init__(self, rates: pl.DataFrame, cells: pl.DataFrame) -> None:
        self.answers = _means(rates, "recomputed")
        self.tables = _means(cells, "printed")
        self.by_wording = {
            basis: {
                (str(measure), str(who), str(value)): part["number"].to_list()
                for (measure, who, value), part in table.partition_by(
                    "measure", "respondent", "value", as_dict=True
                ).items()
            }
            for basis, table in (
                ("answers", _sorted(rates, "recomputed")),
                ("tables", _sorted(cells, "printed")),
            )
        }

    def get(self, measure: str, who: str) -> tuple[np.ndarray[Any, Any] | None, str | None]:
        """The ten numbers, and from what they are."""
        for basis, of in (("answers", self.answers), ("tables", self.tables)):
            if (found := of.get((measure, who))) is not None:
                return found, basis
        return None, None

    def both(self, *wanted: tuple[str, str]) -> tuple[list[np.ndarray[Any, Any]] | None, str | None]:
        """All of them, from answers if all are; None where one is missing."""
        found = [self.get(*one) for one in wanted]
        numbers = [number for number, _ in found if number is not None]
        if len(numbers) < len(found):
            return None, None
        return numbers, "answers" if all(basis == "answers" for _, basis in found) else "tables"

    def short_of(self, row: Row) -> str | None:
        """How many wordings there are behind a figure of the paper, where it is of five and these are fewer."""
        named = [measure for measure in MEASURES_OF.get(row["figure"], ()) if row["recomputed"] is not None]
        whose = [row["respondent"]] if row["respondent"] != "all" else list(_models().values())
        counts = [
            len(values)
            for measure in named
            for who in whose
            if (values := self.by_wording[row["basis"]].get((measure, who, VALUES.slugs[0])))
        ]
        return f"of {min(counts)} of the five wordings" if counts and min(counts) < 5 else None

    def respondents(self, measure: str) -> list[str]:
        return sorted({who for of in (self.answers, self.tables) for named, who in of if named == measure})


def _sorted(table: pl.DataFrame, column: str) -> pl.DataFrame:
    return table.sort("wording").select("measure", "respondent", "value", number=column)


def _means(table: pl.DataFrame, column: str) -> dict[tuple[str, str], np.ndarray[Any, Any]]:
    means = table.group_by("measure", "respondent", "value").agg(pl.col(column).mean())
    found = {}
    for (measure, who), part in means.partition_by("measure", "respondent", as_dict=True).items():
        of = dict(part.select("value", column).iter_rows())
        if len(of) == len(VALUES.slugs):
            found[str(measure), str(who)] = np.array([of[value] for value in VALUES.slugs], dtype=float)
    return found


def _row(figure: str, who: str = "all", value: str = "all", wording: int = 0, **fields: Any) -> Row:
    return {"source": PAPER, "figure": figure, "respondent": who, "value": value, "wording": wording} | fields


def _of_cells(cells: pl.DataFrame) -> Iterator[Row]:
    for row in cells.iter_rows(named=True):
        yield _row(
            row["measure"],
            row["respondent"],
            row["value"],
            row["wording"],
            source=row["table"],
            published=row["printed"],
            decimals=4 if row["measure"] in ("selection", "adoption", RESTRICTED) else 2,
            recomputed=row["recomputed"],
            basis=None if row["recomputed"] is None else "answers",
            n=row["n"],
            agrees=row["agrees"],
            why=row["why"],
            missing=row["missing"],
        )


def _of_tests(tests: pl.DataFrame, of: _Rates) -> Iterator[Row]:
    """Two-sided: Welch's t of selection against adoption over the five wordings. One-sided: Student's t of adoption
    where the majority of selection answers was right against adoption, which is larger by construction."""
    for row in tests.iter_rows(named=True):
        two = row["test"] == "two_sided"
        first, second = ("selection", "adoption") if two else (RESTRICTED, "adoption")
        fields: Row = {"missing": f"tables of {first} and {second} under five wordings"}
        for basis, numbers in of.by_wording.items():
            a, b = (
                numbers.get((measure, row["respondent"], row["value"]), []) for measure in (first, second)
            )
            # Fewer wordings than five are another test.
            if len(a) == len(b) == 5:
                t = float(stats.ttest_ind(a, b, equal_var=not two).statistic)
                if np.isfinite(t):
                    fields |= {"recomputed": t, "basis": basis, "n": 10}
                    break
        why = (
            "ours pairs the same question in both modes and resamples scenarios; theirs compares five means with five"
            if two
            else "significant by construction: the questions were chosen by the answers"
        )
        yield _row(
            "selection_adoption_t" if two else "majority_adoption_t",
            row["respondent"],
            row["value"],
            source=row["table"],
            published=row["statistic"],
            decimals=4,
            why=why,
            **fields,
        )


def _models() -> dict[str, str]:
    return {model: respondent(model, Named("default")) for model in MODELS}


def _gaps(of: _Rates) -> Iterator[Row]:
    found, lacking = [], []
    for model, who in _models().items():
        numbers, basis = of.both(("enacted", who), ("declared", who))
        fields: Row = {"missing": _files(model, "default", INSTRUMENT.name)}
        if numbers:
            found.append((_r(*numbers), basis))
            fields |= {
                "recomputed": found[-1][0],
                "basis": basis,
                "n": 10,
            }
        else:
            lacking.append(model)
        yield _row("declared_enacted_r", who, published=DECLARED_ENACTED[model], decimals=3, **fields)
    yield _row(
        "declared_enacted_r_mean",
        published=DECLARED_ENACTED_MEAN,
        decimals=2,
        **_over(found, lacking),
        why="the paper prints .32; its tables give .303" if not lacking else None,
    )


def _over(found: list[tuple[float, str | None]], lacking: list[str]) -> Row:
    """The mean of what was found; what is missing where it is not of all models."""
    if not found:
        return {"missing": f"answers or tables of {', '.join(lacking)}"}
    basis = "answers" if all(one == "answers" for _, one in found) else "tables"
    fields: Row = {"recomputed": float(np.mean([r for r, _ in found])), "basis": basis, "n": len(found)}
    return fields | ({"missing": f"answers or tables of {', '.join(lacking)}"} if lacking else {})


def _between(of: _Rates) -> Iterator[Row]:
    for measure, printed in BETWEEN.items():
        there = {model: of.get(measure, who) for model, who in _models().items()}
        known = {model: numbers for model, (numbers, _) in there.items() if numbers is not None}
        lacking = [model for model in there if model not in known]
        r = [_r(known[a], known[b]) for a, b in combinations(known, 2)]
        basis = "answers" if all(basis == "answers" for _, basis in there.values()) else "tables"
        missing = f"answers or tables of {', '.join(lacking)}" if lacking else None
        for name, (number, decimals) in zip(("min", "mean", "max"), printed, strict=True):
            fields: Row = {"missing": missing}
            if r:
                number_of = {"min": np.min(r), "mean": np.mean(r), "max": np.max(r)}
                fields |= {"recomputed": float(number_of[name]), "basis": basis, "n": len(r)}
            yield _row(f"{measure}_r_{name}", published=number, decimals=decimals, **fields)


def _accuracies(of: _Rates) -> Iterator[Row]:
    measures = ("selection", "adoption", RESTRICTED)
    for model, printed in ACCURACY.items():
        who = respondent(model, Named("selection"))
        for measure, number in zip(measures, printed, strict=True):
            numbers, basis = of.get(measure, who)
            fields: Row = {"missing": _files(model, "selection", "adoption")}
            if numbers is not None:
                why = "the mean over values of their shares; ours is over answers"
                fields |= {"recomputed": float(numbers.mean()), "basis": basis, "n": 10, "why": why}
            yield _row(measure, who, published=number, decimals=4, **fields)
    model, value, number = DROP
    who = respondent(model, Named("selection"))
    both, basis = of.both(("selection", who), ("adoption", who))
    fields = {"missing": _files(model, "selection", "adoption")}
    if both:
        at = VALUES.slugs.index(value)
        fields |= {"recomputed": float(both[0][at] - both[1][at]), "basis": basis, "n": 2}
    yield _row("drop", who, value, published=number, decimals=4, **fields)


def _languages(of: _Rates) -> Iterator[Row]:
    for model, who in _models().items():
        chinese = respondent(model, Named(INSTRUMENT.name, language="zh"))
        numbers, basis = of.both(("declared", who), ("declared", chinese))
        fields: Row = {"missing": result_file(model, Named(INSTRUMENT.name, language="zh"))}
        if numbers:
            why = "theirs files the items of Universalism and Benevolence as each other in Chinese; ours has the key's"
            fields |= {"recomputed": _r(*numbers), "basis": basis, "n": 10, "why": why}
        yield _row("chinese_english_r", chinese, decimals=3, **fields)


def _temperatures(of: _Rates) -> Iterator[Row]:
    for who in of.respondents("enacted"):
        base, _, temperature = who.rpartition("-t")
        if not base or not temperature.replace(".", "").isdigit():
            continue
        for other in (f"{base}-random", base):
            numbers, basis = of.both(("enacted", who), ("enacted", other))
            if numbers:
                why = f"with {other}; ours is on the questions that both answered"
                yield _row(
                    "temperature_r", who, decimals=3, recomputed=_r(*numbers), basis=basis, n=10, why=why
                )
                break
        else:
            missing = result_file(base.removeprefix("published-"), Named("default"))
            yield _row("temperature_r", who, decimals=3, missing=missing)


def _letters(choices: pl.DataFrame) -> Iterator[Row]:
    answered = choices.filter((pl.col("mode") == "default") & (pl.col("status") == "answered"))
    counts = {
        (str(who), str(letter)): n
        for who, letter, n in answered.group_by("respondent", "letter").len().iter_rows()
    }
    wanted = [("grok", letter, share, 3) for letter, share in GROK.items()]
    wanted += [(model, "A", share, 2) for model, share in OPTION_A.items()]
    for model, letter, share, decimals in wanted:
        who = respondent(model, Named("default"))
        total = sum(n for (name, _), n in counts.items() if name == who)
        fields: Row = {"missing": result_file(model, Named("default"))}
        if total:
            fields |= {"recomputed": counts.get((who, letter), 0) / total, "basis": "answers", "n": total}
        yield _row("letter_share", who, letter, published=share, decimals=decimals, **fields)


def _files(model: str, *instruments: str) -> str:
    return ", ".join(result_file(model, Named(instrument)) for instrument in instruments)


def _r(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
