"""A form as one HTML page that works without a network: text, style, script and items in one file.

Its content security policy allows the one style and the one script that it holds, by their hashes, and no request of
any kind. The page holds texts and opaque ids; the key is not in it.
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

_FOLDER = Path(__file__).parent
# Raw HTML in a researcher's texts is shown as text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def render_page(form: Form, forms: FormSet, texts: Texts) -> str:
    """The HTML of one form."""
    style, script = (_FOLDER.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    allowed = f"script-src {_hash(script)}; style-src {_hash(style)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    languages = {"statements": forms.wording.language, "situations": forms.language}
    content = {
        "form": form.name,
        "design": forms.design,
        "languages": languages,
        "anchors": forms.wording.anchors,
        "words": texts.words,
        "blocks": [
            {
                "kind": block,
                "items": [
                    {"id": item.item_id, "text": item.text}
                    | ({"note": item.note} if item.note else {})
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
        pages={name: Markup(_MARKDOWN.render(text)) for name, text in texts.pages.items()},
    )


def _title(texts: Texts) -> str:
    """The first line of the welcome text, without its marks."""
    return texts.pages["Welcome"].splitlines()[0].lstrip("# ").strip()


def _embedded(content: dict[str, Any]) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
