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
from pipeline.forms.texts import Texts
from pipeline.params.people import Consent, Forms

_FOLDER = Path(__file__).parent
_AGREED = ("Consent", "Where answers go from a file", "Where answers go on a server")
# Raw HTML in a researcher's texts is shown as text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def render_page(form: Form, forms: FormSet, texts: Texts, settings: Forms) -> str:
    """The HTML of one form. What people should be told and ``settings.consent`` does not say makes it a draft, and it
    says so."""
    style, script = (_FOLDER.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    allowed = f"script-src {_hash(script)}; style-src {_hash(style)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    languages = {"statements": forms.wording.language, "situations": forms.language}
    content = {
        "form": form.name,
        "design": forms.design,
        "languages": languages,
        "anchors": forms.wording.anchors,
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
        language=forms.language,
        languages=languages,
        policy=policy,
        title=_title(texts),
        style=Markup(style),
        script=Markup(script),
        form=Markup(_embedded(content)),
        # A namespace: a dict's own methods would shadow words such as clear.
        words=SimpleNamespace(**texts.words),
        pages={
            name: Markup(_MARKDOWN.render(_filled(text, forms, texts))) for name, text in texts.pages.items()
        },
        told=_told(texts, settings.consent),
        warning=_warning(forms, texts),
        draft=_draft(texts, settings.consent),
    )


def consent_sha256(forms: FormSet, texts: Texts, settings: Forms) -> str:
    """Hash of what people agree to: the text about consent, what is told, and the warning."""
    agreed = [
        *(_filled(text, forms, texts) for name, text in texts.pages.items() if name in _AGREED),
        *(f"{label}: {text}" for label, text in _told(texts, settings.consent)),
        _warning(forms, texts),
        texts.words["agree"],
    ]
    return hashlib.sha256("\n\n".join(agreed).encode()).hexdigest()


def _told(texts: Texts, consent: Consent) -> list[tuple[str, str]]:
    """Label and text of each thing that people are told, without those that are not stated."""
    return [(texts.words[name], text) for name, text in consent if text.strip()]


def _draft(texts: Texts, consent: Consent) -> str:
    """What stands above a page that is not for participants; empty for one that is."""
    missing = [texts.words[name] for name in consent.missing]
    return texts.words["draft"].format(what=texts.words["comma"].join(missing)) if missing else ""


def _warning(forms: FormSet, texts: Texts) -> str:
    """What the situations of these forms touch on, by the flags that they bear."""
    if not forms.flags:
        return texts.words["no_warning"]
    return texts.words["warning"].format(
        what=texts.words["comma"].join(texts.words[flag] for flag in forms.flags)
    )


def _filled(text: str, forms: FormSet, texts: Texts) -> str:
    """The text with what is computed in its places; other braces stay."""
    return text.replace("{minutes}", str(forms.minutes)).replace("{question}", texts.words["which"])


def _title(texts: Texts) -> str:
    """The first line of the welcome text, without its marks."""
    return texts.pages["Welcome"].splitlines()[0].lstrip("# ").strip()


def _embedded(content: dict[str, Any]) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
