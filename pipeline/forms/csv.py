"""A form as a table for survey tools: one row an item, in the order in which items are shown."""

from __future__ import annotations

import csv
import io

from pipeline.forms.design import Form, FormSet

# A spreadsheet takes a cell that begins with one of these for a formula, and may run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

# Column -> what it holds.
_COLUMNS = {
    "form": "name of the form",
    "place": "place of the item in the form, from 1",
    "item": "id of the item: make it the variable name (question code) in the survey tool",
    "block": "statements (rated on their scale) or situations (one of {options} options)",
    "language": "language of the text",
    "note": "what the situation holds that people should know first; show it above the text",
    "text": "the statement or the situation",
}
_NUMBERS = {2: "two", 4: "four"}


def columns(forms: FormSet) -> dict[str, str]:
    """Column -> what it holds; the folder's README prints them."""
    shown = forms.options
    answers = range(1, max(len(forms.statements.anchors), shown) + 1)
    described = {name: what.replace("{options}", _NUMBERS[shown]) for name, what in _COLUMNS.items()}
    return described | {
        f"option_{n}": f"text of answer {n}, in the order to be shown; code it as {n}" for n in answers
    }


def render_csv(form: Form, forms: FormSet) -> str:
    """The table of one form. Situations leave the options after their last empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns(forms)), restval="", lineterminator="\n")
    writer.writeheader()
    for block, items in form.blocks:
        for item in items:
            answers = [text for _, text in item.options] or list(forms.statements.anchors)
            writer.writerow(
                {
                    "form": form.name,
                    "place": item.key["place"],
                    "item": item.item_id,
                    "block": block,
                    "language": item.key["language"],
                    "note": item.note,
                    "text": _cell(item.text),
                    **{f"option_{n}": _cell(text) for n, text in enumerate(answers, start=1)},
                }
            )
    return out.getvalue()


def _cell(text: str) -> str:
    """The text, with an apostrophe in front of what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
