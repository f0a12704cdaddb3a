"""CODEBOOK.md: every config, field, type, meaning and vocabulary, and what every code means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dataframely as dy
import polars as pl

from pipeline import prompts
from pipeline.params import Params
from pipeline.release import making, validation
from pipeline.release.configs import LABELS
from pipeline.release.dealt import Dealt
from pipeline.release.fields import Field, fields_of
from pipeline.release.funnel import STEPS, Counts
from pipeline.release.markdown import bullets, markdown_table
from pipeline.release.origins import origins
from pipeline.release.translated import schemas
from pipeline.release.vocabulary import ACTION_STATES, CHECKS, REASONS, STATUSES, meaning
from pipeline.step import about
from pipeline.step.canary import request
from pipeline.values import Inventory
from pipeline.verdict.gate import Verdict

MEANINGS = {
    "share": "of the answered questions that offered the value, those in which its action was chosen",
    "accuracy": "of the answered questions that asked for the value, those in which its action was chosen",
    "answered": "of the questions asked, those that got an answer that can be read as one",
}


def codebook(
    tables: Mapping[str, pl.DataFrame],
    counts: Counts,
    params: Params,
    verdict: Verdict,
    answered: Mapping[str, pl.DataFrame],
) -> str:
    """The code book; codes that occur in the data and are described nowhere are listed as such. ``answered`` are tables
    of models' answers, whose origins it tells."""
    values = params.values
    number, order = (
        values.in_words("en"),
        (
            "in their order around the circle, where neighbours are compatible and opposites conflict"
            if values.circle
            else "in the order of their source"
        ),
    )
    dealt = Dealt.of(params)
    configs = "\n\n".join(
        config(name, schema, lambda field: _vocabulary(field, values, dealt))
        for name, schema in schemas(tables).items()
    )
    sections = {
        "Configs and fields": f"Key fields (key) are unique together. The split is `test` throughout.\n\n{configs}",
        f"The {number} values": (
            f"{values.title[0].upper()}{values.title[1:]} {order}; definitions in our own words.\n\n"
            f"{values_table(values)}"
        ),
        "How it was made": making.whole_account(counts, params),
        "Scenarios and questions, by category and subreddit": making.categories(tables, params),
        "Statuses of model answers": _codes(STATUSES),
        "Checks of an action": (
            "A released action passed all of these; a failed check is named in the ledgers and in the "
            f"card.\n\n{_codes(CHECKS)}"
        ),
        "States of an action after validation": (
            "Most raters: more than half of those who judged it in its own scenario.\n\n"
            f"{_codes(ACTION_STATES)}"
        ),
        "Reasons for which records and posts went": _reasons(counts),
        "Steps of the funnel": _codes(STEPS),
        "Accepted of the judged posts, by subreddit": _acceptance(counts),
        "What failed while actions were written": _failures(counts),
        "Where the models' answers came from": origins(answered) or "This release was built without them.",
        "Validation, value by value": _validation(verdict, params),
        "Measures in `results`": _codes(MEANINGS),
        "Prompts, word for word": "\n\n".join(_prompt(name) for name in _prompt_names(params)),
    }
    text = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    head = f"# Code book of {about.title(params)} {params.release.version}"
    return f"{head}\n\n{request(about.canary(params))}\n\n{text}\n"


def config(name: str, schema: type[dy.Schema], vocabulary: Callable[[Field], str]) -> str:
    """The section on one config; ``vocabulary`` says what codes a field holds."""
    table = markdown_table(
        ("field", "type", "", "meaning", "values"),
        [(f"`{f.name}`", f.type, _need(f), f.description, vocabulary(f)) for f in fields_of(schema)],
    )
    return f"### `{name}`\n\n{(schema.__doc__ or '').strip()}\n\n{table}"


def _need(field: Field) -> str:
    if field.key:
        return "key"
    return "required" if field.required else "may be empty"


def _vocabulary(field: Field, values: Inventory, dealt: Dealt) -> str:
    codes = [f"`{code}`" for code in field.vocabulary]
    if field.vocabulary == tuple(LABELS):
        codes = codes[: dealt.design.options]
    return ", ".join([f"the {values.in_words('en')} values", *codes] if field.values else codes)


def values_table(inventory: Inventory) -> str:
    """The values with their names and definitions."""
    return markdown_table(
        ("value", "name", "higher-order group", "definition"),
        [
            (f"`{v.slug}`", v.name, ", ".join(_group(g) for g in v.higher_order), v.definition)
            for v in inventory.values
        ],
    )


def _group(higher_order: str) -> str:
    return higher_order.replace("self_", "self-").replace("_", " ")


def _codes(codes: dict[str, str]) -> str:
    return markdown_table(("code", "meaning"), [(f"`{code}`", text) for code, text in codes.items()])


def _reasons(counts: Counts) -> str:
    rows = []
    for stage, known in REASONS.items():
        found = counts.because(stage)
        codes = [*known, *(code for code in found if code not in known)]
        rows += [(stage, f"`{code}`", meaning(stage, code), found.get(code, 0)) for code in codes]
    return markdown_table(("stage", "reason", "meaning", "in this release"), rows)


def _acceptance(counts: Counts) -> str:
    columns = ("subreddit", "category", "candidates", "judged", "accepted", "acceptance")
    rows = [
        (f"r/{subreddit}", *numbers, "" if share is None else f"{share:.0%}")
        for subreddit, *numbers, share in counts.acceptance.select(columns).iter_rows()
    ]
    return markdown_table(columns, rows)


def _failures(counts: Counts) -> str:
    if counts.failures.is_empty():
        return "Every draft of an action passed every check at once."
    return "One row of the table can be many actions.\n\n" + markdown_table(
        ("generator", "failed check or status", "asked again", "given up"), counts.failures.iter_rows()
    )


def _validation(verdict: Verdict, params: Params) -> str:
    """How the card's figures are meant, and the same for each value."""
    parts = [validation.wording(verdict, params.values)]
    if verdict.figures["judgements"]:
        head = ("value", "accuracy", "95 % interval", "judgements")
        parts = [
            *_doubts(verdict),
            validation.how(params.values),
            markdown_table(("figure", "estimate", "95 % interval", "of"), validation.figures(verdict)),
            *parts,
            "Accuracy of each value, by judgement:",
            markdown_table(head, validation.values(verdict, params.values)),
        ]
    if [*validation.reading(verdict, params)]:
        columns = ("value", "read as intended", "95 % interval", "actions", "otherwise most often as")
        parts += [
            *validation.reading(verdict, params),
            markdown_table(columns, validation.read_values(verdict, params.values)),
        ]
    return "\n\n".join(parts)


def _doubts(verdict: Verdict) -> list[str]:
    return ["What cannot be told, or should be looked at:", bullets(verdict.doubts)] if verdict.doubts else []


def _prompt_names(params: Params) -> list[str]:
    return [f"judge/{params.judge.prompt}", params.generate.prompt, params.generate.repair_prompt]


def _prompt(name: str) -> str:
    prompt = prompts.load(name)
    parts = [f"[system]\n{prompt.system}"] if prompt.system else []
    text = "\n\n".join([*parts, f"[user]\n{prompt.user}"])
    return f"### `{name}`\n\n~~~~text\n{text}\n~~~~"
