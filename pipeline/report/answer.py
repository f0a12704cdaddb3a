"""The first screen: what was found, in three answers with their numbers, and what they cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds
from pipeline.report.document import count, counted, listed, number, percent
from pipeline.report.figure import Tables
from pipeline.values import Inventory
from pipeline.verdict.gate import Verdict, round_in_words

# Means of r that differ by less are the same.
ALIKE = 0.02
LANGUAGES = {"en": "English", "zh": "Chinese"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, its answer in a few words, and the sentences behind it; ``section`` says where to read on."""

    question: str
    short: str
    sentences: tuple[str, ...]
    section: str


def answers(tables: Tables, inventory: Inventory) -> list[Answer]:
    """The three questions that the paper asks."""
    return [alike(tables, inventory), gap(tables, inventory), cost(tables)]


def alike(tables: Tables, inventory: Inventory) -> Answer:
    """Are respondents alike, beyond what value weights alone give?"""
    short, sentences = "", []
    for kind in kinds.present(tables["respondents"]):
        row = _summary(tables, "enacted_r", kind)
        if row is None:
            continue
        text = (
            f"Profiles of choices of {kinds.many(kind)} correlate at r = {number(row['mean'])} on average "
            f"({counted(row['n'], 'pair', 'pairs')}, {number(row['min'])} to {number(row['max'])})."
        )
        beside = _means(tables["likeness"].filter(pl.col("kind") == kind, pl.col("a") != pl.col("b")))
        if beside["value_only_r"] is not None:
            text += (
                f" Choosers who share nothing but average value weights would reach "
                f"{number(beside['value_only_r'])}."
            )
            short = short or _alike_in_short(row["mean"], beside)
        if beside["agreement"] is not None and beside["value_only_agreement"] is not None:
            text += (
                f" They choose the same action in {percent(beside['agreement'])} of the questions; such choosers would "
                f"in {percent(beside['value_only_agreement'])}."
            )
        sentences.append(text)
    if not sentences:
        sentences = ["Too few have answered the questions to compare two of them."]
    elif not short:
        sentences.append("Not yet compared with choosers who share only value weights.")
    question = "Are respondents alike, beyond what they value on average?"
    return Answer(question, short or "Cannot be said.", tuple(sentences), "Respondents among each other")


def _means(pairs: pl.DataFrame) -> dict[str, float | None]:
    names = ("r", "value_only_r", "agreement", "value_only_agreement")
    return pairs.select(pl.col(names).mean()).to_dicts()[0]


def _alike_in_short(r: float, beside: Mapping[str, float | None]) -> str:
    """``r`` beside that of value-only choosers; differences below ALIKE are none."""
    expected, same, by_values = (
        beside[name] for name in ("value_only_r", "agreement", "value_only_agreement")
    )
    over = r - (expected or 0.0)
    degree = "no more" if abs(over) < ALIKE else "more" if over > 0 else "less"
    text = f"In profile, {degree} than value weights explain"
    if same is None or by_values is None:
        return f"{text}."
    acts = "more" if same > by_values else "less"
    return f"{text}; in action, {'also ' if acts == degree else ''}{acts}."


def gap(tables: Tables, inventory: Inventory) -> Answer:
    """Does what they declare go with what they do?"""
    short, sentences = "", []
    found = tables["gaps"].filter(pl.col("r").is_not_null(), pl.col("respondent").is_in(_standing(tables)))
    for (kind, instrument), of in _by_kind(found, "instrument"):
        apart = of.filter((pl.col("fisher_low") > 0) | (pl.col("fisher_high") < 0)).height
        mean = float(of["r"].sum()) / of.height
        who = counted(of.height, *kinds.WORDS[kind])
        low, *_, high = sorted([*of["r"], *of["r"]])
        spread = "" if of.height == 1 else f", {number(low, 2)} to {number(high, 2)}"
        text = (
            f"Declared ({load(instrument).title}) and enacted values correlate at r = {number(mean, 2)}"
            f"{' on average' if of.height > 1 else ''} ({who}{spread})."
        )
        (n, *_) = of["values"]
        told = "this one does" if apart else "this one does not"
        if of.height > 1:
            told = f"{count(apart)} of {count(of.height)} {'does' if apart == 1 else 'do'}"
        text += f" Over {n} values a single r differs from zero beyond chance only when it is large: {told}."
        sentences.append(text)
        strong = (
            "Strongly"
            if mean >= 0.7
            else "Somewhat"
            if mean >= 0.5
            else "Weakly"
            if mean >= 0.1
            else "Hardly"
        )
        short = short or f"{strong}: r = {number(mean, 2)} for {kinds.many(kind)}."
    if not sentences:
        sentences = ["Nobody has both answered a questionnaire and chosen actions."]
    question = "Does what they declare go with what they do?"
    return Answer(question, short or "Cannot be said.", tuple(sentences), "Declared against enacted values")


def cost(tables: Tables) -> Answer:
    """Does acting on a value cost accuracy?"""
    short, sentences = "", []
    who = tables["respondents"].select("respondent", "kind")
    found = tables["drops"].filter(pl.col("value") == "all", pl.col("respondent").is_in(_standing(tables)))
    for (kind,), of in _by_kind(found.join(who, on="respondent", how="left")):
        drop, selection, adoption = (
            float(of[c].sum()) / of.height for c in ("drop", "selection", "adoption")
        )
        lost = of.filter(pl.col("low") > 0).height
        gained = of.filter(pl.col("high") < 0).height
        sentences.append(
            f"{counted(of.height, *kinds.WORDS[kind]).capitalize()}: the action of the named value is chosen in "
            f"{percent(selection)} of the questions when asked which action expresses it, and in "
            f"{percent(adoption)} when "
            f"asked to act on it, a difference of {number(100 * drop, 1)} points ({number(100 * _low(of), 1)} to "
            f"{number(100 * _high(of), 1)}). It is above zero beyond chance for {count(lost)}, below "
            f"for {count(gained)}."
        )
        short = short or _cost_in_short(drop, lost, gained, of.height)
    if not sentences:
        sentences = ["Nobody was asked both ways: selection and adoption need the same questions."]
    question = "Does acting on a value cost accuracy?"
    return Answer(question, short or "Cannot be said.", tuple(sentences), "Selection and adoption")


def _cost_in_short(drop: float, lost: int, gained: int, n: int) -> str:
    if 2 * lost > n:
        return f"Yes, by {number(100 * drop, 1)} points on average."
    if 2 * gained > n:
        return f"No, it raises it, by {number(-100 * drop, 1)} points on average."
    return f"Not clearly: {number(100 * drop, 1)} points on average."


def limits(tables: Tables, verdict: Verdict | None, *, sample: bool, own: bool) -> list[str]:
    """What the numbers cannot say, from what is there and what is not."""
    found = []
    who = tables["respondents"]
    if sample and own:
        found.append("Nothing about people or language models: the built-in sample was written by us.")
    elif set(who["kind"]) == {"simulated"}:
        found.append(
            "Nothing about people or language models: the respondents are programs with known values."
        )
    if not own or verdict is None or not verdict.validated:
        found.append("Whether the actions express their values: no round of experts has confirmed it.")
    if "human" not in set(who["kind"]):
        found.append("How people would answer: none did.")
    elif tables["profiles"].join(who.filter(kind="human"), on="respondent", how="semi").is_empty():
        found.append("What people would do: they filled in a questionnaire and answered no questions.")
    languages = sorted(set(tables["profiles"]["language"]) - {"all"})
    if languages == ["en"]:
        found.append("Anything about other languages: all questions were asked in English.")
    if tables["accuracy"].is_empty():
        found.append("Whether acting on a value costs accuracy: nobody was asked in both modes.")
    found.append("What anybody would do in life: a choice among four given actions is no act.")
    return found


def validation(verdict: Verdict | None, own: bool) -> str:
    """What raters made of the actions; of questions that are not this run's ``own``, nothing is known."""
    if not own:
        return "They answered the questions of others, of which this run's round of validation says nothing."
    if verdict is None:
        return "The actions have not been judged."
    accuracy = verdict.figures.get("accuracy") or {}
    text = f"**The actions are {verdict.word}.** {round_in_words(verdict)}"
    if accuracy.get("estimate") is not None:
        text += (
            f" They named the intended value in {percent(accuracy['estimate'])} of them "
            f"[{percent(accuracy.get('low'))}, {percent(accuracy.get('high'))}]"
        )
        others = verdict.figures["accuracy_of_raters_in_general"]
        text += (
            f" (raters like them: [{percent(others['low'])}, {percent(others['high'])}])."
            if others["low"] is not None
            else "."
        )
    return " ".join([text, *verdict.missing, *verdict.doubts])


def who_answered(tables: Tables) -> str:
    """Who answered, and how many questions."""
    who = tables["respondents"]
    if who.is_empty():
        return "Nobody has answered yet."
    pooled = tables["profiles"].filter(
        pl.col("category") == "all",
        pl.col("language") == "all",
        pl.col("wording") == 0,
        pl.col("mode") == "default",
    )
    text = f"**{kinds.in_words(who)}** answered."
    if pooled.height:
        each = pooled.unique("respondent")
        low, high = each["choices"].min(), each["choices"].max()
        spread = count(int(low)) if low == high else f"{count(int(low))} to {count(int(high))}"  # type: ignore[arg-type]
        text += f" {counted(each.height, 'respondent', 'respondents')} made {spread} choices each in default mode."
    if languages := sorted(set(tables["profiles"]["language"]) - {"all"}):
        text += f" Language of the questions: {listed([LANGUAGES.get(code, code) for code in languages])}."
    return text


def _standing(tables: Tables) -> list[str]:
    """One respondent an agent: the one under its main condition, else the first by name."""
    who = tables["respondents"].with_columns(aside=pl.col("condition") != "main")
    return who.sort("aside", "respondent").unique(["kind", "agent"], keep="first")["respondent"].to_list()


def _by_kind(rows: pl.DataFrame, *columns: str) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    parts = rows.partition_by("kind", *columns, as_dict=True, maintain_order=True)
    return iter(sorted(parts.items(), key=lambda part: (kinds.ORDER.index(part[0][0]), part[0][1:])))


def _summary(tables: Tables, statistic: str, kind: str) -> dict[str, Any] | None:
    rows = tables["summaries"].filter(statistic=statistic, kind=kind).to_dicts()
    return rows[0] if rows else None


def _low(of: pl.DataFrame) -> float:
    return min(of["drop"].to_list())


def _high(of: pl.DataFrame) -> float:
    return max(of["drop"].to_list())
