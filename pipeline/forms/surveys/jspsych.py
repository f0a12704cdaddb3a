"""jsPsych: a folder a form, for a web server of one's own or for Cognition, and jsPsych's rows of data.

Each item is a trial of the plugin html-button-response (jspsych.org/latest/plugins/html-button-response), whose data
hold the number of the button, from 0, and the reaction time in milliseconds. A row gets the item's id and, counted from
1, the answer; a last button skips the item. The library is not in the folder: its version is, and how to get it.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from pipeline.forms.design import Form, FormSet
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

JSPSYCH = "8.3.0"
BUTTONS = "2.1.0"
_SCRIPT = Path(__file__).with_name("jspsych.js")

GUIDE = f"""\
A folder a form: `fNNN/index.html` and `fNNN/experiment.js`, for jsPsych {JSPSYCH} with plugin-html-button-response
{BUTTONS} (MIT licence; documentation at jspsych.org). Get them once into `lib/`, beside the folders:

    npm pack jspsych@{JSPSYCH} @jspsych/plugin-html-button-response@{BUTTONS}
    tar xzf jspsych-{JSPSYCH}.tgz && mkdir -p lib
    cp package/dist/index.browser.min.js lib/jspsych.js && cp package/css/jspsych.css lib/
    tar xzf jspsych-plugin-html-button-response-{BUTTONS}.tgz
    cp package/dist/index.browser.min.js lib/plugin-html-button-response.js

Put it all on a web server; the page saves the rows as a JSON file at the end. For Cognition make a task a form, choose
jsPsych {JSPSYCH.split(".")[0]}, paste `experiment.js` as its code, and download the data as JSON or CSV. A code comes
with the address as `?participant=CODE` or `?PROLIFIC_PID=CODE`; without one, one is made up."""

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="stylesheet" href="../lib/jspsych.css">
<script src="../lib/jspsych.js"></script>
<script src="../lib/plugin-html-button-response.js"></script>
</head>
<body></body>
<script>const saveAtTheEnd = true;</script>
<script src="experiment.js"></script>
</html>
"""


def render(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> dict[str, str]:
    """Page and script of one form."""
    page = _PAGE.format(language=html.escape(texts.language), title=html.escape(title(texts)))
    content = json.dumps(_content(form, forms, texts, settings), ensure_ascii=False, indent=1)
    # The line and paragraph separators end a line in old browsers; < could end a script that is pasted into a page.
    for character in "<\u2028\u2029":
        content = content.replace(character, f"\\u{ord(character):04x}")
    script = f"const form = {content};\n\n{_SCRIPT.read_text(encoding='utf-8')}"
    return {f"{form.name}/index.html": page, f"{form.name}/experiment.js": script}


def _content(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> dict[str, Any]:
    languages = {"statements": forms.statements.language, "situations": forms.language}
    return {
        "form": form.name,
        "design": forms.design,
        "start": {
            "html": page_html("Welcome", forms, texts) + consent_html(forms, texts, settings),
            "buttons": [as_html(texts.words["agree"])],
        },
        "next": as_html(texts.words["next"]),
        "skip": as_html(texts.words["skip"]),
        "blocks": [
            {
                "html": page_html(INTRODUCTIONS[block], forms, texts),
                "language": languages[block],
                "asked": as_html(asked(block, texts)),
                "items": [
                    {
                        "item": item.item_id,
                        "html": item_html(item),
                        "buttons": [as_html(answer) for answer in answers(item, forms)],
                    }
                    for item in items
                ],
            }
            for block, items in form.blocks
        ],
        "end": page_html("Finished in a survey tool", forms, texts),
    }
