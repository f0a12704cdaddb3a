"""What people were asked of the actions, and the sentence that says who judged: for the card and the report."""

from __future__ import annotations

from pipeline.lens import about
from pipeline.lens.params import Params
from pipeline.verdict.gate import Verdict

QUESTIONS = {
    "blind_value": "value named, blind",
    "blind_stance": "stance named, blind",
    "blind": "both named, blind",
    "correct": "correct, told what was meant",
    "harmless": "harmless",
    "sufficient": "spans sufficient, told",
    "plausible": "explanation plausible, told",
}


def state(verdict: Verdict, params: Params) -> str:
    """Whether the actions count as validated, and who gave how many judgements."""
    found = verdict.figures
    if not found["judgements"]:
        return (
            "**Unvalidated.** Nobody has judged these actions: nobody has confirmed that they express what they were "
            "written for, or that somebody of the country would recognise them."
        )
    who = f" {about.SAMPLE_JUDGED}" if about.is_sample(params) else ""
    coverage = found["coverage"]
    return (
        f"**{verdict.word.capitalize()}.**{who} {found['raters']:,} raters gave {found['judgements']:,} judgements on "
        f"{found['items']:,} of {found['items_drawn']:,} actions drawn; {coverage['there']:,} of "
        f"{coverage['wanted']:,} wanted judgements by people of the action's country are there."
    )
