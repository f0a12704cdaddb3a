"""The explorer as pages: one for a whole small run, which needs nothing else; and what a server "
"shows of a large one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipeline.explore.corpus import FILTERS, SEARCH, Corpus
from pipeline.explore.view import scenarios
from pipeline.values import Inventory

FOLDER = Path(__file__).parent
NAME = "explore.html"
# A run with more questions than this is looked at through the server: its page would be too large.
MOST = 400
LABELS = {
    SEARCH: "Words in the text",
    "category": "Category",
    "flag": "Flag",
    "value": "Value offered",
    "generator": "Generator",
    "target": "Target value",
    "verdict": "Experts say of an action",
    "reading": "Models read an action",
    "check": "A draft failed",
    "panel": "Judges were",
    "respondent": "Respondent",
    "mode": "Mode",
    "status": "Status of the answer",
    "letter": "Letter shown",
    "chose": "Value chosen",
}


def whole(corpus: Corpus, inventory: Inventory) -> str:
    """Everything in one page, complete without JavaScript; or, of a large run, how to look at it."""
    if corpus.questions.height > MOST:
        return rendered(corpus, inventory, large=True)
    ids = corpus.questions["scenario_id"].unique(maintain_order=True).to_list()
    return rendered(corpus, inventory, shown=scenarios(corpus, ids, inventory), script=True)


def one(corpus: Corpus, inventory: Inventory, wanted: Mapping[str, str], place: int) -> str:
    """The ``place``-th (from 1) of the scenarios with a question for which all of ``wanted`` holds."""
    wanted = {name: entry for name, entry in wanted.items() if name in FILTERS and entry}
    found = corpus.matching(wanted)
    ids = found["scenario_id"].unique(maintain_order=True).to_list()
    place = min(max(place, 1), max(len(ids), 1))
    here = ids[place - 1 : place]
    return rendered(
        corpus,
        inventory,
        shown=scenarios(corpus, here, inventory),
        wanted=wanted,
        place=place,
        of=len(ids),
        questions=found.height,
        matching=set(found["question_id"]),
        links={
            "before": _link(wanted, place - 1) if place > 1 else "",
            "after": _link(wanted, place + 1) if place < len(ids) else "",
        },
    )


def rendered(corpus: Corpus, inventory: Inventory, **what: Any) -> str:
    script = (FOLDER / "explore.js").read_text(encoding="utf-8") if what.get("script") else ""
    content = {
        "shown": (),
        "wanted": {},
        "place": 0,
        "of": corpus.questions["scenario_id"].n_unique(),
        "questions": corpus.questions.height,
        "matching": None,
        "links": {},
        "large": False,
        "entries": {} if what.get("large") else corpus.entries,
        "labels": LABELS,
        "names": {value.slug: value.name for value in inventory.values},
        "style": (FOLDER / "explore.css").read_text(encoding="utf-8"),
        "withheld": not corpus.texts,
    } | what
    return template("explore.html.j2", content | {"script": script, "hash": sha256(script)})


def template(name: str, content: Mapping[str, Any], folder: Path = FOLDER) -> str:
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return env.get_template(name).render(content)


def sha256(script: str) -> str:
    """How a Content-Security-Policy names a script that may run; 'none' where there is none."""
    if not script:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _link(wanted: Mapping[str, str], place: int) -> str:
    return f"{NAME}?{urlencode({**wanted, 'at': place})}"
