"""A form as one HTML page that works without a network: text, style, script and items in one file.

Its content security policy allows the one style and the one script that it holds, by their hashes, and no request of
any kind. The page holds texts and opaque ids; the key is not in it. A study's server serves the same page
(``pipeline.study.pages``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from pipeline.forms.design import Form, FormSet
from pipeline.forms.texts import Texts, direction
from pipeline.forms.told import draft, filled, title, told, warning
from pipeline.params.people import Questionnaire

_FOLDER = Path(__file__).parent
_AGREED = ("Consent", "Where answers go from a file", "Where answers go on a server")
# Raw HTML in a researcher's texts is shown as text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def render_page(form: Form, forms: FormSet, texts: Texts, settings: Questionnaire) -> str:
    """The HTML of one form. What people should be told and ``settings.consent`` does not say makes it a draft, and it
    says so."""
    style, script = (_FOLDER.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    allowed = f"script-src {_hash(script)}; style-src {_hash(style)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    languages = {"statements": forms.statements.language, "situations": forms.language}
    content = {
        "form": form.name,
        "design": forms.design,
        "languages": languages,
        "directions": {block: direction(language) for block, language in languages.items()},
        "anchors": forms.statements.anchors,
        "consent": consent_sha256(forms, texts, settings),
        "words": texts.words,
        "background": [
            {"name": name, "question": asked.question, "answers": asked.answers}
            for name, asked in settings.background.items()
        ],
        "blocks": [
            {
                "kind": block,
                "items": [
                    {"id": item.item_id, "text": item.text}
                    | ({"note": item.note} if item.note else {})
                    | ({"follows": True} if item.follows else {})
                    | (
                        {"options": [{"id": i, "text": text} for i, text in item.options]}
                        if item.options
                        else {}
                    )
                    for item in items
                ],
            }
            for block, items in form.blocks
        ],
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    template = environment.from_string(_FOLDER.joinpath("page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        language=texts.language,
        direction=texts.direction,
        policy=policy,
        title=title(texts),
        style=Markup(style),
        script=Markup(script),
        form=Markup(_embedded(content)),
        # A namespace: a dict's own methods would shadow words such as clear.
        words=SimpleNamespace(**texts.words),
        pages={
            name: Markup(_MARKDOWN.render(filled(text, forms, texts))) for name, text in texts.pages.items()
        },
        told=told(texts, settings.consent),
        warning=warning(forms, texts),
        draft=draft(texts, settings.consent),
    )


def consent_sha256(forms: FormSet, texts: Texts, settings: Questionnaire) -> str:
    """Hash of what people agree to: the text about consent, what is told, and the warning."""
    agreed = [
        *(filled(text, forms, texts) for name, text in texts.pages.items() if name in _AGREED),
        *(f"{label}: {text}" for label, text in told(texts, settings.consent)),
        warning(forms, texts),
        texts.words["agree"],
    ]
    return hashlib.sha256("\n\n".join(agreed).encode()).hexdigest()


def _embedded(content: dict[str, Any]) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
