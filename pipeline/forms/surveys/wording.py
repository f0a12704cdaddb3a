"""What a form says, as the HTML that survey tools take: never as markup that a post brought along."""

from __future__ import annotations

from html import escape

from markdown_it import MarkdownIt

from pipeline.forms.design import FormSet, Item
from pipeline.forms.texts import Texts
from pipeline.forms.told import draft, filled, told, warning
from pipeline.params.people import Questionnaire

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
INTRODUCTIONS = {"statements": "Statements", "situations": "Situations"}


def as_html(text: str) -> str:
    """The text on one line: markup characters as entities, ends of lines as breaks."""
    return "<br />".join(escape(line) for line in text.replace("\r", "").split("\n"))


def page_html(heading: str, forms: FormSet, texts: Texts) -> str:
    """One of the texts that stand between items, on one line; HTML in it is shown as text."""
    return _MARKDOWN.render(filled(texts.pages[heading], forms, texts)).replace("\n", " ").strip()


def consent_html(forms: FormSet, texts: Texts, settings: Questionnaire) -> str:
    """What people agree to: consent, warning, and everything that params have them told."""
    lines = [warning(forms, texts), *(f"{label}: {text}" for label, text in told(texts, settings.consent))]
    above = draft(texts, settings.consent)
    marked = f"<p><strong>{as_html(above)}</strong></p>" if above else ""
    listed = "".join(f"<p>{as_html(line)}</p>" for line in lines)
    return f"{marked}{page_html('Consent in a survey tool', forms, texts)}{listed}"


def item_html(item: Item) -> str:
    """What stands above an item's answers: its text, below the note where there is one."""
    note = f"<p><em>{as_html(item.note)}</em></p>" if item.note else ""
    return f"{note}<p>{as_html(item.text)}</p>"


def answers(item: Item, forms: FormSet) -> list[str]:
    """The answers to an item, in the order shown; the first is coded as 1."""
    return [text for _, text in item.options] or list(forms.statements.anchors)


def asked(block: str, texts: Texts) -> str:
    """The question that stands between an item's text and its answers."""
    return texts.words["how_much" if block == "statements" else "which"]
