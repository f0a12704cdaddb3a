"""What the dataset card says first, and what only its makers know: state, links, who made it, money, ethics, law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import __version__
from pipeline.params import Params
from pipeline.release.markdown import count, markdown_table
from pipeline.step import about
from pipeline.verdict.gate import Verdict, background_in_words

PAPER = "https://arxiv.org/abs/2601.07972"
NOT_STATED = "Not stated"
REDDIT = "https://redditinc.com/policies"


def banner(verdict: Verdict) -> str:
    """Whether the labels were validated, in the one line that everybody reads."""
    found = verdict.figures
    if not found["judgements"]:
        state = "Unvalidated: nobody has yet judged whether the actions express their values."
    elif verdict.kind != "experts":
        state = "Trial: judged in a trial round, which validates nothing. No expert has judged yet."
    elif verdict.validated:
        state = f"Validated by {count(found['raters'], 'expert')}."
    else:
        state = (
            f"Unvalidated: {count(found['raters'], 'expert')} judged, and the result is not yet good enough or "
            "not yet whole."
        )
    return f"> **{state}** The figures are under [Validation](#validation)."


def links(params: Params) -> str:
    """Software, paper, code book, report, contact, on one line."""
    told = params.release.card
    software = f"ValAct {__version__}"
    report = f"[report]({told.report})" if told.report else "report: not stated"
    contact = params.release.contact
    return " · ".join(
        (
            f"[{software}]({told.software})" if told.software else f"{software} (address not stated)",
            f"[paper]({PAPER})",
            "[code book](CODEBOOK.md)",
            report,
            f"contact: {contact}" if contact else "contact: not stated",
        )
    )


def facts(params: Params, background: Mapping[str, Any] | None = None) -> str:
    """A table of what no program can know, as params say it, and a line of what they do not say; ``background`` has in
    counts what raters said of themselves."""
    told = params.release.card
    raters = [told.raters_background, background_in_words(background) if background else ""]
    rows = {
        "Who made it": told.makers,
        "Funding": told.funding,
        "Ethics review": told.ethics_review,
        "Raters' background": " ".join(filter(None, raters)),
        "Raters' pay": told.raters_pay,
        "Maintenance": told.maintenance,
        "Legal basis": told.legal_basis,
        "Contact": params.release.contact,
    }
    stated = markdown_table(("question", "answer"), [(name, text) for name, text in rows.items() if text])
    missing = [name[0].lower() + name[1:] for name, text in rows.items() if not text]
    parts = [stated] if len(missing) < len(rows) else []
    if missing:
        parts.append(f"{NOT_STATED}: {', '.join(missing)}.")
    return "\n\n".join(parts)


def gate_prompt(params: Params) -> str:
    """What somebody agrees to who asks for a gated release."""
    return (
        f"{about.title(params)} is for research on values in language models and people. By asking for access you "
        "agree to use it for evaluation and not for training, not to try to find out who wrote a post, not to rank or "
        "judge people by it, and to delete what later versions take back."
    )


def terms(params: Params) -> list[str]:
    """What law and terms bear on whom; no advice."""
    if about.is_sample(params):
        return []
    return [
        f"The texts of posts are subject to [Reddit's terms]({REDDIT}) and the rights of their authors. The actions "
        "were written by language models from these texts; what they take from a text stays under the same rights."
    ]
