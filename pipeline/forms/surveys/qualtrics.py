"""Qualtrics: a survey as its Advanced Format (.txt), and answers by number below three rows of headers in its CSV.

The format is described on qualtrics.com/support under "Import & Export Surveys" (Advanced Format TXT):
``[[Question:TYPE]]``, ``[[ID:...]]`` for the name under which answers are exported, ``[[AdvancedChoices]]`` with the
number of each choice, ``[[Block:...]]`` and ``[[PageBreak]]``. Texts are HTML; ``${...}`` would be piped text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.forms.design import Form, FormSet, Item
from pipeline.forms.surveys.wording import (
    INTRODUCTIONS,
    answers,
    as_html,
    asked,
    consent_html,
    item_html,
    page_html,
)
from pipeline.forms.texts import Texts
from pipeline.params.people import Questionnaire

GUIDE = """\
Import `fNNN.txt` (Survey, Tools, Import/Export, Import Survey; format: Qualtrics' support pages, "Import & Export
Surveys", Advanced Format). Each form is a survey, one item a page. The format carries no logic and no settings: in the
survey flow end the survey for whoever does not agree (`consent`), allow the way back, and switch on "Anonymize
responses". For the seconds of an item add a timing question with the export tag `seconds_ITEM`. Export with Data &
Analysis, Export Data: CSV, "Use numeric values"; the three rows of headers stay. Previews are left out."""


def render(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> dict[str, str]:
    """The survey of one form."""
    return {f"{form.name}.txt": "\n".join(_lines(form, forms, texts, settings)) + "\n"}


def _lines(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> Iterator[str]:
    yield "[[AdvancedFormat]]"
    yield f"[[ED:form:{form.name}]]"
    yield f"[[ED:design:{forms.design}]]"
    yield from ("", "[[Block:Start]]")
    yield from _question("DB", "welcome", page_html("Welcome", forms, texts))
    consent = consent_html(forms, texts, settings)
    yield from _question("MC:SingleAnswer:Vertical", "consent", consent, [as_html(texts.words["agree"])])
    hint = f"{as_html(texts.words['code'])}<br />{as_html(texts.words['code_hint'])}"
    yield from _question("TE:SingleLine", "participant", hint)
    for number, (block, items) in enumerate(form.blocks, start=1):
        yield f"[[Block:{block}]]"
        yield from _question("DB", f"intro{number}", page_html(INTRODUCTIONS[block], forms, texts))
        for item in items:
            yield "[[PageBreak]]"
            yield from _item(item, block, forms, texts)
    yield "[[Block:End]]"
    yield from _question("DB", "finished", page_html("Finished in a survey tool", forms, texts))


def _item(item: Item, block: str, forms: FormSet, texts: Texts) -> Iterator[str]:
    text = f"{item_html(item)}<p><strong>{as_html(asked(block, texts))}</strong></p>"
    choices = [as_html(answer) for answer in answers(item, forms)]
    return _question("MC:SingleAnswer:Vertical", item.item_id, text, choices)


def _question(kind: str, tag: str, html: str, choices: Sequence[str] = ()) -> Iterator[str]:
    yield from ("", f"[[Question:{kind}]]", f"[[ID:{tag}]]")
    yield _safe(html)
    if choices:
        yield "[[AdvancedChoices]]"
        for number, choice in enumerate(choices, start=1):
            yield from (f"[[Choice:{number}]]", _safe(choice))
    yield ""


def _safe(html: str) -> str:
    """The same HTML without what would be a tag of the format, or piped text."""
    return html.replace("[", "&#91;").replace("]", "&#93;").replace("$", "&#36;")
