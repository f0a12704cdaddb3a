"""Forms as files that survey tools import, one module a tool.

Each module has ``render(form, forms, texts, settings)``, which gives the files of one form (path below the tool's
folder -> text), and ``GUIDE``, Markdown that says how to import them, and how to export the answers so that `valact
import-humans` reads them. Items keep their ids as question codes, and answers are numbered in the order shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.forms.design import Form, FormSet
from pipeline.forms.surveys import jspsych, limesurvey, qualtrics
from pipeline.forms.texts import Texts
from pipeline.params.people import Questionnaire


@dataclass(frozen=True, slots=True)
class Tool:
    """``title`` as its makers write it."""

    title: str
    render: Callable[[Form, FormSet, Texts, Questionnaire], Mapping[str, str]]
    guide: str


TOOLS = {
    "limesurvey": Tool("LimeSurvey", limesurvey.render, limesurvey.GUIDE),
    "qualtrics": Tool("Qualtrics", qualtrics.render, qualtrics.GUIDE),
    "jspsych": Tool("jsPsych", jspsych.render, jspsych.GUIDE),
}
