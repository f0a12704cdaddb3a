"""LimeSurvey: a survey as its tab-separated structure (.txt), and answers A1, A2, ... in its CSV.

The format is LimeSurvey's own (manual.limesurvey.org/Tab_Separated_Value_survey_structure): one row for each setting
of the survey (S), of the survey in a language (SL), for each group (G), question (Q) and answer (A). A row belongs to
the last one above it of the kind that holds it. Texts are HTML, and ``{`` begins an expression unless it is an entity.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pipeline.core.seeding import seeded_hash
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
from pipeline.forms.told import title
from pipeline.params.people import Questionnaire

_COLUMNS = "id related_id class type/scale name relevance text help language mandatory other".split()
# Codes of LimeSurvey where they are not ours (its list of languages names the script of Chinese).
_LANGUAGES = {"zh": "zh-Hans"}
# One question a page, ways back and a bar, seconds of each question, no names, addresses or dates.
_SETTINGS = {
    "format": "S",
    "savetimings": "Y",
    "anonymized": "Y",
    "datestamp": "N",
    "ipaddr": "N",
    "refurl": "N",
    "allowprev": "Y",
    "allowsave": "Y",
    "showprogress": "Y",
    "showgroupinfo": "X",
    "showqnumcode": "X",
    "shownoanswer": "N",
    "showsurveypolicynotice": "2",
}
_LIST, _TEXT, _SHOWN = "L", "S", "X"

GUIDE = """\
Import `fNNN.txt` (Create survey, Import; format: LimeSurvey's manual, "Tab Separated Value survey structure").
Each form is a survey: one question a page, the consent as its data policy with a box to tick, nobody's name, address
or date. Look at it, then activate it *with* timings. Export with Responses, Export: CSV, headings "Question code",
answers "Answer codes"; for the seconds tick the columns that end in `Time`."""


def render(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> dict[str, str]:
    """The structure of one survey, with the byte-order mark by which LimeSurvey and spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    language = _LANGUAGES.get(texts.language, texts.language)
    # LimeSurvey takes this number for the survey where it is free.
    number = 100_000 + seeded_hash(0, "survey number", f"{forms.design} {form.name}") % 900_000
    for name, text in {"sid": str(number), "language": language, **_SETTINGS}.items():
        writer.writerow({"class": "S", "name": name, "text": text})
    for name, text in _in_language(form, forms, texts, settings).items():
        writer.writerow({"class": "SL", "name": name, "text": _safe(text), "language": language})
    questions = _questions(form, forms, texts)
    for place, row in enumerate(questions, start=1):
        writer.writerow({"id": str(place), "language": language, **row})
    return {f"{form.name}.txt": "\ufeff" + out.getvalue()}


def _in_language(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> dict[str, str]:
    return {
        "surveyls_title": f"{as_html(title(texts))} ({form.name})",
        "surveyls_welcometext": page_html("Welcome", forms, texts),
        "surveyls_endtext": page_html("Finished in a survey tool", forms, texts),
        "surveyls_policy_notice": consent_html(forms, texts, settings),
        "surveyls_policy_notice_label": as_html(texts.words["agree"]),
        "surveyls_policy_error": as_html(texts.words["agree_first"]),
    }


def _questions(form: Form, forms: FormSet, texts: Texts) -> Iterator[dict[str, str]]:
    """Rows of groups, questions and answers."""
    yield {"class": "G", "type/scale": "G0", "name": "Start", "relevance": "1"}
    yield _question(_TEXT, "participant", as_html(texts.words["code"])) | {
        "help": as_html(texts.words["code_hint"])
    }
    for number, (block, items) in enumerate(form.blocks, start=1):
        yield {"class": "G", "type/scale": f"G{number}", "name": block, "relevance": "1"}
        yield _question(_SHOWN, f"intro{number}", page_html(INTRODUCTIONS[block], forms, texts))
        for item in items:
            yield from _item(item, block, forms, texts)


def _item(item: Item, block: str, forms: FormSet, texts: Texts) -> Iterator[dict[str, str]]:
    text = f"{item_html(item)}<p><strong>{as_html(asked(block, texts))}</strong></p>"
    yield _question(_LIST, item.item_id, text)
    for number, answer in enumerate(answers(item, forms), start=1):
        yield {"class": "A", "type/scale": "0", "name": f"A{number}", "text": _safe(as_html(answer))}


def _question(kind: str, code: str, text: str) -> dict[str, str]:
    return {
        "class": "Q",
        "type/scale": kind,
        "name": code,
        "relevance": "1",
        "text": _safe(text),
        "mandatory": "N",
        "other": "N",
    }


def _safe(html: str) -> str:
    """The same HTML without what LimeSurvey would compute."""
    return html.replace("{", "&#123;").replace("}", "&#125;")
