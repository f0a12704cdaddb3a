"""The forms' pages as a server gives them: the same page, told that its answers go to the server."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

from pipeline.core.documents import read_json, read_text
from pipeline.core.errors import InputError
from pipeline.forms.folder import STUDY
from pipeline.params.people import Study
from pipeline.recipe import VALACT

SCRIPT = Path(__file__).with_name("study.js")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n?')
_FORM = re.compile(r'<script type="application/json" id="form">(.*?)</script>', re.DOTALL)
_FOREVER = "make the folder again with `valact forms`"


@dataclass(frozen=True)
class Page:
    """One form's page, ``content`` being the items and words that it holds."""

    html: str
    content: dict[str, Any]

    @cached_property
    def answers(self) -> dict[str, frozenset[str | int]]:
        """What may be answered to each item."""
        scale = frozenset(range(1, len(self.content["anchors"]) + 1))
        return {
            item["id"]: frozenset(option["id"] for option in item["options"]) if "options" in item else scale
            for block in self.content["blocks"]
            for item in block["items"]
        }

    @cached_property
    def background(self) -> dict[str, frozenset[str]]:
        """What may be answered to each question about the person."""
        return {asked["name"]: frozenset(asked["answers"]) for asked in self.content["background"]}

    @property
    def policy(self) -> str:
        """Its content security policy, which as a header may also say who shows it in a frame (nobody)."""
        (own,) = _POLICY.findall(self.html)
        asked = unescape(own).replace("script-src ", "script-src 'self' ")
        return f"{asked}; connect-src 'self'; frame-ancestors 'none'"

    def served(self, state: dict[str, Any] | None) -> str:
        """The page with somebody's answers so far; without them the first screen alone."""
        html = _POLICY.sub("", self.html).replace("<html ", "<html data-served ", 1)
        form = self.content
        if state is None:
            form = form | {"blocks": [], "background": [], "form": ""}
        study = _embedded({"state": state or {}, "landing": state is None})
        scripts = (
            f'<script type="application/json" id="form">{_embedded(form)}</script>\n'
            f'<script type="application/json" id="study">{study}</script>\n<script src="study.js"></script>'
        )
        return _FORM.sub(lambda found: scripts, html, count=1)


@dataclass(frozen=True)
class Folder:
    """A folder of forms, its key not needed."""

    path: Path
    design: str
    consent: str
    settings: Study
    pages: dict[str, Page]
    recipe: str = VALACT.name

    @classmethod
    def read(cls, path: Path) -> Folder:
        """InputError for a folder that is none, and for drafts: nobody may be asked with them."""
        file = path / STUDY
        facts = read_json(file, missing="give the --out of `valact forms`", remedy=_FOREVER)
        try:
            design, consent, draft = facts["design"], facts["consent"], facts["draft"]
            settings = Study.model_validate(facts["study"])
        except (KeyError, TypeError, ValueError):
            raise InputError("not the settings of a study", where=str(file), remedy=_FOREVER) from None
        if draft:
            raise InputError(
                "these forms are a draft: people would not be told what they have to know",
                where=str(path),
                remedy="fill in forms.consent and make them without --draft",
            )
        pages = {page.stem: _page(page, design) for page in sorted((path / "pages").glob("*.html"))}
        if not pages:
            raise InputError("there are no pages", where=str(path / "pages"), remedy=_FOREVER)
        return cls(path, design, consent, settings, pages, facts.get("recipe", VALACT.name))

    @property
    def open(self) -> list[str]:
        """Names of the forms whose pages are there still: a take-down deletes some."""
        return [name for name in self.pages if (self.path / f"pages/{name}.html").exists()]


def _page(path: Path, design: str) -> Page:
    html = read_text(path)
    found = _FORM.search(html)
    content = json.loads(found.group(1)) if found else {}
    if content.get("design") != design or len(_POLICY.findall(html)) != 1:
        raise InputError(f"not a page of design {design}", where=str(path), remedy=_FOREVER)
    return Page(html, content)


def _embedded(content: dict[str, Any]) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
